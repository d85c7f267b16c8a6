"""PostgreSQL crashes and comes back in the middle: workers go on by themselves, and the web says what it did."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import AccessBlock, Employee, Employer, User
from tests.faults import acts, ledger
from tests.faults.cluster import Cluster
from tests.faults.mail_server import MailServer
from tests.faults.visitor import Answer, Visitor
from tests.journeys import crowd
from tests.journeys.processes import Installation, Redis
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres

MAILS = 300
VISITS = 60


@pytest.fixture
def cluster(transactional_db: None) -> Iterator[Cluster]:
    """A database server of one's own; the rows of the test are there, and nowhere else."""
    cluster = Cluster()
    usual = {key: connection.settings_dict[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT=cluster.port, USER="postgres", PASSWORD="", NAME="postgres")
    try:
        call_command("migrate", verbosity=0)
        yield cluster
    finally:
        connection.close()
        connection.settings_dict.update(usual)
        cluster.remove()


@pytest.fixture
def shaky(
    cluster: Cluster, redis: Redis, mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation whose database is going to crash."""
    scratch = tmp_path_factory.mktemp("shaky")
    installation = Installation(redis_url=redis.url, smtp_port=mail_server.port, scratch=scratch)
    own = urlsplit(os.environ["DATABASE_URL"])._replace(netloc=f"postgres@127.0.0.1:{cluster.port}", path="/postgres")
    installation.environment |= {
        "DATABASE_URL": own.geturl(),
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
    }
    try:
        installation.start_web()
        yield installation
    finally:
        installation.end()


def test_three_hundred_mails_while_the_database_crashes(
    shaky: Installation, cluster: Cluster, bakery: Employer, carla: User, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, MAILS)
    by_the_way = [acts.someone(bakery, f"visited{number}", f"v{number}") for number in range(VISITS)]
    visitor = Visitor(shaky.url, carla)
    assert visitor.sign_in().status == 302
    mail_server.seconds_per_mail = 0.02
    workers = [shaky.start_worker() for _ in range(2)]
    acts.block(shaky, people)
    visits = _Visits(visitor, by_the_way)

    until(lambda: len(mail_server.taken) > MAILS // 4, "the first mails")
    visits.begin()
    until(lambda: visits.answers, "the first visit")
    cluster.stop()
    until(lambda: any(answer.status == 503 for _who, answer in list(visits.answers)), "a visitor who is told to wait")
    cluster.start()
    connection.close()  # the connection of the test broke as well
    visits.end_when(lambda: visits.answers[-1][1].status == 302)

    told_done = [person for person, answer in visits.answers if answer.status == 302]
    intents = MAILS + AccessBlock.objects.filter(employee__in=by_the_way).count()
    ledger.drain(shaky, seconds=90)
    ledger.figures.append(f"answers {Counter(answer.status for _person, answer in visits.answers)}")
    assert {answer.status for _person, answer in visits.answers} == {302, 503}
    assert AccessBlock.objects.filter(employee__in=told_done).count() == len(told_done)
    assert all(worker.poll() is None for worker in workers)
    # At most one for each thread that sends: two workers with two threads and a clock each.
    assert ledger.duplicates(mail_server, intents=intents) <= 6


class _Visits:
    """Somebody who blocks one person after the other."""

    def __init__(self, visitor: Visitor, people: list[Employee]) -> None:
        self.answers: list[tuple[Employee, Answer]] = []
        self._visitor, self._people = visitor, people
        self._enough = Event()
        self._thread = Thread(target=self._visit)

    def begin(self) -> None:
        self._thread.start()

    def end_when(self, condition: Callable[[], bool]) -> None:
        until(condition, "a visitor who is served again")
        self._enough.set()
        self._thread.join()

    def _visit(self) -> None:
        for person in self._people:
            if self._enough.wait(0.1):
                return
            self.answers.append((person, self._visitor.block(person)))
