"""Taking mail out of the outbox, against a real mail server."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from emailtemplates import delivery, doorbell, handover, hosts, leases, outcomes
from emailtemplates.models import MailHost, MailState, OutgoingEmail
from emailtemplates.stopping import stopping
from tests.emailtemplates.smtp import MailServer, free_port

Promise = Callable[..., OutgoingEmail]


def states() -> dict[str, int]:
    return dict(Counter(OutgoingEmail.objects.values_list("state", flat=True)))


def time_passes() -> None:
    """Every lease and every waiting time is over, of mails and of the mail server."""
    long_ago = timezone.now() - timedelta(hours=1)
    OutgoingEmail.objects.exclude(lease_until=None).update(lease_until=long_ago)
    leases.recover()
    OutgoingEmail.objects.update(not_before=long_ago)
    MailHost.objects.exclude(closed_until=None).update(closed_until=long_ago)


def waiting_seconds(mail: OutgoingEmail) -> float:
    mail.refresh_from_db()
    return (mail.not_before - timezone.now()).total_seconds()


def test_what_is_due_is_sent_over_one_connection(promise: Promise, mail_server: MailServer) -> None:
    mails = [promise(f"{number}@example.nl") for number in range(25)]

    assert delivery.deliver_due() == 25

    assert sorted(mail_server.recipients) == sorted(mail.to_address for mail in mails)
    assert len(mail_server.connections) == 1
    for mail in OutgoingEmail.objects.all():
        assert (mail.state, mail.attempts, mail.why) == (MailState.SENT, 1, "250 taken")
        assert mail.sent_at is not None
        assert mail.finished_at is not None
        assert (mail.lease_token, mail.lease_until) == (None, None)
    assert delivery.deliver_due() == 0


def test_a_limit_is_kept_and_who_is_waited_for_goes_first(promise: Promise, mail_server: MailServer) -> None:
    for message in ("access_blocked", "invitation", "password_reset"):
        promise(f"{message}@example.nl", message)

    assert delivery.deliver_due(limit=2) == 2

    assert mail_server.recipients == ["password_reset@example.nl", "invitation@example.nl"]


def test_a_mail_that_is_held_waits(promise: Promise, mail_server: MailServer) -> None:
    mail = promise()
    OutgoingEmail.objects.filter(pk=mail.pk).update(not_before=F("not_before") + timedelta(minutes=5))

    assert delivery.deliver_due() == 0


@pytest.mark.parametrize("source", ["nothing_applies", "nothing_may_go"])
def test_what_no_longer_applies_is_not_sent(
    promise: Promise, mail_server: MailServer, settings: Settings, source: str
) -> None:
    settings.EMAIL_FACTS = f"tests.emailtemplates.facts.{source}"
    mail = promise()

    delivery.deliver_due()

    mail.refresh_from_db()
    assert (mail.state, mail.why, mail.first_attempt_at) == (MailState.SUPERSEDED, "unblocked meanwhile", None)
    assert not mail_server.accepted


def test_one_bad_mail_does_not_stop_its_neighbours(
    promise: Promise, mail_server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.broken_for_anna"
    mail_server.to_recipient = {"carla@example.nl": "550 5.1.1 no such user"}
    for address in ("anna@example.nl", "bob@example.nl, eve@example.nl", "carla@example.nl", "dirk@example.nl"):
        promise(address)

    assert delivery.deliver_due() == 4

    assert mail_server.recipients == ["dirk@example.nl"]
    ends = {mail.to_address: (mail.state, mail.why) for mail in OutgoingEmail.objects.all()}
    assert ends["anna@example.nl"] == (MailState.FAILED, "IntegrityError")
    assert ends["bob@example.nl, eve@example.nl"] == (MailState.BOUNCED, "not a valid e-mail address")
    assert ends["carla@example.nl"] == (MailState.BOUNCED, "550 5.1.1 no such user")
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("emailtemplates")]
    assert len(logged) == 4
    assert not re.search("example|Anna|Bakkerij", "".join(logged))


@pytest.mark.parametrize(
    ("answer", "state"), [("450 4.2.0 busy", MailState.QUEUED), ("554 5.7.1 refused", MailState.FAILED)]
)
def test_an_answer_to_the_content_is_for_now_or_for_ever(
    promise: Promise, mail_server: MailServer, answer: str, state: MailState
) -> None:
    mail_server.to_data = answer
    mail = promise()

    delivery.deliver_due()

    mail.refresh_from_db()
    assert (mail.state, mail.why) == (state, answer)


def test_a_temporary_failure_waits_longer_each_time_and_then_arrives_once(
    promise: Promise, mail_server: MailServer
) -> None:
    mail_server.to_recipient = {"anna@example.nl": "452 4.2.2 full"}
    mail = promise()

    for shortest, longest in ((7, 23), (15, 45), (30, 90)):
        delivery.deliver_due()
        assert shortest < waiting_seconds(mail) < longest
        assert mail.state == MailState.QUEUED
        first_attempt_at = mail.first_attempt_at
        time_passes()
    mail_server.to_recipient = {}
    delivery.deliver_due()

    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.first_attempt_at) == (MailState.SENT, 4, first_attempt_at)
    assert len(mail_server.accepted) == 1


def test_after_a_broken_connection_the_others_go_over_a_new_one(promise: Promise, mail_server: MailServer) -> None:
    mail_server.hang_up_on = "2@example.nl"
    for number in range(5):
        promise(f"{number}@example.nl")

    delivery.deliver_due()

    ended = states()
    assert ended.pop(MailState.UNCERTAIN) == 1  # what was on the line when it broke
    assert sum(ended.values()) == 4
    assert set(ended) <= {MailState.SENT, MailState.QUEUED}
    time_passes()
    delivery.deliver_due()
    assert states() == {MailState.SENT: 5}
    assert len(mail_server.connections) == 2


def test_without_a_mail_server_everything_waits_and_only_one_is_tried(
    promise: Promise, mail_server: MailServer, settings: Settings
) -> None:
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    for number in range(25):
        promise(f"{number}@example.nl")

    delivery.deliver_due()

    assert states() == {MailState.QUEUED: 25}
    assert not OutgoingEmail.objects.exclude(attempts=0).exists()
    host = MailHost.objects.get()
    assert "ConnectionRefusedError" in host.why
    assert not host.systemic
    settings.EMAIL_PORT = there
    MailHost.objects.update(name=hosts.name())
    assert delivery.deliver_due() == 0
    time_passes()
    delivery.deliver_due()
    assert states() == {MailState.SENT: 25}


def test_a_server_that_offers_no_tls_gets_no_mail(
    promise: Promise, mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS = True
    promise()

    delivery.deliver_due()

    assert states() == {MailState.QUEUED: 1}
    assert not mail_server.connections
    assert MailHost.objects.get().systemic


def test_a_mail_whose_worker_died_is_sent_after_its_lease_with_the_same_number_and_date(
    promise: Promise, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    mail = promise()
    with monkeypatch.context() as crash:
        crash.setattr(outcomes.Notebook, "note", killed)
        with pytest.raises(SystemExit):
            delivery.deliver_due()
    assert states() == {MailState.TRANSMITTING: 1}
    assert delivery.deliver_due() == 0

    time_passes()
    assert delivery.deliver_due() == 1

    first, second = mail_server.accepted
    assert first["Message-ID"] == second["Message-ID"] == f"<{mail.pk}@example.nl>"
    assert first["Date"] == second["Date"]


def test_the_result_of_a_mail_that_was_taken_over_is_dropped(
    promise: Promise, mail_server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.taken_over_meanwhile"
    mail = promise()

    assert delivery.deliver_due() == 0

    mail.refresh_from_db()
    assert mail.state == MailState.LEASED
    assert not mail_server.accepted
    assert f"Mail {mail.pk} was taken over" in caplog.text


def test_what_is_too_late_is_not_sent_and_somebody_is_told(promise: Promise, mail_server: MailServer) -> None:
    block, reset = promise(), promise("bob@example.nl", "password_reset")
    OutgoingEmail.objects.update(expires_at=timezone.now() - timedelta(seconds=1), why="452 4.2.2 full")

    delivery.deliver_due()

    for mail in (block, reset):
        mail.refresh_from_db()
        assert (mail.state, mail.why) == (MailState.EXPIRED, f"{handover.TOO_LATE}: 452 4.2.2 full")
    assert block.attention_at is not None
    assert reset.attention_at is None  # whoever waited for it has asked for another one
    assert not mail_server.accepted


def test_at_the_end_of_its_shift_a_worker_rings_for_the_rest(
    promise: Promise, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    hints: list[str] = []
    monkeypatch.setattr(doorbell, "publish", hints.append)
    monkeypatch.setattr(delivery, "FIRST_BATCH", 2)
    for number in range(3):
        promise(f"{number}@example.nl")

    with django_capture_on_commit_callbacks(execute=True):
        delivery.deliver_and_count(shift=0)

    assert set(hints) == {"emailtemplates.tasks.deliver_due_emails"}
    assert states() == {MailState.SENT: 2, MailState.QUEUED: 1}


def test_a_worker_that_is_asked_to_stop_lets_go_of_the_rest(promise: Promise, mail_server: MailServer) -> None:
    for number in range(5):
        promise(f"{number}@example.nl")
    mail_server.when_taken = stopping.set

    try:
        delivery.deliver_due()
    finally:
        stopping.clear()
    mail_server.when_taken = lambda: None

    assert states() == {MailState.SENT: 1, MailState.QUEUED: 4}
    assert not OutgoingEmail.objects.filter(state=MailState.QUEUED).exclude(attempts=0).exists()
    delivery.deliver_due()
    assert sorted(mail_server.recipients) == [f"{number}@example.nl" for number in range(5)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(promise: Promise, mail_server: MailServer) -> None:
    for number in range(100):
        promise(f"{number}@example.nl")
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        delivery.deliver_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(mail_server.recipients) == sorted(f"{number}@example.nl" for number in range(100))
    assert len(mail_server.connections) == 2
    assert states() == {MailState.SENT: 100}


@pytest.mark.postgres
def test_what_is_due_is_found_by_its_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "mails_underway" in leases.due().explain()
