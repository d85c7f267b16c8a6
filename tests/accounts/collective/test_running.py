"""Running: everybody judged again when it is done, in chunks that fail, stop and overlap without harm."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts import access
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.collective.confirm import Confirmation
from accounts.collective.verdicts import affected
from accounts.models import AccessBlock, CollectiveMutation, Employee, Employer, HistoryEntry, Provider, User
from accounts.models.employee import EmployeeQuerySet
from accounts.permissions import NotAllowed
from emailtemplates import switches
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import Run, by_person, carry_out, crew, outcomes
from tests.journeys.test_simultaneous import at_once


def confirmed(mutation: CollectiveMutation, by: Actor, *, chunk_size: int = 0) -> CollectiveMutation:
    """Ready to run; the first chunk has this size, each that follows is twice as large."""
    said = Confirmation(reason="closed", number=affected(mutation.verdicts))
    confirm.confirm(mutation=mutation, by=by, confirmation=said)
    CollectiveMutation.objects.filter(pk=mutation.pk).update(chunk_size=chunk_size)
    mutation.refresh_from_db()
    return mutation


def assert_each_is_blocked_once(people: Iterable[Employee]) -> None:
    """One block, one mail, one entry each, and they belong together."""
    wanted = {person.pk for person in people}
    blocks = by_person(AccessBlock.objects.all(), "pk")
    assert (set(blocks), AccessBlock.objects.count()) == (wanted, len(wanted))
    assert by_person(OutgoingEmail.objects.all(), "pk") == blocks
    assert by_person(HistoryEntry.objects.filter(act="access_blocked"), "mail_id") == blocks
    assert OutgoingEmail.objects.count() == HistoryEntry.objects.exclude(employee=None).count() == len(wanted)


# --- Judged again ---


def test_of_five_thousand_exactly_the_twenty_who_changed_have_another_outcome(
    bakery: Employer, garage: Employer, previewed: Run, by_carla: Actor
) -> None:
    people = crew(bakery, 5000)
    blocked_before = people[:10]
    without = people[10:20]
    _pks(without).update(account=None)
    access.block_all(employees=_pks(blocked_before), by=by_carla)
    mutation = previewed("block-access")
    assert mutation.verdicts == {"change": 4980, "nothing": 20}

    moved, blocked, ended = people[100:105], people[200:205], people[300:303]
    unblocked, given = blocked_before[:5], without[:2]
    _pks(moved).update(employer=garage)
    _pks(ended).update(account=None)
    for number, person in enumerate(given):
        _pks([person]).update(account=cast.make_account(f"given{number}"))
    for person in blocked:
        access.block_access(employee=person, by=by_carla)
    for person in unblocked:
        access.unblock_access(employee=person, by=by_carla)
    mails_before = OutgoingEmail.objects.count()
    running.run(confirmed(mutation, by_carla))

    verdicts, after = by_person(mutation.selection_rows, "verdict"), by_person(mutation.outcome_rows, "outcome")
    differing = {pk: outcome for pk, outcome in after.items() if outcome != verdicts[pk]}
    assert len(after) == 5000
    assert differing == {
        **{person.pk: "moved" for person in moved},
        **{person.pk: "already_blocked" for person in blocked},
        **{person.pk: "no_access" for person in ended},
        **{person.pk: "change" for person in [*unblocked, *given]},
    }
    assert len(differing) == 20
    changed = [pk for pk, outcome in after.items() if outcome == "change"]
    assert mutation.outcomes_by_kind == {"change": 4974, "nothing": 21, "stopped": 5}
    assert (mutation.processed, mutation.selected, len(changed)) == (5000, 5000, 4974)
    of_it = {"act_id": mutation.public_id}
    for model in (AccessBlock, OutgoingEmail, HistoryEntry.objects.exclude(employee=None)):
        rows = model.filter(**of_it) if hasattr(model, "filter") else model.objects.filter(**of_it)
        assert sorted(rows.values_list("employee_id", flat=True)) == sorted(changed)
    assert OutgoingEmail.objects.count() == mails_before + 4974
    assert not AccessBlock.objects.filter(employee__in=moved).exists()


def _pks(people: Iterable[Employee]) -> EmployeeQuerySet:
    return Employee.objects.filter(pk__in=[person.pk for person in people])


def test_a_hundred_blocked_forty_unblocked_and_five_singly_are_a_hundred_and_forty_five_entries(
    bakery: Employer, garage: Employer, by_carla: Actor
) -> None:
    people = crew(bakery, 105)
    numbers = [person.personnel_number for person in people]
    for act, chosen in (("block-access", numbers[:100]), ("unblock-access", numbers[:40])):
        named = selection.by_numbers(bakery, chosen)
        carry_out(preview.prepare(act=act, place=bakery, selection=named, by=by_carla), by_carla)
    for person in people[100:]:
        access.block_access(employee=person, by=by_carla, reason="left")

    entries = HistoryEntry.objects.exclude(employee=None)
    assert entries.count() == 145
    assert Counter(entries.values_list("act", "before", "after", "actor_name", "employer")) == {
        ("access_blocked", "active", "blocked", "Carla", bakery.pk): 105,
        ("access_unblocked", "blocked", "active", "Carla", bakery.pk): 40,
    }
    assert entries.values("act_id").distinct().count() == 7
    assert Employee.objects.blocked().count() == 65


# --- Statements ---


@pytest.mark.parametrize("act", ["block-access", "unblock-access", "resend-username", "invite"])
def test_a_chunk_takes_the_same_statements_for_ten_and_for_a_thousand(
    bakery: Employer, garage: Employer, provider: Provider, by_carla: Actor, act: str
) -> None:
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    counts = {}
    for place, people in ((bakery, 10), (garage, 1000)):
        everybody = crew(place, people)
        if act == "invite":
            _pks(everybody).update(account=None)
        if act == "unblock-access":
            access.block_all(employees=_pks(everybody), by=by_carla)
        chosen = selection.everyone([place])
        mutation = confirmed(preview.prepare(act=act, place=place, selection=chosen, by=by_carla), by_carla)
        counts[people] = [_statements(mutation)]
        assert mutation.outcomes_by_kind == {"change": people}
        undo = confirmed(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)
        counts[people].append(_statements(undo))
        assert undo.outcomes_by_kind == {"change": people}

    assert counts[10] == counts[1000]
    assert max(counts[10]) <= 20


def _statements(mutation: CollectiveMutation) -> int:
    """Of one chunk, which is all of it."""
    with CaptureQueriesContext(connection) as statements:
        assert running.run_chunk(mutation.pk) is True
    assert running.run_chunk(mutation.pk) is False
    mutation.refresh_from_db()
    return len(statements)


def test_in_many_chunks_it_is_the_same(bakery: Employer, previewed: Run, by_carla: Actor) -> None:
    people = crew(bakery, 20)
    mutation = confirmed(previewed("block-access"), by_carla, chunk_size=1)

    sizes = []
    while running.run_chunk(mutation.pk):
        sizes.append(_processed(mutation))

    mutation.refresh_from_db()
    assert sizes == [1, 3, 7, 15, 20]
    assert (mutation.state, mutation.outcomes_by_kind) == ("done", {"change": 20})
    assert_each_is_blocked_once(people)


def _processed(mutation: CollectiveMutation) -> int:
    mutation.refresh_from_db()
    return mutation.processed


# --- Somebody who cannot be changed ---

Refuse = Callable[[Iterable[Employee]], None]


@pytest.mark.parametrize("bad", [[0], [37], [99], [0, 1, 2], [10, 50, 51, 98, 99]], ids=str)
def test_bad_people_are_recorded_and_the_rest_is_done(
    bakery: Employer, previewed: Run, by_carla: Actor, refuse_block: Refuse, bad: list[int]
) -> None:
    people = crew(bakery, 100)
    refused = [people[number] for number in bad]
    refuse_block(refused)
    mutation = confirmed(previewed("block-access"), by_carla)

    running.run_due()

    mutation.refresh_from_db()
    assert mutation.state == "done"
    failed = mutation.outcome_rows.filter(outcome="failed").values_list("employee_id", flat=True)
    assert sorted(failed) == sorted(person.pk for person in refused)
    assert mutation.outcomes_by_kind == {"change": 100 - len(bad), "stopped": len(bad)}
    assert (mutation.processed, mutation.outcome_rows.count()) == (100, 100)
    assert_each_is_blocked_once(person for person in people if person not in refused)


def test_when_nobody_can_be_changed_it_ends_all_the_same(
    bakery: Employer, previewed: Run, by_carla: Actor, refuse_block: Refuse
) -> None:
    people = crew(bakery, 12)
    refuse_block(people)
    mutation = confirmed(previewed("block-access"), by_carla)

    running.run(mutation)

    assert (mutation.state, set(by_person(mutation.outcome_rows, "outcome").values())) == ("done", {"failed"})
    assert_each_is_blocked_once([])


def test_a_bad_person_leaves_other_mutations_alone(
    bakery: Employer, garage: Employer, previewed: Run, by_carla: Actor, refuse_block: Refuse
) -> None:
    refuse_block(crew(bakery, 3))
    there = crew(garage, 3)
    bad = confirmed(previewed("block-access"), by_carla)
    chosen = selection.everyone([garage])
    good = confirmed(preview.prepare(act="block-access", place=garage, selection=chosen, by=by_carla), by_carla)

    running.run_due()

    assert set(by_person(bad.outcome_rows, "outcome").values()) == {"failed"}
    assert set(by_person(good.outcome_rows, "outcome").values()) == {"change"}
    assert_each_is_blocked_once(there)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_blame_nobody_but_the_bad(
    bakery: Employer, previewed: Run, by_carla: Actor, refuse_block: Refuse
) -> None:
    """Both can have tried the same person; what one of them found says nothing about the next."""
    people = crew(bakery, 60)
    bad = people[::3]
    refuse_block(bad)
    mutation = confirmed(previewed("block-access"), by_carla, chunk_size=1)

    at_once([partial(running.run, mutation)] * 4)

    failed = mutation.outcome_rows.filter(outcome="failed").values_list("employee_id", flat=True)
    assert sorted(failed) == [person.pk for person in bad]
    assert_each_is_blocked_once(person for person in people if person not in bad)


# --- Stopping ---


def test_stopped_between_two_chunks_what_was_done_stays(bakery: Employer, previewed: Run, by_carla: Actor, by_nadia: Actor) -> None:  # fmt: skip
    people = crew(bakery, 30)
    mutation = confirmed(previewed("block-access"), by_carla, chunk_size=10)
    running.run_chunk(mutation.pk)

    assert confirm.stop(mutation=mutation, by=by_nadia) is True
    assert confirm.stop(mutation=mutation, by=by_carla) is False
    running.run_due()

    mutation.refresh_from_db()
    assert (mutation.state, mutation.cancelled_by_name, mutation.processed) == ("cancelled", "Nadia", 10)
    assert mutation.outcomes_by_kind == {"change": 10}
    assert_each_is_blocked_once(people[:10])
    assert HistoryEntry.objects.get(act="collective_stopped").actor == by_nadia.user


def test_what_is_over_cannot_be_stopped(bakery: Employer, previewed: Run, by_carla: Actor) -> None:
    crew(bakery, 3)
    mutation = previewed("block-access")
    with pytest.raises(ActRefused):
        confirm.stop(mutation=mutation, by=by_carla)
    running.run(confirmed(mutation, by_carla))

    with pytest.raises(ActRefused):
        confirm.stop(mutation=mutation, by=by_carla)


def test_neither_a_viewer_nor_a_stranger_stops_it(
    bakery: Employer, previewed: Run, by_carla: Actor, by_vera: Actor, by_stranger: Actor
) -> None:
    people = crew(bakery, 3)
    mutation = confirmed(previewed("block-access"), by_carla)

    for actor in (by_vera, by_stranger):
        with pytest.raises(NotAllowed):
            confirm.stop(mutation=mutation, by=actor)

    running.run_due()
    assert_each_is_blocked_once(people)


# --- At the same moment ---


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_do_it_once(bakery: Employer, previewed: Run, by_carla: Actor) -> None:
    people = crew(bakery, 2000)
    mutation = confirmed(previewed("block-access"), by_carla, chunk_size=20)

    workers: list[Callable[[], None]] = [partial(running.run, mutation), running.run_due]
    at_once(workers * 2)

    mutation.refresh_from_db()
    assert (mutation.state, mutation.processed) == ("done", 2000)
    assert mutation.outcomes_by_kind == {"change": 2000}
    assert_each_is_blocked_once(people)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_overlapping_mutations_and_single_unblocks_are_one_order_for_everybody(
    bakery: Employer, provider: Provider, previewed: Run, by_carla: Actor, nadia: User, settings: Settings
) -> None:
    settings.COLLECTIVE_HOLD_SECONDS = 0
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    people = crew(bakery, 600)
    mutations = [
        confirmed(previewed(act, by), by, chunk_size=25)
        for act in ("block-access", "block-access")
        for by in (by_carla, Actor.of(nadia))
    ]
    running.run(mutations[0])
    mutations += [confirmed(previewed("unblock-access"), by_carla, chunk_size=size) for size in (10, 40)]
    singly = [people[number] for number in range(0, 600, 6)]

    together: list[Callable[[], None]] = [
        *(partial(running.run, mutation) for mutation in mutations),
        running.run_due,
        partial(_unblock, singly[:50], by_carla),
        partial(_unblock, singly[50:], by_carla),
    ]
    at_once(together)

    assert set(CollectiveMutation.objects.values_list("state", flat=True)) == {"done"}
    for person in people:
        _assert_one_order(person)


def _unblock(people: Iterable[Employee], by: Actor) -> None:
    for person in people:
        access.unblock_access(employee=person, by=by)


def _assert_one_order(person: Employee) -> None:
    """Block and unblock alternate, each with its mail, and only mails that are true still go."""
    entries = list(HistoryEntry.objects.filter(employee=person).order_by("pk"))
    acts = [entry.act for entry in entries]
    assert acts == ["access_blocked", "access_unblocked"] * (len(acts) // 2) + ["access_blocked"] * (len(acts) % 2)
    blocks = AccessBlock.objects.filter(employee=person).order_by("blocked_at")
    assert blocks.count() == acts.count("access_blocked")
    assert blocks.filter(lifted_at=None).count() == len(acts) % 2
    mails = {mail.pk: mail for mail in OutgoingEmail.objects.filter(employee=person)}
    assert [mails[entry.mail_id].message for entry in entries if entry.mail_id] == acts
    last = mails[entries[-1].mail_id or entries[0].mail_id]  # type: ignore[index]
    assert last.state == "queued"
    assert last == max(mails.values(), key=lambda mail: mail.created_at)
    of_blocks = [mail for mail in mails.values() if mail.message == "access_blocked" and mail.state == "queued"]
    assert len(of_blocks) == len(acts) % 2


def test_a_worker_that_finds_nothing_does_nothing(bakery: Employer, previewed: Run) -> None:
    crew(bakery, 2)
    mutation = previewed("block-access")

    running.run_due()
    running.run(mutation)

    assert mutation.state == "preview"
    assert outcomes(mutation) == {}
