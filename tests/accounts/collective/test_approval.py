"""Four eyes: above a ceiling somebody else approves within a week, told by mail; never the maker."""

from datetime import timedelta
from functools import partial

import pytest

from accounts import mail_facts
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, running, selection
from accounts.collective.confirm import Confirmation
from accounts.models import (
    AccessBlock,
    CollectiveCeiling,
    CollectiveMutation,
    Employee,
    Employer,
    HistoryEntry,
    Provider,
    User,
)
from accounts.permissions import NotAllowed
from emailtemplates.clock import in_
from emailtemplates.facts import Facts, NoLongerApplies
from emailtemplates.models import OutgoingEmail
from emailtemplates.rendering import Rendered, render
from tests import cast
from tests.accounts.collective.conftest import Run, crew
from tests.journeys.test_simultaneous import at_once

PEOPLE = 10


@pytest.fixture
def bakers(bakery: Employer) -> list[Employee]:
    return crew(bakery, PEOPLE)


@pytest.fixture
def ceiling(bakery: Employer, by_carla: Actor) -> CollectiveCeiling:
    """Above nine people."""
    approval.set_ceiling(employer=bakery, number=9, percent=None, by=by_carla)
    return CollectiveCeiling.objects.get()


@pytest.fixture
def waiting(bakers: list[Employee], ceiling: CollectiveCeiling, previewed: Run, by_carla: Actor, nadia: User) -> CollectiveMutation:  # fmt: skip
    """A block of ten people, which Carla confirmed and Nadia can approve."""
    return confirmed(previewed("block-access"), by_carla)


def confirmed(mutation: CollectiveMutation, by: Actor) -> CollectiveMutation:
    confirm.confirm(mutation=mutation, by=by, confirmation=Confirmation(reason="closed"))
    mutation.refresh_from_db()
    return mutation


def blocked_after_work() -> int:
    """How many are blocked once the workers did what they found."""
    running.run_due()
    return AccessBlock.objects.count()


# --- Whether it is needed ---


@pytest.mark.parametrize(
    ("number", "percent", "needed"),
    [
        (9, None, True),
        (10, None, False),
        (0, None, True),
        (None, 83, True),  # ten of twelve are 83⅓ per cent
        (None, 84, False),
        (10, 83, True),
        (9, 84, True),
        (10, 84, False),
    ],
)
def test_a_ceiling_is_a_number_or_a_part_of_the_employer(
    bakers: list[Employee], bob: Employee, dirk: Employee, bakery: Employer, previewed: Run, by_carla: Actor, nadia: User,
    number: int | None, percent: int | None, needed: bool,
) -> None:  # fmt: skip
    Employee.objects.filter(pk=bob.pk).update(email="")  # an invitation that is withdrawn counts; this one has ended
    bob.invitations.update(ended_at=bob.invitations.get().invited_at, end="withdrawn")
    approval.set_ceiling(employer=bakery, number=number, percent=percent, by=by_carla)

    mutation = confirmed(previewed("block-access"), by_carla)

    assert mutation.state == ("waiting" if needed else "running")
    assert blocked_after_work() == (0 if needed else 10)


def test_without_a_ceiling_and_at_the_command_line_nobody_approves(
    bakers: list[Employee], bakery: Employer, previewed: Run, by_carla: Actor
) -> None:
    mutation = previewed("block-access")
    assert approval.is_needed(mutation) is False
    approval.set_ceiling(employer=bakery, number=1, percent=None, by=by_carla)
    assert approval.is_needed(mutation) is True

    root = Actor.command_line("root")
    assert confirmed(previewed("block-access", root), root).state == "running"


def test_the_ceiling_of_one_employer_counts_only_its_own_people(
    bakers: list[Employee], ceiling: CollectiveCeiling, bakery: Employer, garage: Employer, provider: Provider,
    by_carla: Actor, nadia: User,
) -> None:  # fmt: skip
    """Nine at the bakery and many at the garage stay below; ten at the bakery do not."""
    for number in range(5):
        account = cast.make_account(f"garage{number}")
        cast.make_employee(garage, str(number), f"Gerard{number}", "Smit", account=account)
    both = selection.everyone([bakery, garage])
    above = preview.prepare(act="block-access", place=provider, selection=both, by=by_carla)
    cast.make_block(bakers[0])
    below = preview.prepare(act="block-access", place=provider, selection=both, by=by_carla)

    assert approval.is_needed(above) is True
    assert approval.is_needed(below) is False


def test_taking_back_is_a_mutation_like_any_other(
    waiting: CollectiveMutation, by_carla: Actor, by_nadia: Actor
) -> None:
    approval.decide(mutation=waiting, by=by_nadia, approved=True)
    running.run_due()
    waiting.refresh_from_db()

    undo = confirmed(preview.prepare_undo(mutation=waiting, by=by_carla), by_carla)

    assert undo.state == "waiting"
    approval.decide(mutation=undo, by=by_nadia, approved=True)
    running.run_due()
    assert not AccessBlock.objects.filter(lifted_at=None).exists()


# --- Who decides ---


def test_a_second_administrator_approves_and_it_runs(waiting: CollectiveMutation, by_nadia: Actor) -> None:
    assert (waiting.state, blocked_after_work()) == ("waiting", 0)

    assert approval.decide(mutation=waiting, by=by_nadia, approved=True, reason="agreed") is True

    assert blocked_after_work() == PEOPLE
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approver, waiting.approver_name) == ("done", by_nadia.user, "Nadia")
    entry = HistoryEntry.objects.get(act="collective_approved")
    assert (entry.actor, entry.reason, entry.act_id) == (by_nadia.user, "agreed", waiting.public_id)
    # What is done is the maker's.
    assert set(AccessBlock.objects.values_list("blocked_by_name", flat=True)) == {"Carla"}


def test_refused_it_never_runs(waiting: CollectiveMutation, by_nadia: Actor, by_carla: Actor) -> None:
    assert approval.decide(mutation=waiting, by=by_nadia, approved=False, reason="too many") is True

    assert blocked_after_work() == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approver) == ("rejected", by_nadia.user)
    assert HistoryEntry.objects.get(act="collective_rejected").reason == "too many"
    assert confirm.confirm(mutation=waiting, by=by_carla, confirmation=Confirmation(reason="closed")) is False
    assert blocked_after_work() == 0


def test_neither_the_maker_nor_a_viewer_nor_a_stranger_decides(
    waiting: CollectiveMutation, by_carla: Actor, by_vera: Actor, by_stranger: Actor
) -> None:
    for approved in (True, False):
        with pytest.raises(ActRefused):
            approval.decide(mutation=waiting, by=by_carla, approved=approved)
        for actor in (by_vera, by_stranger):
            with pytest.raises(NotAllowed):
                approval.decide(mutation=waiting, by=actor, approved=approved)

    assert blocked_after_work() == 0


def test_who_manages_one_of_two_employers_does_not_decide_about_both(
    bakers: list[Employee], ceiling: CollectiveCeiling, bakery: Employer, garage: Employer, provider: Provider,
    by_carla: Actor, nadia: User,
) -> None:  # fmt: skip
    bea = cast.make_administrator("bea", provider=provider, employer=bakery)
    both = selection.everyone([bakery, garage])
    over_both = preview.prepare(act="block-access", place=provider, selection=both, by=by_carla)
    of_bakery = preview.prepare(act="block-access", place=bakery, selection=selection.everyone([bakery]), by=by_carla)

    assert list(approval.approvers(over_both)) == [nadia]
    assert set(approval.approvers(of_bakery)) == {nadia, bea}
    with pytest.raises(NotAllowed):
        approval.decide(mutation=confirmed(over_both, by_carla), by=Actor.of(bea), approved=True)
    assert approval.decide(mutation=confirmed(of_bakery, by_carla), by=Actor.of(bea), approved=True)


def test_decided_twice_the_same_way_is_once(waiting: CollectiveMutation, by_nadia: Actor) -> None:
    approval.decide(mutation=waiting, by=by_nadia, approved=True)

    assert approval.decide(mutation=waiting, by=by_nadia, approved=True) is False
    assert blocked_after_work() == PEOPLE
    assert approval.decide(mutation=waiting, by=by_nadia, approved=True) is False
    assert HistoryEntry.objects.filter(act="collective_approved").count() == 1


@pytest.mark.parametrize("approved", [True, False])
def test_what_was_decided_is_not_decided_otherwise(
    waiting: CollectiveMutation, by_nadia: Actor, provider: Provider, approved: bool
) -> None:
    approval.decide(mutation=waiting, by=by_nadia, approved=approved)

    for actor in (by_nadia, Actor.of(cast.make_administrator("third", provider=provider))):
        with pytest.raises(ActRefused):
            approval.decide(mutation=waiting, by=actor, approved=not approved)

    assert blocked_after_work() == (PEOPLE if approved else 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_approved_and_refused_at_the_same_moment_one_of_them_counts(
    waiting: CollectiveMutation, by_nadia: Actor, provider: Provider
) -> None:
    third = Actor.of(cast.make_administrator("third", provider=provider))

    answers = at_once(
        [partial(decided, waiting, by_nadia, approved=True), partial(decided, waiting, third, approved=False)]
    )

    waiting.refresh_from_db()
    assert sorted(answers) == [False, True]
    assert waiting.approver in (by_nadia.user, third.user)
    assert blocked_after_work() == (PEOPLE if waiting.approver == by_nadia.user else 0)


def decided(mutation: CollectiveMutation, by: Actor, *, approved: bool) -> bool:
    try:
        return approval.decide(mutation=mutation, by=by, approved=approved)
    except ActRefused:
        return False


def test_without_a_second_administrator_it_is_refused(
    bakers: list[Employee], ceiling: CollectiveCeiling, previewed: Run, by_carla: Actor, by_vera: Actor, stranger: User
) -> None:
    mutation = previewed("block-access")

    with pytest.raises(ActRefused):
        confirmed(mutation, by_carla)

    mutation.refresh_from_db()
    assert (mutation.state, blocked_after_work()) == ("preview", 0)
    assert not OutgoingEmail.objects.exists()


def test_its_maker_stops_it_while_it_waits(waiting: CollectiveMutation, by_carla: Actor, by_nadia: Actor) -> None:
    confirm.stop(mutation=waiting, by=by_carla)

    with pytest.raises(ActRefused):
        approval.decide(mutation=waiting, by=by_nadia, approved=True)
    assert blocked_after_work() == 0


# --- Seven days ---


def test_after_a_week_it_lapses(waiting: CollectiveMutation, by_nadia: Actor) -> None:
    assert waiting.approve_until is not None
    assert waiting.confirmed_at is not None
    assert (waiting.approve_until - waiting.confirmed_at) == timedelta(days=7)
    CollectiveMutation.objects.filter(pk=waiting.pk).update(approve_until=in_(-timedelta(milliseconds=1)))

    with pytest.raises(ActRefused):
        approval.decide(mutation=waiting, by=by_nadia, approved=True)

    assert approval.end_unapproved() == 1
    assert approval.end_unapproved() == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approver) == ("rejected", None)
    entry = HistoryEntry.objects.get(act="collective_rejected", act_id=waiting.public_id)
    assert (entry.actor, entry.actor_name) == (None, "schedule")
    assert blocked_after_work() == 0


def test_within_the_week_it_waits(waiting: CollectiveMutation, by_nadia: Actor) -> None:
    CollectiveMutation.objects.filter(pk=waiting.pk).update(
        approve_until=in_(timedelta(seconds=20)), valid_until=in_(-timedelta(days=6))
    )

    assert approval.end_unapproved() == 0
    assert approval.decide(mutation=waiting, by=by_nadia, approved=True)
    assert blocked_after_work() == PEOPLE


# --- The mail ---


def test_those_who_can_approve_are_told(
    waiting: CollectiveMutation, nadia: User, carla: User, by_vera: Actor, mailbox: cast.Mailbox
) -> None:
    (mail,) = mailbox.all()

    assert (mail.message, mail.to_address, mail.account) == ("collective_approval", nadia.email, nadia)
    assert (mail.act_id, mail.about, mail.state) == (waiting.public_id, waiting.public_id, "queued")


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", ["Toegang blokkeren", "Beste Nadia", "Carla wil"]), ("en", ["Block access", "Dear Nadia", "Carla wants"])],
)
def test_the_mail_says_what_how_many_who_and_until_when(
    bakers: list[Employee], ceiling: CollectiveCeiling, previewed: Run, by_carla: Actor, nadia: User,
    mailbox: cast.Mailbox, language: str, words: list[str],
) -> None:  # fmt: skip
    User.objects.filter(pk=nadia.pk).update(language=language)
    waiting = confirmed(previewed("block-access"), by_carla)
    (mail,) = mailbox.all()

    rendered = as_sent(mail)

    assert waiting.approve_until is not None
    for part in (rendered.html, rendered.text):
        for word in [*words, "10", "Bakkerij Van Dam", mail_facts.moment(waiting.approve_until).split(",")[1].strip()]:
            assert word in part
        assert str(waiting.public_id) in part
        assert "{" not in part.partition("<body")[2] or part is rendered.text
    assert "{" not in rendered.text + rendered.subject
    assert words[0] in rendered.subject
    assert "10" in rendered.subject


def as_sent(mail: OutgoingEmail) -> Rendered:
    facts = mail_facts.facts_about([mail])[mail.pk]
    assert isinstance(facts, Facts)
    return render(mail.message, mail.language, facts.values, employer_id=mail.employer_id, provider_id=mail.provider_id)


def test_once_decided_the_mail_is_no_longer_true(
    waiting: CollectiveMutation, by_nadia: Actor, mailbox: cast.Mailbox
) -> None:
    (mail,) = mailbox.all()
    approval.decide(mutation=waiting, by=by_nadia, approved=True)

    assert isinstance(mail_facts.facts_about([mail])[mail.pk], NoLongerApplies)


# --- Setting a ceiling ---


def test_a_ceiling_is_set_changed_and_taken_away_with_history(bakery: Employer, by_carla: Actor) -> None:
    assert approval.set_ceiling(employer=bakery, number=50, percent=None, by=by_carla) is True
    assert approval.set_ceiling(employer=bakery, number=50, percent=None, by=by_carla) is False
    assert approval.set_ceiling(employer=bakery, number=50, percent=10, by=by_carla) is True
    assert approval.set_ceiling(employer=bakery, number=None, percent=None, by=by_carla) is True
    assert approval.set_ceiling(employer=bakery, number=None, percent=None, by=by_carla) is False

    assert not CollectiveCeiling.objects.exists()
    changes = HistoryEntry.objects.filter(act="ceiling_changed").order_by("pk").values_list("before", "after")
    assert list(changes) == [("", "50"), ("50", "50 / 10%"), ("50 / 10%", "")]


def test_only_managers_of_the_provider_set_a_ceiling(
    bakery: Employer, provider: Provider, by_vera: Actor, by_stranger: Actor
) -> None:
    of_bakery = Actor.of(cast.make_administrator("bea", provider=provider, employer=bakery))

    for actor in (by_vera, by_stranger, of_bakery):
        with pytest.raises(NotAllowed):
            approval.set_ceiling(employer=bakery, number=1, percent=None, by=actor)

    assert not CollectiveCeiling.objects.exists()
