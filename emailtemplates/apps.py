from django.apps import AppConfig
from django.core.checks import register


class EmailTemplatesConfig(AppConfig):
    name = "emailtemplates"

    def ready(self) -> None:
        from emailtemplates.checks import shipped_texts

        register(shipped_texts)
