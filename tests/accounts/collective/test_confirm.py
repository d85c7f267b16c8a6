"""From preview to running: by its maker, within fifteen minutes, once, and only with the right that it needs."""

from datetime import timedelta
from functools import partial

import pytest

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.collective.confirm import Confirmation, WrongNumber
from accounts.models import AccessBlock, Administrator, CollectiveMutation, Employee, Employer, HistoryEntry, Role, User
from accounts.permissions import NotAllowed
from emailtemplates.clock import in_
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import Run, crew, outcomes
from tests.journeys.test_simultaneous import at_once

Staff = dict[str, Employee]
CLOSED = Confirmation(reason="closed")


def confirmed(mutation: CollectiveMutation, by: Actor, said: Confirmation = CLOSED) -> bool:
    return confirm.confirm(mutation=mutation, by=by, confirmation=said)


def assert_nothing_happened() -> None:
    """Whatever a worker finds to do."""
    running.run_due()
    assert not AccessBlock.objects.exclude(employee__first_name="Eva").exists()
    assert not OutgoingEmail.objects.exists()
    assert not HistoryEntry.objects.exists()
    assert not CollectiveMutation.objects.exclude(confirmed_at=None).exists()


def test_a_preview_changes_nothing(staff: Staff, previewed: Run) -> None:
    mutation = previewed("block-access")

    assert mutation.state == "preview"
    assert_nothing_happened()


def test_confirmed_it_is_kept_with_what_was_said_and_noted(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")

    assert confirmed(mutation, by_carla, Confirmation(reason="closed", shown_reason="We close.", do_not_mail=True))

    mutation.refresh_from_db()
    assert (mutation.state, mutation.reason, mutation.shown_reason) == ("running", "closed", "We close.")
    assert mutation.confirmed_at is not None
    entry = HistoryEntry.objects.get()
    assert (entry.act, entry.employer, entry.employee, entry.reason) == (
        "collective_confirmed", mutation.employer, None, "closed",
    )  # fmt: skip
    assert (entry.act_id, entry.actor) == (mutation.public_id, by_carla.user)
    running.run_due()
    assert {mail.state for mail in OutgoingEmail.objects.all()} == {"withheld"}
    assert AccessBlock.objects.get(employee=staff["anna"]).shown_reason == "We close."


def test_confirmed_twice_is_once(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    confirmed(mutation, by_carla)

    assert confirmed(mutation, by_carla, Confirmation(reason="another")) is False
    running.run_due()
    assert confirmed(mutation, by_carla, Confirmation(reason="another")) is False
    running.run_due()

    mutation.refresh_from_db()
    assert (mutation.state, mutation.reason) == ("done", "closed")
    assert AccessBlock.objects.filter(employee=staff["anna"]).count() == 1
    assert OutgoingEmail.objects.filter(employee=staff["anna"]).count() == 1
    assert HistoryEntry.objects.filter(act="collective_confirmed").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_confirmed_by_six_at_the_same_moment_is_once(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")

    answers = at_once([partial(confirmed, mutation, by_carla)] * 6)
    at_once([running.run_due] * 3)

    assert sorted(answers) == [False] * 5 + [True]
    assert HistoryEntry.objects.filter(act="collective_confirmed").count() == 1
    assert AccessBlock.objects.filter(employee=staff["anna"]).count() == 1
    assert OutgoingEmail.objects.filter(employee=staff["anna"]).count() == 1


# --- By whom ---


def test_only_its_maker_confirms(
    staff: Staff, previewed: Run, by_nadia: Actor, by_vera: Actor, by_stranger: Actor
) -> None:
    mutation = previewed("block-access")

    for actor in (by_nadia, by_vera, by_stranger, Actor.command_line("root")):
        with pytest.raises(NotAllowed):
            confirmed(mutation, actor)

    assert_nothing_happened()


def test_a_preview_shows_itself_to_its_maker_alone(staff: Staff, previewed: Run, carla: User, nadia: User) -> None:
    mutation = previewed("block-access")

    assert list(CollectiveMutation.objects.shown_to(carla)) == [mutation]
    assert not CollectiveMutation.objects.shown_to(nadia).exists()
    confirmed(mutation, Actor.of(carla))
    assert list(CollectiveMutation.objects.shown_to(nadia)) == [mutation]


@pytest.mark.parametrize("left", ["none", "viewer", "another employer"])
def test_who_lost_the_right_since_the_preview_cannot_confirm(
    staff: Staff, previewed: Run, by_carla: Actor, garage: Employer, left: str
) -> None:
    mutation = previewed("block-access")
    lose_right(by_carla, garage, left)

    with pytest.raises(NotAllowed):
        confirmed(mutation, by_carla)

    assert_nothing_happened()


@pytest.mark.parametrize("left", ["none", "viewer", "another employer"])
def test_who_lost_the_right_since_confirming_changes_nobody(
    staff: Staff, previewed: Run, by_carla: Actor, garage: Employer, left: str
) -> None:
    mutation = previewed("block-access")
    confirmed(mutation, by_carla)
    lose_right(by_carla, garage, left)

    running.run_due()

    mutation.refresh_from_db()
    assert mutation.state == "done"
    assert set(outcomes(mutation).values()) == {"no_right"}
    assert len(outcomes(mutation)) == 5
    assert mutation.outcomes_by_kind == {"stopped": 5}
    assert list(Employee.objects.blocked()) == [staff["eva"]]
    assert not OutgoingEmail.objects.exists()


def lose_right(by: Actor, garage: Employer, left: str) -> None:
    """What is left of it."""
    rights = Administrator.objects.filter(user=by.user)
    if left == "viewer":
        rights.update(role=Role.VIEWER)
    elif left == "another employer":
        rights.update(employer=garage)
    else:
        rights.delete()


def test_of_two_employers_only_those_where_the_right_was_lost_are_passed_over(
    staff: Staff, bakery: Employer, garage: Employer, by_carla: Actor
) -> None:
    cast.make_employee(garage, "1", "Gerard", "Smit", account=cast.make_account("gerard"))
    both = selection.everyone([bakery, garage])
    mutation = preview.prepare(act="block-access", place=bakery.provider, selection=both, by=by_carla)
    confirmed(mutation, by_carla)
    lose_right(by_carla, garage, "another employer")

    running.run_due()

    assert outcomes(mutation).pop("Gerard") == "change"
    assert sorted(outcomes(mutation).values()) == ["change"] + ["no_right"] * 5


def test_an_account_that_administers_is_not_hit(
    staff: Staff, previewed: Run, by_carla: Actor, bakery: Employer
) -> None:
    """Such an account should not exist; one's own would lock out whoever presses the button."""
    cast.make_employee(bakery, "9", "Carla", "Groot", account=by_carla.user)
    mutation = previewed("block-access")

    confirmed(mutation, by_carla)
    running.run_due()

    assert outcomes(mutation)["Carla"] == "administrator"
    assert not AccessBlock.objects.filter(employee__account=by_carla.user).exists()


# --- When, and with what ---


def test_a_preview_is_good_for_fifteen_minutes(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    assert mutation.valid_until is not None
    assert (mutation.valid_until - mutation.created_at).total_seconds() == pytest.approx(900, abs=2)
    rows = CollectiveMutation.objects.filter(pk=mutation.pk)

    rows.update(valid_until=in_(-timedelta(milliseconds=1)))
    with pytest.raises(ActRefused):
        confirmed(mutation, by_carla)
    assert_nothing_happened()

    rows.update(valid_until=in_(timedelta(seconds=20)))
    assert confirmed(mutation, by_carla)


def test_what_was_confirmed_in_time_runs_later(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    confirmed(mutation, by_carla)
    CollectiveMutation.objects.filter(pk=mutation.pk).update(valid_until=in_(-timedelta(hours=1)))

    running.run_due()

    assert outcomes(mutation)["Anna"] == "change"


@pytest.mark.parametrize("number", [None, 0, 100, 102])
def test_above_a_hundred_the_number_is_typed(
    bakery: Employer, previewed: Run, by_carla: Actor, number: int | None
) -> None:
    crew(bakery, 101)
    mutation = previewed("block-access")

    with pytest.raises(WrongNumber):
        confirmed(mutation, by_carla, Confirmation(reason="closed", number=number))

    assert_nothing_happened()
    assert confirmed(mutation, by_carla, Confirmation(reason="closed", number=101))


def test_the_number_is_that_of_who_will_change(staff: Staff, bakery: Employer, previewed: Run, by_carla: Actor) -> None:
    """Anna, Willem and the invitation of Bob count; Dirk and Eva do not."""
    crew(bakery, 98)
    mutation = previewed("block-access")
    assert mutation.selected == 103

    with pytest.raises(WrongNumber, match="101"):
        confirmed(mutation, by_carla, Confirmation(reason="closed", number=103))

    assert confirmed(mutation, by_carla, Confirmation(reason="closed", number=101))


def test_up_to_a_hundred_and_at_the_command_line_nothing_is_typed(
    bakery: Employer, previewed: Run, by_carla: Actor
) -> None:
    crew(bakery, 100)
    assert confirmed(previewed("block-access"), by_carla)

    root = Actor.command_line("root")
    cast.make_employee(bakery, "x", "Anna", "Vries", account=cast.make_account("anna"))
    assert confirmed(previewed("block-access", root), root)


@pytest.mark.parametrize("act", ["block-access", "unblock-access"])
def test_without_a_reason_access_is_not_touched(staff: Staff, previewed: Run, by_carla: Actor, act: str) -> None:
    mutation = previewed(act)

    with pytest.raises(ActRefused):
        confirmed(mutation, by_carla, Confirmation())

    assert_nothing_happened()


@pytest.mark.parametrize("act", ["resend-username", "invite"])
def test_mails_need_no_reason(staff: Staff, previewed: Run, by_carla: Actor, act: str) -> None:
    assert confirmed(previewed(act), by_carla, Confirmation())


def test_with_nobody_to_change_there_is_nothing_to_confirm(
    eva: Employee, dirk: Employee, previewed: Run, by_carla: Actor
) -> None:
    mutation = previewed("block-access")
    assert mutation.verdicts == {"nothing": 2}

    with pytest.raises(ActRefused):
        confirmed(mutation, by_carla)

    assert_nothing_happened()
