"""Mail servers that refuse: who waits, who is tried again, and who is not."""

import ssl
import subprocess
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db.models.functions import Now

from accounts.models import Employer
from emailtemplates import hosts
from emailtemplates.models import MailHost, MailState, OutgoingEmail, SuppressedAddress
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("command", "answer"),
    [("to_sender", "450 4.2.0 busy"), ("to_recipients", "452 4.2.2 mailbox full"), ("to_content", "451 4.3.0 later")],
)
def test_try_later_waits_longer_each_time_and_not_together(
    bakery: Employer, installation: Installation, mail_server: MailServer, command: str, answer: str
) -> None:
    people = crowd.with_access(bakery, 6)
    refusals = {person.email: answer for person in people} if command == "to_content" else answer
    setattr(mail_server, command, refusals)
    installation.start_worker()
    acts.block(installation, people)

    for attempt in range(1, 5):
        waits = until(partial(_waits_after, attempt), f"attempt {attempt}")
        usual = 15 * 2 ** (attempt - 1)
        ledger.figures.append(f"after attempt {attempt}: {min(waits):.0f} to {max(waits):.0f} s")
        assert all(usual * 0.5 - 6 < wait <= usual * 1.5 for wait in waits)
        assert max(waits) - min(waits) > usual * 0.05
        assert len(mail_server.connections) <= 6 * attempt
        OutgoingEmail.objects.update(not_before=Now())
        acts.ring(installation)

    setattr(mail_server, command, {} if command == "to_content" else "250 fine")
    OutgoingEmail.objects.update(not_before=Now())
    acts.ring(installation)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=6) == 0


def test_a_mail_server_that_is_closing_is_asked_ever_less_often(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 20)
    mail_server.greeting = "421 4.3.2 not now"
    installation.start_worker()
    acts.block(installation, people)
    until(lambda: MailHost.objects.filter(failures__gte=1), "the breaker")

    for failures in range(2, 6):
        ledger.probe_now(installation)
        until(MailHost.objects.filter(failures__gte=failures).exists, "a probe")
    host = MailHost.objects.get()
    # The threads of one worker that ask at the same moment, and from then on one at a time.
    assert len(mail_server.connections) <= host.failures + 3
    assert not host.systemic
    assert "421" in host.why
    assert ledger.states() == {MailState.QUEUED: 20}
    assert not OutgoingEmail.objects.exclude(attempts=0).exists()

    mail_server.greeting = "220 here"
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=20) == 0
    host.refresh_from_db()
    assert (host.closed_until, host.failures) == (None, 0)


def test_one_bad_address_and_one_bad_mail_stop_nobody(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 31)
    gone, spam = people[3].email, people[7].email
    mail_server.to_recipient[gone] = "550 5.1.1 no such user"
    mail_server.to_content[spam] = "554 5.7.1 refused"
    installation.start_worker()
    acts.block(installation, people)
    ledger.drain(installation)

    assert ledger.states() == {MailState.SENT: 29, MailState.BOUNCED: 1, MailState.FAILED: 1}
    bounced, failed = (OutgoingEmail.objects.get(to_address=address) for address in (gone, spam))
    assert (bounced.attempts, bounced.why) == (1, "550 5.1.1 no such user")
    assert (failed.attempts, failed.why) == (1, "554 5.7.1 refused")
    assert bounced.attention_at
    assert failed.attention_at
    assert list(SuppressedAddress.objects.values_list("address", flat=True)) == [gone]
    assert ledger.duplicates(mail_server, intents=29) == 0

    # Nothing more goes to an address that does not take mail, and the administrator sees that.
    mail_server.to_recipient.clear()
    people[3].blocks.update(lifted_at=Now())
    acts.block(installation, [people[3]])
    ledger.drain(installation)
    assert mail_server.to(gone) == []
    second = OutgoingEmail.objects.filter(to_address=gone).latest("created_at")
    assert second.state == MailState.FAILED
    assert second.attention_at


def test_a_wrong_password_costs_one_connection_a_minute_and_no_attempt(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    mail_server.password = "right"
    _refused_for_good(bakery, installation, mail_server, because="535", url="smtp://we:wrong@127.0.0.1:{port}")
    mail_server.password = "wrong"
    _goes_on(installation, mail_server)


def test_a_mail_server_without_tls_gets_no_mail(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    _refused_for_good(
        bakery, installation, mail_server, because="SMTPNotSupported", url="smtp://127.0.0.1:{port}?tls=1"
    )


def test_a_mail_server_with_a_certificate_of_its_own_making_gets_no_mail(
    bakery: Employer, installation: Installation, mail_server: MailServer, tmp_path: Path
) -> None:
    mail_server.certificate = _certificate(tmp_path)
    _refused_for_good(bakery, installation, mail_server, because="SSL", url="smtp://127.0.0.1:{port}?tls=1")


def _waits_after(attempt: int) -> list[float]:
    """How long each mail waits for its next attempt, in seconds; empty as long as not all had this one."""
    mails = OutgoingEmail.objects.filter(state=MailState.QUEUED, attempts=attempt)
    waits = [acts.until_then(mail.not_before).total_seconds() for mail in mails]
    return waits if len(waits) == 6 else []


def _refused_for_good(
    bakery: Employer, installation: Installation, mail_server: MailServer, *, because: str, url: str
) -> None:
    people = crowd.with_access(bakery, 10)
    address = url.format(port=mail_server.port)
    installation.start_worker(EMAIL_URL=address)
    acts.block(installation, people)
    until(lambda: MailHost.objects.filter(systemic=True), "the breaker")
    host = MailHost.objects.get()
    assert because in host.why
    assert host.closed_until
    assert timedelta(seconds=30) < acts.until_then(host.closed_until) < hosts.SYSTEMIC_PROBE * 1.2
    before = len(mail_server.connections)
    assert before <= 4  # the threads of one worker that ask at the same moment

    installation.environment["EMAIL_URL"], usual = address, installation.environment["EMAIL_URL"]
    for _ in range(2):
        installation.manage("deliver_emails", "--once")
    installation.environment["EMAIL_URL"] = usual
    assert len(mail_server.connections) == before

    ledger.probe_now(installation)
    until(lambda: MailHost.objects.get().failures > host.failures, "the probe")
    assert len(mail_server.connections) == before + 1
    assert mail_server.taken == []
    assert ledger.states() == {MailState.QUEUED: 10}
    assert not OutgoingEmail.objects.exclude(attempts=0).exists()


def _goes_on(installation: Installation, mail_server: MailServer) -> None:
    ledger.probe_now(installation)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=10) == 0


def _certificate(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        *subject,
    )
    subprocess.run(openssl, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
