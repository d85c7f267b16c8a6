"""One employer with as many employees as are asked for, all of whom have access; and back to that after each round."""

from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, models, transaction

from accounts.actor import Actor
from accounts.collective import preview, selection
from accounts.models import (
    AccessBlock,
    Administrator,
    CollectiveMutation,
    CollectiveOutcome,
    Employee,
    Employer,
    HistoryEntry,
    Provider,
    Role,
    SelectedEmployee,
    User,
)
from emailtemplates.models import OutgoingEmail

# What one person of a block has when it is done.
MADE: tuple[type[models.Model], ...] = (AccessBlock, HistoryEntry, OutgoingEmail, CollectiveOutcome)
TABLES: tuple[type[models.Model], ...] = (*MADE, SelectedEmployee)
MAKER = "benchmark"
PASSWORD = "correct horse battery"
_NUMBERS = {
    "postgresql": "generate_series({first}, {last}) AS t(n)",
    "sqlite": "(WITH RECURSIVE t(n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM t WHERE n < {last}) SELECT n FROM t)",
}
UUID_SQL = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}


def make_employees(count: int) -> Employer:
    """So many, all with an account and an address of their own, and a manager who may act upon them."""
    provider = Provider.objects.create(slug="benchmark", name="Benchmark")
    employer = Employer.objects.create(provider=provider, client_number="1", name="Benchmark")
    manager = User.objects.create(
        username=MAKER, username_key=MAKER, password=make_password(PASSWORD), name="Benchmark"
    )
    Administrator.objects.create(user=manager, provider=provider, role=Role.MANAGER)
    first = manager.pk + 1
    numbers = _NUMBERS[connection.vendor].format(first=first, last=first + count - 1)
    password = make_password(PASSWORD)
    _fill(User, numbers, id="n", username="'u' || n", username_key="'u' || n", password=f"'{password}'")
    _fill(
        Employee, numbers, employer=str(employer.pk), account="n",
        personnel_number="'p' || n", first_name="'Anna'", last_name="'Vries ' || n", date_of_birth=f"'{date(1990, 4, 27)}'",
        email="'u' || n || '@example.nl'", language="'nl'", search_key="'anna vries ' || n",
    )  # fmt: skip
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [User]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
    settle()
    return employer


def _fill(model: type[models.Model], numbers: str, **values: str) -> None:
    """One row for each of the numbers; what is not given is what a new object has."""
    new: Any = model()
    columns: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        column = field.column or field.name
        value = field.get_db_prep_save(getattr(new, field.attname), connection)
        if field.name in values:
            columns[column] = values[field.name]
        elif isinstance(field, models.UUIDField):
            columns[column] = UUID_SQL[connection.vendor]
        elif value is not None and not field.has_db_default():
            columns[column] = f"'{value}'" if isinstance(value, str) else str(value)
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(columns.values())} FROM {numbers}"
        )


def maker() -> Actor:
    return Actor.of(User.objects.get(username=MAKER))


def freeze(employer: Employer, count: int) -> CollectiveMutation:
    """The preview of blocking the first so many of them."""
    people = Employee.objects.filter(employer=employer).order_by("pk").values_list("pk", flat=True)[:count]
    if count < Employee.objects.count():
        chosen = selection.Selection(how="ticked", employers=(employer.pk,), people=tuple(people))
    else:
        chosen = selection.everyone([employer])
    mutation = preview.prepare(act="block-access", place=employer, selection=chosen, by=maker())
    preview.freeze(mutation)
    mutation.refresh_from_db()
    return mutation


def forget() -> None:
    """Nobody is blocked and nothing was ever frozen."""
    tables = [model._meta.db_table for model in TABLES]
    with connection.cursor() as cursor, transaction.atomic():
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
        else:
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
        CollectiveMutation.objects.all().delete()
    settle()


def settle() -> None:
    """The database has caught up with what was done to it, so that no round pays for the one before."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM {Employee._meta.db_table}")
            cursor.execute("CHECKPOINT")


def expect(count: int) -> None:
    made = [model._base_manager.count() for model in MADE]
    # Confirming is one more entry in the history.
    if made != [count] * len(MADE) and made != [count, count + 1, count, count]:
        raise SystemExit(f"the work was not done: rows {made}, expected {count}")
