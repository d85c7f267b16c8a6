"""The circuit breaker and the agreed rate: what all workers together know of the mail server."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPAuthenticationError, SMTPConnectError

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings

from emailtemplates import delivery, hosts
from emailtemplates.failures import Unreachable
from emailtemplates.hosts import Leave
from emailtemplates.models import MailHost, MailState, OutgoingEmail
from tests.emailtemplates.smtp import MailServer

pytestmark = pytest.mark.django_db
Promise = Callable[..., OutgoingEmail]
WRONG_PASSWORD = Unreachable(SMTPAuthenticationError(535, b"5.7.8 wrong"))
REFUSED = Unreachable(ConnectionRefusedError(111, "Connection refused"))


def closed_for() -> float:
    closed_until = MailHost.objects.get().closed_until
    assert closed_until is not None
    return (closed_until - timezone.now()).total_seconds()


def time_passes() -> None:
    MailHost.objects.update(closed_until=Now() - timedelta(seconds=1))


def test_while_there_is_trouble_one_worker_tries_at_a_time() -> None:
    assert hosts.leave() is Leave.OPEN
    hosts.note_trouble(REFUSED)

    assert hosts.leave() is Leave.CLOSED
    time_passes()
    assert [hosts.leave() for _ in range(3)] == [Leave.PROBE, Leave.CLOSED, Leave.CLOSED]

    hosts.note_recovery()
    assert hosts.leave() is Leave.OPEN


def test_a_server_that_is_away_is_asked_at_growing_intervals_up_to_ten_seconds() -> None:
    for least, most in ((0.9, 1.6), (1.9, 3.1), (3.9, 6.1), (7.9, 12.1), (7.9, 12.1)):
        hosts.note_trouble(REFUSED)
        assert least < closed_for() < most


@pytest.mark.parametrize("cause", [WRONG_PASSWORD, Unreachable(ssl.SSLCertVerificationError("self-signed"))])
def test_what_our_set_up_causes_is_tried_once_a_minute(cause: Unreachable) -> None:
    for _ in range(3):
        hosts.note_trouble(cause)
        assert 45 < closed_for() < 75

    assert MailHost.objects.get().systemic


def test_a_server_that_asks_to_come_back_is_not_our_set_up() -> None:
    hosts.note_trouble(Unreachable(SMTPConnectError(421, b"4.3.2 later")))

    assert not MailHost.objects.get().systemic


def test_a_known_trouble_costs_no_connection_and_no_attempt(promise: Promise, mail_server: MailServer) -> None:
    mail = promise()
    hosts.note_trouble(WRONG_PASSWORD)

    assert delivery.deliver_due() == 0

    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.QUEUED, 0)
    assert not mail_server.connections


def test_a_probe_that_goes_well_lets_all_others_go(promise: Promise, mail_server: MailServer) -> None:
    for number in range(20):
        promise(f"{number}@example.nl")
    hosts.note_trouble(WRONG_PASSWORD)
    time_passes()

    assert delivery.deliver_due() == 20

    host = MailHost.objects.get()
    assert (host.closed_until, host.failures, host.since, host.why) == (None, 0, None, "")


def test_no_more_mails_go_than_the_rate_allows(promise: Promise, mail_server: MailServer, settings: Settings) -> None:
    settings.EMAIL_RATE = 5.0
    for number in range(20):
        promise(f"{number}@example.nl")
    MailHost.objects.create(name=hosts.name(), allowance=5)

    began = timezone.now()
    delivery.deliver_and_count(limit=10)

    # Five at once, and five more in the second that it takes to save for them.
    assert len(mail_server.accepted) == 10
    assert (timezone.now() - began).total_seconds() > 0.8


def test_a_quiet_hour_does_not_allow_a_storm(settings: Settings) -> None:
    settings.EMAIL_RATE = 5.0
    MailHost.objects.create(name=hosts.name(), allowance_at=timezone.now() - timedelta(hours=1))

    assert hosts.take(100) == 5
    assert hosts.take(100) == 0


def test_without_a_rate_everything_may_go(settings: Settings) -> None:
    settings.EMAIL_RATE = None

    assert hosts.take(100) == 100
    assert not MailHost.objects.exists()
