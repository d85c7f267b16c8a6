"""Writes many rows in one statement that never passes through Python: INSERT INTO … SELECT …"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Cast


class RandomUUID(models.Func):
    """A new random UUID for each row."""

    output_field = models.UUIDField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        return "gen_random_uuid()", []

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[str | int, ...]]:
        return "lower(hex(randomblob(16)))", ()


def insert_select(
    model: type[models.Model], *, rows: models.QuerySet[Any], values: dict[str, Any], skip_conflicts: bool = False
) -> int:
    """Make one `model` for each of `rows`; returns how many.

    `values` gives every field by name: a plain value, or an expression over `rows`. Rows that would break a unique
    constraint are passed over with `skip_conflicts`, which needs `rows` to have a condition of its own.
    """
    fields: dict[str, Any] = {name: model._meta.get_field(name) for name in values}
    selected = rows.values_list(*[_expression(fields[name], value) for name, value in values.items()])
    try:
        sql, parameters = selected.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:  # a condition that nobody can fit, such as being in an empty list
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields.values())
    tail = " ON CONFLICT DO NOTHING" if skip_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {sql}{tail}", parameters)
        return int(cursor.rowcount)


def _expression(field: Any, value: Any) -> Any:
    """A typed constant; databases refuse an untyped one for columns such as an address or a UUID."""
    if hasattr(value, "resolve_expression"):
        return value
    target = getattr(field, "target_field", field)
    return Value(None, output_field=target) if value is None else Cast(Value(value, output_field=target), target)
