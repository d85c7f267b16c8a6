"""Workers that are killed or freeze: their mails go to others, and a copy more is only sent where nobody can know."""

import signal
import subprocess

import pytest

from accounts.models import Employee, Employer
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import SILENCE, AfterContent, MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation, kill
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.fixture
def blocked(anna: Employee, installation: Installation) -> OutgoingEmail:
    """One mail, about Anna's block."""
    acts.block(installation, [anna])
    return OutgoingEmail.objects.get()


def test_killed_before_a_word_was_sent(
    blocked: OutgoingEmail, installation: Installation, mail_server: MailServer
) -> None:
    mail_server.greeting = SILENCE
    worker = installation.start_worker()
    _until_state(MailState.LEASED)
    kill(worker)
    mail_server.greeting = "220 here"
    ledger.end_leases()

    installation.start_worker()
    ledger.drain(installation)

    assert ledger.duplicates(mail_server, intents=1) == 0


def test_killed_after_the_mail_server_took_it(
    blocked: OutgoingEmail, installation: Installation, mail_server: MailServer
) -> None:
    mail_server.after_content = AfterContent.TAKEN_THEN_SILENT
    worker = installation.start_worker()
    until(lambda: mail_server.taken, "the mail")
    kill(worker)
    mail_server.after_content = AfterContent.ANSWER
    ledger.end_leases()

    installation.start_worker()
    _until_state(MailState.UNCERTAIN)
    ledger.drain(installation)

    assert ledger.duplicates(mail_server, intents=1) == 1
    blocked.refresh_from_db()
    assert blocked.unknown_outcomes == 1


def test_frozen_before_a_word_was_sent(
    blocked: OutgoingEmail, installation: Installation, mail_server: MailServer
) -> None:
    mail_server.greeting = SILENCE
    frozen = installation.start_worker()
    _until_state(MailState.LEASED)
    frozen.send_signal(signal.SIGSTOP)
    mail_server.greeting = "220 here"
    ledger.end_leases()
    installation.start_worker()
    ledger.drain(installation)

    _thaw_until_it_ends(frozen)

    assert ledger.duplicates(mail_server, intents=1) == 0


def test_frozen_while_the_mail_server_took_it(
    blocked: OutgoingEmail, installation: Installation, mail_server: MailServer
) -> None:
    """Whoever thaws finds that the mail is somebody else's; what it knows is dropped."""
    mail_server.after_content, mail_server.healthy_after = AfterContent.TAKEN_THEN_SILENT, 1
    frozen = installation.start_worker()
    until(lambda: mail_server.taken, "the mail")
    frozen.send_signal(signal.SIGSTOP)
    ledger.end_leases()
    installation.start_worker()
    ledger.drain(installation)
    blocked.refresh_from_db()

    _thaw_until_it_ends(frozen)

    assert ledger.duplicates(mail_server, intents=1) == 1
    told = OutgoingEmail.objects.get()
    assert (told.state, told.sent_at, told.why) == (MailState.SENT, blocked.sent_at, blocked.why)


def test_two_hundred_mails_and_one_worker_killed(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 200)
    mail_server.seconds_per_mail = 0.01
    worker = installation.start_worker()
    acts.block(installation, people)
    until(lambda: len(mail_server.taken) > 60, "the first mails")

    kill(worker)
    installation.start_worker()
    ledger.drain(installation)

    assert ledger.duplicates(mail_server, intents=200) <= 3  # one for each thread that sends


def _until_state(state: MailState) -> None:
    until(lambda: OutgoingEmail.objects.get().state == state, state)


def _thaw_until_it_ends(worker: subprocess.Popen[bytes]) -> None:
    """It goes on where it stood, and is asked to stop: whatever it still wanted to do it has then done."""
    worker.send_signal(signal.SIGCONT)
    worker.terminate()
    worker.wait(timeout=30)
