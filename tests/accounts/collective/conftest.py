"""A bakery with people in every state, and the steps of a collective mutation."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer, Provider, User
from tests import cast

Run = Callable[..., CollectiveMutation]


@pytest.fixture
def staff(anna: Employee, bob: Employee, dirk: Employee, eva: Employee, without_email: Employee) -> dict[str, Employee]:
    """Active, invited, never had access, blocked, and active without an address."""
    return {"anna": anna, "bob": bob, "dirk": dirk, "eva": eva, "willem": without_email}


@pytest.fixture
def previewed(bakery: Employer, by_carla: Actor) -> Run:
    """Freezes everybody of the bakery for an act."""

    def freeze(act: str, by: Actor = by_carla) -> CollectiveMutation:
        return preview.prepare(act=act, place=bakery, selection=selection.everyone([bakery]), by=by)

    return freeze


@pytest.fixture
def done(previewed: Run, by_carla: Actor) -> Run:
    """Freezes, confirms and runs an act on everybody of the bakery."""

    def run(act: str, by: Actor = by_carla, **said: Any) -> CollectiveMutation:
        return carry_out(previewed(act, by), by, **said)

    return run


@pytest.fixture
def nadia(provider: Provider) -> User:
    """A second manager at the provider."""
    return cast.make_administrator("nadia", provider=provider)


@pytest.fixture
def by_nadia(nadia: User) -> Actor:
    return Actor.of(nadia)


@pytest.fixture
def refuse_block(db: None) -> Iterator[Callable[[Iterable[Employee]], None]]:
    """Has the database refuse every block of these people, as it would with a row that is damaged."""
    made: list[str] = []

    def refuse(people: Iterable[Employee]) -> None:
        made.append("refuse_block")
        _execute(*_REFUSING[connection.vendor]([person.pk for person in people]))

    yield refuse
    if made:
        _execute(*_REFUSING_NO_MORE[connection.vendor])


_REFUSING: dict[str, Callable[[list[int]], list[str]]] = {
    "sqlite": lambda pks: [
        f"CREATE TRIGGER refuse_block BEFORE INSERT ON accounts_accessblock WHEN NEW.employee_id IN ({_listed(pks)}) "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ],
    "postgresql": lambda pks: [
        "CREATE FUNCTION refuse_block() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
        "CREATE TRIGGER refuse_block BEFORE INSERT ON accounts_accessblock FOR EACH ROW "
        f"WHEN (NEW.employee_id IN ({_listed(pks)})) EXECUTE FUNCTION refuse_block()",
    ],
}
_REFUSING_NO_MORE = {
    "sqlite": ["DROP TRIGGER refuse_block"],
    # A table of which references still have to be checked lets no trigger go.
    "postgresql": ["SET CONSTRAINTS ALL IMMEDIATE", "DROP FUNCTION refuse_block CASCADE"],
}


def _listed(pks: list[int]) -> str:
    return ", ".join(str(pk) for pk in pks)


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def crew(employer: Employer, count: int) -> list[Employee]:
    """So many more people who have access, beside the cast. Nobody knows their passwords."""
    names = [f"crew{employer.client_number}x{number}" for number in range(count)]
    accounts = User.objects.bulk_create(
        User(username=name, username_key=name, password="!", last_login=timezone.now()) for name in names
    )
    return Employee.objects.bulk_create(
        cast.an_employee(employer, f"c{number}", f"Crew{number}", "Bos", account=account)
        for number, account in enumerate(accounts)
    )


def carry_out(mutation: CollectiveMutation, by: Actor, **said: Any) -> CollectiveMutation:
    """Confirms a preview and runs it to its end."""
    confirm.confirm(mutation=mutation, by=by, confirmation=confirm.Confirmation(**{"reason": "closed", **said}))
    running.run(mutation)
    return mutation


def outcomes(mutation: CollectiveMutation) -> dict[str, str]:
    """What became of each, by first name."""
    return dict(mutation.outcome_rows.values_list("employee__first_name", "outcome"))


def verdicts(mutation: CollectiveMutation) -> dict[str, str]:
    return dict(mutation.selection_rows.values_list("employee__first_name", "verdict"))


def by_person(rows: Any, column: str) -> dict[int, str]:
    """Of selected people, or of outcomes: this column by employee."""
    return dict(rows.values_list("employee_id", column))
