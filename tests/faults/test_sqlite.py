"""The edition without servers, with everybody at once: SQLite takes one writer at a time, and nobody is told so."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Employer
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.faults.visitor import Visitor, slowest_of_a_hundred
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

PEOPLE = 20
MAILS = 500


@pytest.fixture
def embedded(
    transactional_db: None, mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Web, worker and schedule on SQLite alone."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    scratch = tmp_path_factory.mktemp("embedded")
    installation = Installation(redis_url="", smtp_port=mail_server.port, scratch=scratch)
    installation.environment["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    try:
        installation.start_web()
        installation.start_worker()
        installation.start_schedule()
        yield installation
    finally:
        installation.end()


def test_twenty_sign_in_at_once_while_five_hundred_mails_leave(
    bakery: Employer, embedded: Installation, mail_server: MailServer
) -> None:
    guests = [acts.someone(bakery, f"guest{number}", f"g{number}") for number in range(PEOPLE)]
    people = crowd.with_access(bakery, MAILS)
    visitors = [Visitor(embedded.url, person.account, portal="employee") for person in guests if person.account]
    acts.block(embedded, people)
    until(lambda: mail_server.taken, "the first mail")

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = [answer for _ in range(3) for answer in pool.map(Visitor.sign_in, visitors)]

    assert {answer.status for answer in answers} == {302}
    ledger.figures.append(f"p99 {slowest_of_a_hundred(answers):.2f} s")
    assert slowest_of_a_hundred(answers) < 20
    ledger.drain(embedded, seconds=120)
    assert ledger.duplicates(mail_server, intents=MAILS) == 0
