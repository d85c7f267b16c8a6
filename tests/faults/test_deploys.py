"""Workers that are asked to stop, again and again: each finishes the mail in hand and lets go of the rest."""

import subprocess

import pytest

from accounts.models import Employer
from emailtemplates.models import OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("mails", "between"), [(1000, 250), pytest.param(5000, 500, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_all_workers_are_replaced_again_and_again(
    bakery: Employer, installation: Installation, mail_server: MailServer, mails: int, between: int
) -> None:
    """Each time so many mails have left."""
    people = crowd.with_access(bakery, mails)
    mail_server.seconds_per_mail = 0.01
    acts.block(installation, people)
    workers = _start_two(installation)
    for left in range(between, mails, between):
        _until_left(mail_server, left)
        for worker in workers:
            worker.terminate()
        workers = _start_two(installation)
    until(ledger.all_final, "the rest; nothing is left in the hands of a worker that ended", seconds=110)

    # Nobody waited for a lease to end, so no time had to be made to pass.
    assert ledger.duplicates(mail_server, intents=mails) == 0
    assert not OutgoingEmail.objects.exclude(attempts=1, crashes=0, unknown_outcomes=0).exists()


def _until_left(mail_server: MailServer, mails: int) -> None:
    until(lambda: len(mail_server.taken) >= mails, f"{mails} mails", seconds=60)


def _start_two(installation: Installation) -> list[subprocess.Popen[bytes]]:
    return [installation.start_worker() for _ in range(2)]
