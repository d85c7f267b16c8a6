from django.apps import AppConfig


class EmployeePortalConfig(AppConfig):
    name = "employee_portal"
