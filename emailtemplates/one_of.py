"""Among many values, all of them in one parameter: Django's `in` makes one of each, and takes its time for it."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, F, Lookup


class OneOf(Lookup):
    """A condition: `rows.filter(one_of("pk", ids))`."""

    lookup_name = "one_of"
    prepare_rhs = False
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, list(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        values = json.dumps([value.hex if isinstance(value, UUID) else value for value in self.rhs])
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, values]  # noqa: S608


def one_of(field: str, values: Collection[Any]) -> OneOf:
    return OneOf(F(field), list(values))
