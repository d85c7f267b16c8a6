"""Times by the one clock that decides: the database's, so that hosts whose clocks differ agree on what came first."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

_NOW = {
    "postgresql": "SELECT statement_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database_now() -> datetime:
    """The present time, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW[connection.vendor])
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)


def in_(delay: timedelta) -> Combinable:
    """So long from now; negative: ago."""
    return ExpressionWrapper(Now() + delay, output_field=DateTimeField())
