"""On PostgreSQL, an index for searching by any part of a name, number or address."""

from typing import Any

from django.db import migrations

CREATE = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX employee_search ON accounts_employee USING gin (search_key gin_trgm_ops)",
]
DROP = ["DROP INDEX employee_search"]


def on_postgresql(statements: list[str]) -> Any:
    def run(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for statement in statements:
                editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_references")]

    operations = [migrations.RunPython(on_postgresql(CREATE), on_postgresql(DROP))]
