"""Workers killed at random, again and again: nothing is lost, and what arrives twice is the same mail."""

import subprocess
from random import Random

import pytest
from django.db.models import Max

from accounts.models import Employer
from emailtemplates.models import OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation, kill
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres

WORKERS = 4


@pytest.mark.parametrize(
    ("mails", "kills"), [(300, 15), pytest.param(1500, 80, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_a_storm_of_kills(
    bakery: Employer, installation: Installation, mail_server: MailServer, mails: int, kills: int
) -> None:
    people = crowd.with_access(bakery, mails)
    mail_server.seconds_per_mail = 0.2
    acts.block(installation, people)

    storm = _Storm(installation, mail_server, every=mails // (kills + 1))
    until(storm.over, "every mail in a final state", seconds=mails)

    more = ledger.duplicates(mail_server, intents=mails)
    most_crashes = OutgoingEmail.objects.aggregate(Max("crashes"))["crashes__max"]
    ledger.figures.append(f"{storm.kills} kills; no mail was in the hands of more than {most_crashes} that prepared it")
    assert storm.kills >= kills
    assert max(len(copies) for copies in mail_server.copies().values()) <= 3
    assert more <= storm.kills * 3  # one for each thread that sends


class _Storm:
    """Kills one of the workers, and starts another, each time so many mails have arrived."""

    def __init__(self, installation: Installation, mail_server: MailServer, *, every: int) -> None:
        self._installation, self._mail_server, self._every = installation, mail_server, every
        self._dice = Random(20261125)  # noqa: S311 - the same in each run
        self._workers: list[subprocess.Popen[bytes]] = [installation.start_worker() for _ in range(WORKERS)]
        self.kills = 0

    def over(self) -> bool:
        if len(self._mail_server.taken) >= (self.kills + 1) * self._every:
            kill(self._workers.pop(self._dice.randrange(WORKERS)))
            self._workers.append(self._installation.start_worker())
            self.kills += 1
        ledger.pass_time()
        return ledger.all_final()
