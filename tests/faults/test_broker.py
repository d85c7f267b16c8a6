"""Broker and schedule break down: nobody waits, and the mail follows."""

from collections.abc import Sequence

import pytest
import redis as redis_client

from accounts.models import AccessBlock, Employee, Employer, User
from tests import cast
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.faults.visitor import Visitor, path_of, slowest_of_a_hundred
from tests.journeys import crowd
from tests.journeys.processes import Installation, Redis
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


def test_redis_dead_at_the_commit(
    bakery: Employer, anna: Employee, installation: Installation, visitor: Visitor, redis: Redis, mail_server: MailServer
) -> None:  # fmt: skip
    people = [anna, *_people(bakery, 39)]
    at_anna = Visitor(installation.url, _account(anna), portal="employee")
    assert at_anna.sign_in().status == 302
    redis.kill()

    _block_all_within_a_second(visitor, people)
    # At once, and not only when the broker is back.
    assert at_anna.get("/employee/").status in (302, 403)
    # A worker that is started only now has its own clock as well.
    installation.start_worker()

    until(lambda: len(mail_server.taken) == len(people), "the mails, without a broker", seconds=40)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=len(people)) == 0


def test_without_a_broker_a_command_delivers_and_workers_come_back_with_it(
    anna: Employee, bakery: Employer, installation: Installation, redis: Redis, mail_server: MailServer
) -> None:
    redis.kill()
    acts.block_without_a_hint([anna])
    installation.manage("deliver_emails", "--once")
    assert len(mail_server.to(anna.email)) == 1
    installation.start_worker()
    acts.block_without_a_hint([acts.someone(bakery, "rik", "99")])
    until(lambda: len(mail_server.taken) == 2, "the worker, by its own clock")

    redis.start()

    with redis_client.Redis.from_url(redis.url) as broker:
        acts.ring(installation)
        until(lambda: not broker.llen(installation.environment["JOURNEYS_QUEUE"]), "the hint, heard")


def test_redis_frozen_at_the_commit(
    bakery: Employer, installation: Installation, visitor: Visitor, redis: Redis, mail_server: MailServer
) -> None:
    people = _people(bakery, 40)
    installation.start_worker()
    _ready(installation, visitor, bakery, mail_server)
    redis.freeze()

    _block_all_within_a_second(visitor, people)

    # Not a word to Redis until then: the worker's own clock is enough.
    until(lambda: len(mail_server.taken) == len(people) + 1, "the mails, with a frozen broker", seconds=40)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=len(people) + 1) == 0


def test_redis_loses_everything_in_the_middle(
    bakery: Employer, installation: Installation, redis: Redis, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 500)
    mail_server.seconds_per_mail = 0.01
    for _ in range(2):
        installation.start_worker()
    installation.start_schedule()
    acts.block(installation, people)
    until(lambda: len(mail_server.taken) > 150, "the first mails")

    with redis_client.Redis.from_url(redis.url) as broker:
        broker.flushall()

    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=500) == 0


def test_the_broker_delivers_each_hint_many_times(
    bakery: Employer, installation: Installation, redis: Redis, mail_server: MailServer
) -> None:
    people = crowd.with_access(bakery, 200)
    acts.block(installation, people)
    with redis_client.Redis.from_url(redis.url) as broker:
        queue = installation.environment["JOURNEYS_QUEUE"]
        hints = broker.lrange(queue, 0, -1)
        assert len(hints) == 1
        broker.rpush(queue, *hints * 30)

        for _ in range(3):
            installation.start_worker()
        until(lambda: not broker.llen(queue), "every hint, heard")

    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=200) == 0


@pytest.mark.parametrize("schedules", [0, 2])
def test_schedule_dead_or_doubled(
    bakery: Employer, installation: Installation, mail_server: MailServer, schedules: int
) -> None:
    people = crowd.with_access(bakery, 100)
    for _ in range(2):
        installation.start_worker()
    for _ in range(schedules):
        installation.start_schedule()
    acts.block_without_a_hint(people)

    until(lambda: len(mail_server.taken) >= 100, "the mails")
    ledger.drain(installation)

    assert ledger.duplicates(mail_server, intents=100) == 0


def _ready(installation: Installation, visitor: Visitor, bakery: Employer, mail_server: MailServer) -> None:
    """A first mail shows that the worker runs."""
    assert visitor.block(acts.someone(bakery, "rik", "99")).status == 302
    until(lambda: mail_server.taken, "the worker")


def _block_all_within_a_second(visitor: Visitor, people: Sequence[Employee]) -> None:
    """The broker delays no answer; how busy the machine is shows in pages without a broker."""
    usual = slowest_of_a_hundred([visitor.get(path_of(person)) for person in people])
    answers = [visitor.block(person) for person in people]
    assert {answer.status for answer in answers} == {302}
    ledger.figures.append(f"p99 {slowest_of_a_hundred(answers):.2f} s, of pages meanwhile without it {usual:.2f} s")
    assert slowest_of_a_hundred(answers) - usual < 1
    assert AccessBlock.objects.filter(employee__in=people, lifted_at=None).count() == len(people)


def _people(bakery: Employer, count: int) -> list[Employee]:
    return [
        cast.make_employee(bakery, f"1{number}", f"Person{number}", "Bos", account=account)
        for number, account in enumerate(
            User.objects.bulk_create(
                User(username=f"person{number}", username_key=f"person{number}", password="!")
                for number in range(count)
            )
        )
    ]


def _account(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account
