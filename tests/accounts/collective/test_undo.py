"""Taking back: exactly what a mutation changed and nobody changed since; a mutation itself, with preview and history."""

from collections import Counter
from functools import partial

import pytest
from pytest_django.fixtures import Settings

from accounts import access, invitations
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running
from accounts.collective.confirm import Confirmation
from accounts.models import (
    AccessBlock,
    CollectiveMutation,
    Employee,
    Employer,
    HistoryEntry,
    Invitation,
    Provider,
    User,
)
from accounts.permissions import NotAllowed
from emailtemplates import delivery, switches
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import Run, by_person, carry_out, crew, outcomes
from tests.journeys.test_simultaneous import at_once

Staff = dict[str, Employee]


def taken_back(mutation: CollectiveMutation, by: Actor) -> CollectiveMutation:
    return carry_out(preview.prepare_undo(mutation=mutation, by=by), by, reason="mistake")


def states_of_mails(message: str) -> Counter[str]:
    return Counter(OutgoingEmail.objects.filter(message=message).values_list("state", flat=True))


def let_mails_leave() -> None:
    """Those whose time has come; the mail server takes them all."""
    delivery.deliver_due()


# --- Of a block ---


def test_three_unblocked_by_hand_leave_ninety_seven(bakery: Employer, done: Run, by_carla: Actor) -> None:
    people = crew(bakery, 100)
    mutation = done("block-access")
    by_hand = people[10:13]
    for person in by_hand:
        access.unblock_access(employee=person, by=by_carla)
    blocked_again = by_hand[2]
    access.block_access(employee=blocked_again, by=by_carla)

    undo = preview.prepare_undo(mutation=mutation, by=by_carla)
    assert undo.verdicts == {"change": 97, "nothing": 3}
    carry_out(undo, by_carla, reason="mistake")

    untouched = {person.pk for person in by_hand}
    expected = {person.pk: "changed_since" if person.pk in untouched else "change" for person in people}
    assert by_person(undo.outcome_rows, "outcome") == expected
    assert list(Employee.objects.blocked()) == [blocked_again]
    entries = HistoryEntry.objects.filter(act_id=undo.public_id, employee__isnull=False)
    assert Counter(entries.values_list("act", "before", "after", "reason", "actor_name")) == {
        ("access_unblocked", "blocked", "active", "mistake", "Carla"): 97
    }
    assert not entries.filter(employee__in=by_hand).exists()
    # Of the three the mail was ended by whoever unblocked them; one mail tells of the block that came after.
    assert states_of_mails("access_blocked") == {"cancelled": 97, "superseded": 3, "queued": 1}


def test_what_changes_between_preview_and_run_is_left_alone(bakery: Employer, done: Run, by_carla: Actor) -> None:
    people = crew(bakery, 5)
    undo = preview.prepare_undo(mutation=done("block-access"), by=by_carla)
    assert undo.verdicts == {"change": 5}

    access.unblock_access(employee=people[0], by=by_carla)
    carry_out(undo, by_carla)

    assert undo.outcomes_by_kind == {"change": 4, "nothing": 1}
    assert HistoryEntry.objects.filter(employee=people[0], act="access_unblocked").count() == 1


def test_mails_that_are_held_say_by_whom_they_were_cancelled(anna: Employee, done: Run, by_carla: Actor) -> None:
    taken_back(done("block-access"), by_carla)

    mail = OutgoingEmail.objects.get(employee=anna)
    assert mail.state == "cancelled"
    assert "Carla" in mail.why
    let_mails_leave()
    mail.refresh_from_db()
    assert (mail.state, mail.first_attempt_at) == ("cancelled", None)


@pytest.mark.parametrize("is_on", [True, False])
def test_after_the_mails_left_the_unblock_is_told_where_that_is_on(
    anna: Employee, without_email: Employee, provider: Provider, done: Run, by_carla: Actor, settings: Settings,
    is_on: bool,
) -> None:  # fmt: skip
    settings.COLLECTIVE_HOLD_SECONDS = 0
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=is_on)
    mutation = done("block-access")
    let_mails_leave()
    assert states_of_mails("access_blocked") == {"sent": 1, "failed": 1}

    taken_back(mutation, by_carla)
    let_mails_leave()

    told = OutgoingEmail.objects.filter(employee=anna, message="access_unblocked")
    assert [mail.state for mail in told] == (["sent"] if is_on else [])
    entry = HistoryEntry.objects.get(employee=anna, act="access_unblocked")
    assert entry.mail == told.first()


def test_who_was_never_told_of_the_block_is_not_told_of_its_end(
    anna: Employee, provider: Provider, done: Run, by_carla: Actor, settings: Settings
) -> None:
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    mutation = done("block-access")
    settings.COLLECTIVE_HOLD_SECONDS = 0

    taken_back(mutation, by_carla)
    let_mails_leave()

    assert [(mail.message, mail.state) for mail in OutgoingEmail.objects.order_by("created_at")] == [
        ("access_blocked", "cancelled"),
        ("access_unblocked", "superseded"),
    ]


def test_an_invitation_is_not_given_back_beside_a_newer_one_or_to_another_address(
    bob: Employee, bakery: Employer, done: Run, by_carla: Actor
) -> None:
    moved = cast.make_employee(bakery, "8", "Mo", "Bos")
    left_alone = cast.make_employee(bakery, "9", "Lea", "Bos")
    for person in (moved, left_alone):
        cast.make_invitation(person)
    mutation = done("block-access")
    invitations.invite(employee=bob, by=by_carla)
    Employee.objects.filter(pk=moved.pk).update(email="elsewhere@example.nl")

    undo = taken_back(mutation, by_carla)

    assert outcomes(undo) == {"Bob": "changed_since", "Mo": "changed_since", "Lea": "change"}
    assert set(Invitation.objects.open().values_list("employee__first_name", flat=True)) == {"Bob", "Lea"}


# --- Of an unblock ---


def test_an_unblock_is_taken_back_but_for_whom_was_decided_since(bakery: Employer, done: Run, by_carla: Actor) -> None:
    people = crew(bakery, 5)
    for number, person in enumerate(people):
        cast.make_block(person, reason=f"reason {number}", shown_reason=f"shown {number}")
    mutation = done("unblock-access")
    again, twice, gone = people[:3]
    access.block_access(employee=again, by=by_carla, reason="anew")
    access.block_access(employee=twice, by=by_carla)
    access.unblock_access(employee=twice, by=by_carla)
    Employee.objects.filter(pk=gone.pk).update(account=None)

    undo = taken_back(mutation, by_carla)

    assert outcomes(undo) == {
        "Crew0": "changed_since", "Crew1": "changed_since", "Crew2": "changed_since", "Crew3": "change",
        "Crew4": "change",
    }  # fmt: skip
    in_force = AccessBlock.objects.filter(lifted_at=None)
    assert set(in_force.values_list("employee__first_name", "reason", "shown_reason")) == {
        ("Crew0", "anew", ""), ("Crew3", "reason 3", "shown 3"), ("Crew4", "reason 4", "shown 4"),
    }  # fmt: skip


def test_who_was_told_of_the_unblock_is_told_of_the_block(
    bakery: Employer, provider: Provider, done: Run, by_carla: Actor, settings: Settings
) -> None:
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    told, untold = crew(bakery, 2)
    access.block_all(employees=Employee.objects.filter(employer=bakery), by=by_carla, reason="left")
    let_mails_leave()
    mutation = done("unblock-access")
    OutgoingEmail.objects.filter(employee=told, state="held").update(state="queued", not_before=mutation.created_at)
    let_mails_leave()

    taken_back(mutation, by_carla)

    messages = ["access_blocked", "access_unblocked"]
    of = {person: OutgoingEmail.objects.filter(employee=person).order_by("created_at") for person in (told, untold)}
    assert list(of[told].values_list("message", "state")) == [
        *((message, "sent") for message in messages),
        ("access_blocked", "held"),
    ]
    assert list(of[untold].values_list("message", "state")) == [*zip(messages, ["sent", "cancelled"], strict=True)]
    entry = HistoryEntry.objects.filter(employee=untold).order_by("pk").last()
    assert entry is not None
    assert (entry.act, entry.mail_id) == ("access_blocked", None)


# --- Of mails ---


def test_usernames_that_left_cannot_be_taken_back(
    bakery: Employer, done: Run, by_carla: Actor, settings: Settings
) -> None:
    settings.COLLECTIVE_HOLD_SECONDS = 0
    first, second = crew(bakery, 2)
    mutation = done("resend-username")
    OutgoingEmail.objects.filter(employee=second).update(not_before=mutation.created_at.replace(year=2099))
    let_mails_leave()

    undo = taken_back(mutation, by_carla)

    assert by_person(undo.outcome_rows, "outcome") == {first.pk: "already_left", second.pk: "change"}
    assert by_person(OutgoingEmail.objects.all(), "state") == {first.pk: "sent", second.pk: "cancelled"}
    assert list(HistoryEntry.objects.filter(act="mail_cancelled").values_list("employee")) == [(second.pk,)]


def test_invitations_that_left_are_withdrawn_unless_answered_or_replaced(
    bakery: Employer, done: Run, by_carla: Actor, settings: Settings
) -> None:
    settings.COLLECTIVE_HOLD_SECONDS = 0
    names = ["Ada", "Ben", "Cor", "Dora"]
    people = [cast.make_employee(bakery, str(number), name, "Bos") for number, name in enumerate(names)]
    mutation = done("invite")
    let_mails_leave()
    assert states_of_mails("invitation") == {"sent": 4}
    answered, replaced, withdrawn, _stands = people
    Invitation.objects.filter(employee=answered).update(used_at=mutation.created_at)
    Employee.objects.filter(pk=answered.pk).update(account=cast.make_account("ada"))
    invitations.invite(employee=replaced, by=by_carla)
    invitations.withdraw(employee=withdrawn, by=by_carla)

    undo = taken_back(mutation, by_carla)

    assert outcomes(undo) == {**dict.fromkeys(names, "changed_since"), "Dora": "change"}
    assert [each.employee for each in Invitation.objects.open()] == [replaced]
    assert states_of_mails("invitation") == {"sent": 4, "queued": 1}


# --- Once, and by whom ---

ACTS = ["block-access", "unblock-access", "resend-username", "invite"]


@pytest.mark.parametrize("act", ACTS)
def test_taken_back_twice_is_refused(staff: Staff, done: Run, by_carla: Actor, by_nadia: Actor, act: str) -> None:
    mutation = done(act)
    undo = taken_back(mutation, by_carla)
    assert undo.state == "done"

    for actor in (by_carla, by_nadia):
        with pytest.raises(ActRefused):
            preview.prepare_undo(mutation=mutation, by=actor)
    with pytest.raises(ActRefused):
        preview.prepare_undo(mutation=undo, by=by_carla)


def test_what_did_not_run_cannot_be_taken_back(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    with pytest.raises(ActRefused):
        preview.prepare_undo(mutation=mutation, by=by_carla)
    confirm.confirm(mutation=mutation, by=by_carla, confirmation=Confirmation(reason="closed"))
    mutation.refresh_from_db()

    with pytest.raises(ActRefused):
        preview.prepare_undo(mutation=mutation, by=by_carla)


def test_of_what_was_stopped_the_part_that_was_done_is_taken_back(
    bakery: Employer, previewed: Run, by_carla: Actor
) -> None:
    people = crew(bakery, 10)
    mutation = previewed("block-access")
    confirm.confirm(mutation=mutation, by=by_carla, confirmation=Confirmation(reason="closed"))
    CollectiveMutation.objects.filter(pk=mutation.pk).update(chunk_size=4)
    running.run_chunk(mutation.pk)
    confirm.stop(mutation=mutation, by=by_carla)
    mutation.refresh_from_db()

    undo = taken_back(mutation, by_carla)

    assert by_person(undo.outcome_rows, "outcome") == {person.pk: "change" for person in people[:4]}
    assert not Employee.objects.blocked().exists()


def test_neither_a_viewer_nor_a_stranger_takes_it_back(
    staff: Staff, done: Run, by_vera: Actor, by_stranger: Actor
) -> None:
    mutation = done("block-access")

    for actor in (by_vera, by_stranger):
        with pytest.raises(NotAllowed):
            preview.prepare_undo(mutation=mutation, by=actor)


def test_a_second_preview_takes_the_place_of_the_first(
    staff: Staff, done: Run, by_carla: Actor, by_nadia: Actor
) -> None:
    mutation = done("block-access")
    first = preview.prepare_undo(mutation=mutation, by=by_carla)

    second = preview.prepare_undo(mutation=mutation, by=by_nadia)

    assert list(CollectiveMutation.objects.filter(undoes=mutation)) == [second]
    assert not first.selection_rows.exists()
    with pytest.raises(ActRefused):
        carry_out(first, by_carla)
    carry_out(second, by_nadia)
    assert not Employee.objects.filter(blocks__act_id=mutation.public_id, blocks__lifted_at=None).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_taken_back_by_many_at_the_same_moment_is_once(
    bakery: Employer, done: Run, by_carla: Actor, nadia: User
) -> None:
    people = crew(bakery, 50)
    mutation = done("block-access")

    answers = at_once([partial(_try_to_take_back, mutation, by) for by in (by_carla, Actor.of(nadia))] * 3)

    assert any(answers)
    undo = CollectiveMutation.objects.get(undoes=mutation)
    assert (undo.state, undo.outcomes_by_kind) == ("done", {"change": 50})
    assert HistoryEntry.objects.filter(act="access_unblocked").count() == len(people)
    assert HistoryEntry.objects.filter(act="collective_confirmed").count() == 2


def _try_to_take_back(mutation: CollectiveMutation, by: Actor) -> bool:
    """False: somebody else was before, or took the preview's place."""
    try:
        taken_back(mutation, by)
    except (ActRefused, CollectiveMutation.DoesNotExist):
        return False
    return True


# --- And back again ---


@pytest.mark.parametrize("act", ["block-access", "unblock-access"])
def test_done_taken_back_and_done_again(staff: Staff, done: Run, by_carla: Actor, act: str) -> None:
    first = done(act)
    taken_back(first, by_carla)

    again = done(act)

    assert outcomes(again) == outcomes(first)
