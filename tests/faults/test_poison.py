"""Mails that cannot be made, or that end whoever makes them: they end, and their neighbours do not notice."""

import subprocess

import pytest

from accounts.models import Employer
from emailtemplates import leases
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import acts, facts, ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


def test_poison_among_two_hundred(bakery: Employer, installation: Installation, mail_server: MailServer) -> None:
    people = crowd.with_access(bakery, 204)
    bad_values, bad_address, two_addresses, deadly = (person.email for person in people[20:24])
    acts.block(installation, people)
    mails = OutgoingEmail.objects
    mails.filter(to_address=bad_values).update(message="credentials_changed", values={"change": 7})
    mails.filter(to_address=bad_address).update(to_address="nobody at home")
    mails.filter(to_address=two_addresses).update(to_address="a@example.nl, b@example.nl")
    mails.filter(to_address=deadly).update(to_address=f"{facts.DEADLY}@example.nl")

    keeper = _Keeper(installation)
    until(keeper.all_final, "every mail in a final state", seconds=120)

    assert ledger.states() == {MailState.SENT: 200, MailState.FAILED: 2, MailState.BOUNCED: 2}
    poison = mails.get(to_address=f"{facts.DEADLY}@example.nl")
    assert (poison.state, poison.why) == (MailState.FAILED, leases.ENDED_ITS_WORKER)
    assert keeper.deaths == leases.MOST_CRASHES
    # Not tried again; at most once it was in the hands of a worker that the other one ended.
    assert mails.get(to_address=bad_values).attempts <= 2
    # Each death can interrupt what the other threads of that worker were sending.
    assert ledger.duplicates(mail_server, intents=200) <= 2 * keeper.deaths


def test_who_stands_beside_poison_is_not_taken_for_it(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    """The mail server takes its time, so every thread has a mail in hand when the poison ends the process."""
    people = crowd.with_access(bakery, 12)
    mail_server.seconds_to_greet = 0.5
    acts.block(installation, people)
    poison = OutgoingEmail.objects.filter(to_address=people[5].email)
    poison.update(to_address=f"{facts.DEADLY}@example.nl")

    keeper = _Keeper(installation)
    until(keeper.all_final, "every mail in a final state", seconds=120)

    assert ledger.states() == {MailState.SENT: 11, MailState.FAILED: 1}
    assert OutgoingEmail.objects.get(state=MailState.FAILED).why == leases.ENDED_ITS_WORKER
    assert keeper.deaths == leases.MOST_CRASHES
    ledger.duplicates(mail_server, intents=11)


class _Keeper:
    """Starts a worker again when it ended, as systemd and bin/serve do."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._worker = self._start()
        self.deaths = 0

    def all_final(self) -> bool:
        if self._worker.poll() is not None:
            self.deaths += 1
            ledger.end_leases()
            self._worker = self._start()
            for _ in range(6):  # enough for all of its threads
                acts.ring(self._installation)
        ledger.pass_time()
        return ledger.all_final()

    def _start(self) -> subprocess.Popen[bytes]:
        return self._installation.start_worker(FAULTS_EMAIL_FACTS="tests.faults.facts.SOURCE")
