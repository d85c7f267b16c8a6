"""Changes rows and gives back what they then hold, in one statement: UPDATE … RETURNING …"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.sql import UpdateQuery


class UpdateReturning:
    """The statement, written out once: for what is done so often that the ORM would take longer than the database.

    What differs from time to time is given to `run` by the value that stands for it in the query.
    """

    def __init__(self, rows: models.QuerySet[Any], *, columns: Sequence[str], values: dict[str, Any]) -> None:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(values)
        self._compiler = query.get_compiler(connection=connection)
        update, self.parameters = self._compiler.as_sql()
        fields: list[Any] = [rows.model._meta.get_field(name) for name in columns]
        returning = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        self.sql = f"{update} RETURNING {returning}"
        table = rows.model._meta.db_table
        self._converters = self._compiler.get_converters([field.get_col(table) for field in fields])

    def run(self, instead: Mapping[Any, Any] | None = None) -> list[Sequence[Any]]:
        """The named columns of each row that was changed, in no order."""
        parameters = [instead.get(value, value) for value in self.parameters] if instead else self.parameters
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            found = cursor.fetchall()
        return list(self._compiler.apply_converters(found, self._converters))
