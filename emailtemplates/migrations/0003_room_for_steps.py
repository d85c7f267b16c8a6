"""On PostgreSQL, room on each page for the steps of the mails on it, which then need not be written into every index."""

from typing import Any

from django.db import migrations


def on_postgresql(statement: str) -> Any:
    def run(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("emailtemplates", "0002_delivery_states")]

    operations = [
        migrations.RunPython(
            on_postgresql("ALTER TABLE emailtemplates_outgoingemail SET (fillfactor = 50)"),
            on_postgresql("ALTER TABLE emailtemplates_outgoingemail RESET (fillfactor)"),
        )
    ]
