"""Workers whose clocks are an hour off: the database's clock decides."""

import os
import shutil
import subprocess
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.db.models.functions import Now

from accounts.models import Employer
from emailtemplates.clock import database_now, in_
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _needs_faketime() -> None:
    if shutil.which("faketime") is None and os.environ.get("CI") != "true":
        pytest.skip("needs faketime")


@pytest.mark.parametrize("off", ["+1h", "-1h"])
def test_one_worker_with_a_wrong_clock(
    bakery: Employer, installation: Installation, mail_server: MailServer, off: str
) -> None:
    people = crowd.with_access(bakery, 30)
    acts.block(installation, people)
    early, late, last_moment = (OutgoingEmail.objects.filter(to_address=person.email) for person in people[:3])
    early.update(not_before=in_(timedelta(minutes=30)))
    late.update(expires_at=Now())
    last_moment.update(expires_at=in_(timedelta(minutes=30)))

    installation.start_worker(**_clock(off))
    until(lambda: len(mail_server.taken) == 28, "what is due")

    assert (early.get().state, late.get().state) == (MailState.QUEUED, MailState.EXPIRED)
    _assert_dated_now(mail_server)
    early.update(not_before=Now())
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=29) == 0


def test_two_workers_two_hours_apart_take_nothing_from_each_other(
    bakery: Employer, installation: Installation, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 300)
    mail_server.seconds_per_mail = 0.02
    for off in ("+1h", "-1h"):
        installation.start_worker(**_clock(off))
    acts.block(installation, people)

    until(lambda: len(mail_server.taken) >= 300, "the mails")

    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=300) == 0
    assert not OutgoingEmail.objects.exclude(attempts=1).exists()
    _assert_dated_now(mail_server)


def _assert_dated_now(mail_server: MailServer) -> None:
    for copy in mail_server.taken:
        assert abs(database_now() - parsedate_to_datetime(str(copy.message["Date"]))) < timedelta(minutes=1)


def _clock(off: str) -> dict[str, str]:
    """What the command faketime puts in the environment. The clock that only counts stays as it is."""
    asked = subprocess.run(
        ["faketime", "-f", off, "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    return {"LD_PRELOAD": asked.stdout.strip(), "FAKETIME": off, "DONT_FAKE_MONOTONIC": "1"}
