"""A bakery with people in every state, and the steps of a collective mutation."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer

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
