from django.apps import AppConfig


class EmployerPortalConfig(AppConfig):
    name = "employer_portal"
