"""Who has which mail in hand, and what becomes of it when that worker dies."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from emailtemplates import leases
from emailtemplates.models import MailState, OutgoingEmail

pytestmark = pytest.mark.django_db
Promise = Callable[..., OutgoingEmail]


def worker_dies(*, transmitting: bool = False) -> None:
    """With what it has in hand; its lease is over."""
    mails = OutgoingEmail.objects.filter(state=MailState.LEASED)
    over = Now() - timedelta(seconds=1)
    if transmitting:
        mails.update(state=MailState.TRANSMITTING, first_attempt_at=Now(), lease_until=over)
    else:
        mails.update(lease_until=over)
    leases.recover()


def let_time_pass() -> None:
    OutgoingEmail.objects.update(not_before=Now() - timedelta(seconds=1))


def test_what_one_has_in_hand_nobody_else_gets(promise: Promise) -> None:
    promise()

    assert len(leases.claim(10)) == 1
    assert leases.claim(10) == []


def test_nothing_is_taken_when_nothing_may_go(promise: Promise) -> None:
    promise()

    assert leases.claim(0) == []


def test_a_living_worker_keeps_what_it_has(promise: Promise) -> None:
    mail = promise()
    leases.claim(1)

    leases.recover()

    mail.refresh_from_db()
    assert mail.state == MailState.LEASED


def test_what_a_dead_worker_only_prepared_comes_up_again_alone(promise: Promise) -> None:
    for number in range(3):
        promise(f"{number}@example.nl")
    OutgoingEmail.objects.filter(to_address="2@example.nl").update(not_before=Now() + timedelta(hours=1))
    assert len(leases.claim(10)) == 2
    OutgoingEmail.objects.filter(to_address="2@example.nl").update(not_before=Now() - timedelta(hours=1))

    worker_dies()

    let_time_pass()
    assert [mail.to_address for mail in leases.claim(10)] == ["2@example.nl"]
    (first,) = leases.claim_alone()
    assert leases.claim_alone() == []  # or the one that is not the cause would die beside it, again and again
    OutgoingEmail.objects.filter(pk=first.pk).update(state=MailState.TRANSMITTING, first_attempt_at=Now())
    (second,) = leases.claim_alone()
    assert {first.to_address, second.to_address} == {"0@example.nl", "1@example.nl"}


def test_a_mail_that_ends_every_worker_is_set_apart(promise: Promise) -> None:
    mail = promise()
    for _ in range(leases.MOST_CRASHES):
        assert len(leases.claim(10) or leases.claim_alone()) == 1
        worker_dies()
        let_time_pass()

    mail.refresh_from_db()
    assert (mail.state, mail.why) == (MailState.FAILED, leases.ENDED_ITS_WORKER)
    assert mail.attention_at is not None


def test_what_a_dead_worker_was_sending_is_uncertain_and_repeated_after_a_while(promise: Promise) -> None:
    mail = promise()
    leases.claim(1)

    worker_dies(transmitting=True)

    mail.refresh_from_db()
    assert (mail.state, mail.unknown_outcomes, mail.finished_at) == (MailState.UNCERTAIN, 1, None)
    assert leases.claim(1) == []
    let_time_pass()
    assert len(leases.claim(1)) == 1


def test_so_many_dead_workers_are_no_accident(promise: Promise) -> None:
    mail = promise()
    for _ in range(leases.MOST_UNKNOWN_OUTCOMES):
        let_time_pass()
        assert len(leases.claim(1)) == 1
        worker_dies(transmitting=True)

    mail.refresh_from_db()
    assert (mail.state, mail.why, mail.unknown_outcomes) == (MailState.FAILED, leases.NOBODY_KNOWS, 5)
    assert mail.attention_at is not None


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(promise: Promise) -> None:
    promise()
    (zombie,) = leases.claim(1)
    worker_dies()
    let_time_pass()
    (living,) = leases.claim_alone()

    with pytest.raises(leases.Fenced):
        leases.update(zombie, state=MailState.FAILED, why="late", finished_at=Now(), **leases.NONE)

    leases.give_back([zombie])
    living.refresh_from_db()
    assert living.state == MailState.LEASED


IMPOSSIBLE = [
    {"state": MailState.SENT},
    {"state": MailState.QUEUED, "finished_at": Now()},
    {"state": MailState.FAILED, "finished_at": Now(), "why": ""},
    {"state": MailState.LEASED},
    {"state": MailState.TRANSMITTING, "lease_until": Now()},
    {"state": MailState.UNCERTAIN, "first_attempt_at": None},
    {
        "state": MailState.DELIVERED,
        "finished_at": Now(),
        "why": "250 taken",
        "first_attempt_at": Now(),
        "sent_at": None,
    },
    {"state": MailState.CANCELLED, "finished_at": Now(), "why": "by Carla", "attention_at": Now()},
]


@pytest.mark.parametrize("values", IMPOSSIBLE, ids=lambda values: str(values["state"]))
def test_the_database_refuses_what_cannot_be(promise: Promise, values: dict[str, object]) -> None:
    mail = promise()

    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingEmail.objects.filter(pk=mail.pk).update(**values)
