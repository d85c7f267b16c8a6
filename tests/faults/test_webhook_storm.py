"""A mail service that tells everything many times over, in any order, on many lines at once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import local

import pytest
import requests
from django.db.models.functions import Now

from accounts.models import Employer
from emailtemplates.models import MailState, OutgoingEmail, SuppressedAddress
from tests.emailtemplates import events
from tests.faults import acts, ledger
from tests.faults.visitor import Answer, slowest_of_a_hundred
from tests.journeys import crowd
from tests.journeys.processes import Installation

pytestmark = pytest.mark.postgres

MAILS = 25
NEWS = ("deferred", "delivered", "hard bounce", "complained")
LINES = 8


@pytest.fixture
def told(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A web server to which a mail service tells what became of the mails."""
    scratch = tmp_path_factory.mktemp("told")
    told = Installation(redis_url=installation.environment["REDIS_URL"], smtp_port=1, scratch=scratch)
    told.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "EMAIL_URL": f"anymail+postmark://token?webhook_secret={events.SECRET}",
    }
    try:
        told.start_web()
        yield told
    finally:
        told.end()


@pytest.mark.parametrize("posts", [1000, pytest.param(5000, marks=pytest.mark.long)], ids=["short", "long"])
def test_a_storm_of_events(bakery: Employer, told: Installation, posts: int) -> None:
    people = crowd.with_access(bakery, MAILS)
    acts.block_without_a_hint(people)
    taken = {"state": MailState.SENT, "why": "accepted", "sent_at": Now(), "finished_at": Now()}
    OutgoingEmail.objects.update(**taken, first_attempt_at=Now())
    of_mails = [events.about("postmark", name, mail) for mail in OutgoingEmail.objects.all() for name in NEWS]
    storm = of_mails * (posts // len(of_mails))
    Random(20261125).shuffle(storm)  # noqa: S311 - the same in each run
    lines = local()

    def post(event: events.Post) -> Answer:
        if not hasattr(lines, "session"):
            lines.session = requests.Session()
            lines.session.auth = tuple(events.SECRET.split(":"))
        began = time.monotonic()
        answer = lines.session.post(
            f"{told.url}/webhooks/email/postmark/tracking/",
            data=event.body,
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        return Answer(answer.status_code, time.monotonic() - began)

    began = time.monotonic()
    with ThreadPoolExecutor(LINES) as pool:
        answers = list(pool.map(post, storm))

    ledger.figures.append(
        f"{posts / (time.monotonic() - began):.0f} events a second on {LINES} lines,"
        f" p99 {slowest_of_a_hundred(answers):.3f} s"
    )
    assert {answer.status for answer in answers} == {200}
    assert slowest_of_a_hundred(answers) < 2
    assert ledger.states() == {MailState.COMPLAINED: MAILS}
    assert SuppressedAddress.objects.count() == MAILS
