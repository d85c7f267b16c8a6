"""Whom a collective mutation is for: what is not said is refused, and never means everyone."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.collective.selection import Filters, NothingSelected, Selection
from accounts.models import AccessBlock, CollectiveMutation, Department, Employee, Employer, Provider, SelectedEmployee
from accounts.permissions import NotAllowed
from tests import cast

Staff = dict[str, Employee]


def names(chosen: Selection) -> set[str]:
    return set(chosen.employees().values_list("first_name", flat=True))


def prepare(chosen: Selection, by: Actor, place: Employer | Provider) -> CollectiveMutation:
    return preview.prepare(act="block-access", place=place, selection=chosen, by=by)


# --- Everyone ---


def test_everyone_is_everyone_of_the_employers_that_are_named(staff: Staff, bakery: Employer, garage: Employer) -> None:
    cast.make_employee(garage, "1", "Gerard", "Smit")

    assert names(selection.everyone([bakery])) == {"Anna", "Bob", "Dirk", "Eva", "Willem"}
    assert names(selection.everyone([garage])) == {"Gerard"}
    assert len(names(selection.everyone([bakery, garage]))) == 6


def test_everyone_of_no_employer_is_nobody(staff: Staff, provider: Provider, by_carla: Actor) -> None:
    with pytest.raises(NotAllowed):
        prepare(selection.everyone([]), by_carla, provider)

    assert not CollectiveMutation.objects.exists()


def test_an_employer_without_people_is_refused(garage: Employer, by_carla: Actor) -> None:
    with pytest.raises(NothingSelected):
        prepare(selection.everyone([garage]), by_carla, garage)

    assert not CollectiveMutation.objects.exists()


# --- Filters ---

YESTERDAY = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def careers(staff: Staff) -> Staff:
    """Anna left on 1 June and Eva on 1 July; Dirk begins on 1 August; Willem never signed in."""
    for name, facts in {
        "anna": {"in_service_on": date(2020, 1, 1), "out_of_service_on": date(2026, 6, 1)},
        "eva": {"out_of_service_on": date(2026, 7, 1)},
        "dirk": {"in_service_on": date(2026, 8, 1)},
    }.items():
        Employee.objects.filter(pk=staff[name].pk).update(**facts)
    account = staff["willem"].account
    assert account is not None
    account.last_login = None
    account.save()
    return staff


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": "active"}, {"Anna", "Willem"}),
        ({"state": "blocked"}, {"Eva"}),
        ({"state": "invited"}, {"Bob"}),
        ({"state": "none"}, {"Dirk"}),
        ({"state": "everything"}, set()),
        ({"department": "Winkel"}, {"Anna"}),
        ({"department": "Wink"}, set()),
        ({"in_service_on": date(2026, 6, 1)}, {"Anna", "Bob", "Eva", "Willem"}),
        ({"in_service_on": date(2026, 6, 2)}, {"Bob", "Eva", "Willem"}),
        ({"in_service_on": date(2026, 8, 1)}, {"Bob", "Dirk", "Willem"}),
        ({"out_of_service_on": date(2026, 6, 1)}, set()),
        ({"out_of_service_on": date(2026, 6, 2)}, {"Anna"}),
        ({"left_from": date(2026, 6, 2)}, {"Eva"}),
        ({"left_until": date(2026, 6, 1)}, {"Anna"}),
        ({"left_from": date(2026, 6, 1), "left_until": date(2026, 7, 1)}, {"Anna", "Eva"}),
        ({"last_sign_in_before": YESTERDAY}, set()),
        ({"last_sign_in_before": YESTERDAY + timedelta(days=1)}, {"Anna", "Eva"}),
        ({"never_signed_in": True}, {"Willem"}),
        ({"no_email": True}, {"Willem"}),
        ({"state": "active", "no_email": True}, {"Willem"}),
        ({"state": "blocked", "no_email": True}, set()),
    ],
    ids=str,
)
def test_each_filter_fits_those_it_says_and_together_they_narrow(
    careers: Staff, bakery: Employer, by_carla: Actor, filters: dict[str, Any], expected: set[str]
) -> None:
    chosen = selection.by_filters([bakery], Filters(**filters))

    assert names(chosen) == expected
    assert Selection.from_json(json.loads(json.dumps(chosen.as_json()))) == chosen
    if expected:
        rows = prepare(chosen, by_carla, bakery).selection_rows
        assert set(rows.values_list("employee__first_name", flat=True)) == expected


def test_filters_that_fit_nobody_leave_nothing_behind(staff: Staff, bakery: Employer, by_carla: Actor) -> None:
    with pytest.raises(NothingSelected):
        prepare(selection.by_filters([bakery], Filters(department="Bakkerij")), by_carla, bakery)

    assert not CollectiveMutation.objects.exists()
    assert not SelectedEmployee.objects.exists()


def test_no_filter_is_not_everyone(bakery: Employer) -> None:
    for empty in (Filters(), Filters(state="", department="", never_signed_in=False)):
        with pytest.raises(NothingSelected):
            selection.by_filters([bakery], empty)


def test_a_first_day_after_the_last_is_named(bakery: Employer) -> None:
    with pytest.raises(NothingSelected):
        selection.by_filters([bakery], Filters(left_from=date(2026, 2, 2), left_until=date(2026, 2, 1)))


def test_the_same_department_of_another_employer_is_left_alone(
    staff: Staff, bakery: Employer, garage: Employer
) -> None:
    shop = Department.objects.create(employer=garage, name="Winkel")
    cast.make_employee(garage, "1", "Gerard", "Smit", department=shop)

    assert names(selection.by_filters([bakery], Filters(department="Winkel"))) == {"Anna"}


# --- Ticked ---


def test_ticked_are_those_and_no_others(staff: Staff, bakery: Employer) -> None:
    chosen = selection.ticked(bakery, [staff["anna"].public_id, staff["eva"].public_id, staff["anna"].public_id])

    assert names(chosen) == {"Anna", "Eva"}


def test_nobody_ticked_is_refused(bakery: Employer) -> None:
    with pytest.raises(NothingSelected):
        selection.ticked(bakery, [])


def test_one_stranger_among_the_ticked_refuses_the_whole(staff: Staff, bakery: Employer, garage: Employer) -> None:
    elsewhere = cast.make_employee(garage, "1", "Gerard", "Smit")

    for unknown in (elsewhere.public_id, uuid4()):
        with pytest.raises(NothingSelected):
            selection.ticked(bakery, [staff["anna"].public_id, unknown])


# --- Personnel numbers ---


def test_numbers_are_those_of_this_employer(staff: Staff, bakery: Employer, garage: Employer) -> None:
    cast.make_employee(garage, "1", "Gerard", "Smit")

    assert names(selection.by_numbers(bakery, [" 1", "5 ", ""])) == {"Anna", "Eva"}


def test_unknown_and_double_numbers_are_named(staff: Staff, bakery: Employer, garage: Employer) -> None:
    cast.make_employee(garage, "77", "Gerard", "Smit")

    with pytest.raises(NothingSelected) as refused:
        selection.by_numbers(bakery, ["1", "77", "5", "5", "99"])

    assert len(refused.value.faults) == 3
    assert [fault.split()[0] for fault in refused.value.faults] == ["77", "99", "5"]


@pytest.mark.parametrize("numbers", [[], [""], [" ", "\t"], [str(number) for number in range(20_001)]], ids=len)
def test_no_numbers_and_too_many_are_refused(bakery: Employer, numbers: list[str]) -> None:
    with pytest.raises(NothingSelected) as refused:
        selection.by_numbers(bakery, numbers)

    assert len(refused.value.faults) == 1


# --- Whose employers ---


def test_neither_a_viewer_nor_a_stranger_may_prepare(
    staff: Staff, bakery: Employer, provider: Provider, by_vera: Actor, by_stranger: Actor
) -> None:
    for actor in (by_vera, by_stranger):
        for place in (bakery, provider):
            with pytest.raises(NotAllowed):
                prepare(selection.everyone([bakery]), actor, place)

    assert not CollectiveMutation.objects.exists()


def test_employers_beyond_the_place_or_the_right_are_refused(
    staff: Staff, bakery: Employer, garage: Employer, other_employer: Employer, provider: Provider, by_carla: Actor
) -> None:
    of_bakery = Actor.of(cast.make_administrator("bea", provider=provider, employer=bakery))

    cases: list[tuple[list[Employer], Employer | Provider, Actor]] = [
        ([bakery, other_employer], provider, by_carla),
        ([garage], bakery, by_carla),
        ([bakery, garage], bakery, by_carla),
        ([bakery, garage], provider, of_bakery),
        ([garage], garage, of_bakery),
    ]
    for employers, place, by in cases:
        with pytest.raises(NotAllowed):
            prepare(selection.everyone(employers), by, place)

    assert prepare(selection.everyone([bakery, garage]), by_carla, provider).selected == 5
    assert prepare(selection.everyone([bakery]), of_bakery, bakery).selected == 5


# --- Left to a worker ---


@pytest.fixture
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "AT_ONCE", 3)


@pytest.mark.usefixtures("_few_at_once")
def test_many_are_frozen_by_a_worker_with_the_same_verdicts(staff: Staff, bakery: Employer, by_carla: Actor) -> None:
    mutation = prepare(selection.by_filters([bakery], Filters(state="active")), by_carla, bakery)
    assert (mutation.state, mutation.selected, mutation.valid_until) == ("selecting", 0, None)
    with pytest.raises(ActRefused):
        confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))

    running.run_due()
    running.run_due()

    mutation.refresh_from_db()
    assert (mutation.state, mutation.selected, mutation.verdicts) == ("preview", 2, {"change": 1, "warning": 1})
    assert mutation.selection_rows.count() == 2
    assert mutation.valid_until is not None


@pytest.mark.usefixtures("_few_at_once")
def test_when_a_worker_finds_nobody_there_is_nothing_to_confirm(
    staff: Staff, bakery: Employer, by_carla: Actor
) -> None:
    mutation = prepare(selection.by_filters([bakery], Filters(state="everything")), by_carla, bakery)
    running.run_due()

    with pytest.raises(ActRefused):
        confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))

    running.run_due()
    assert AccessBlock.objects.count() == 1  # Eva's, of before


@pytest.mark.usefixtures("_few_at_once")
def test_a_preview_that_is_gone_does_not_keep_a_worker_from_the_next(
    staff: Staff, bakery: Employer, by_carla: Actor
) -> None:
    gone = prepare(selection.everyone([bakery]), by_carla, bakery)
    CollectiveMutation.objects.filter(pk=gone.pk).delete()

    preview.freeze(gone)

    assert not SelectedEmployee.objects.exists()
