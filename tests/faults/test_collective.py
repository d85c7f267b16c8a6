"""Collective mutations while workers and databases die, and beside each other: the same end, each person once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from accounts import access
from accounts.actor import Actor
from accounts.collective import preview
from accounts.models import Employee, Employer, Provider
from emailtemplates import switches
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import ledger, test_database_crashes
from tests.faults.cluster import Cluster
from tests.faults.collective_steps import (
    assert_each_is_blocked_once,
    assert_told_the_truth,
    confirmed,
    prepared,
    processed,
    slow_chunks,
    until_done,
)
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation, kill
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres

# A database server of one's own, and an installation upon it.
cluster, shaky = test_database_crashes.cluster, test_database_crashes.shaky

# The first chunk is about forty per cent of them.
PEOPLE = 12_000


@pytest.fixture
def promptly(installation: Installation) -> Iterator[Installation]:
    """Mails of a mutation leave at once."""
    installation.environment["COLLECTIVE_HOLD_SECONDS"] = "0"
    yield installation
    del installation.environment["COLLECTIVE_HOLD_SECONDS"]


def test_workers_killed_in_the_middle(bakery: Employer, by_carla: Actor, installation: Installation) -> None:
    people = crowd.with_access(bakery, PEOPLE)
    mutation = confirmed(prepared("block-access", bakery, by_carla), by_carla)

    with slow_chunks():
        for done_before in (0, 5000):
            worker = installation.start_worker()
            until(lambda: processed(mutation) > done_before, "a chunk")  # noqa: B023 - asked within the turn
            kill(worker)
            assert mutation.processed == done_before + 5000
        installation.start_worker()
        until_done(mutation)

    assert_each_is_blocked_once(people, mutation)


def test_two_workers_share_it(bakery: Employer, by_carla: Actor, installation: Installation) -> None:
    people = crowd.with_access(bakery, PEOPLE)
    mutation = prepared("block-access", bakery, by_carla, chunk_size=10)

    for _ in range(3):
        installation.start_worker()
    confirmed(mutation, by_carla)
    until_done(mutation)

    assert_each_is_blocked_once(people, mutation)


def test_the_database_crashes_in_the_middle(
    shaky: Installation, cluster: Cluster, bakery: Employer, by_carla: Actor
) -> None:
    people = crowd.with_access(bakery, PEOPLE)
    mutation = confirmed(prepared("block-access", bakery, by_carla), by_carla)

    with slow_chunks():
        worker = shaky.start_worker()
        until(lambda: processed(mutation), "the first chunk")
        cluster.crash()
        connection.close()  # the connection of the test broke as well
        assert processed(mutation) < PEOPLE
        until_done(mutation)

    assert worker.poll() is None
    assert_each_is_blocked_once(people, mutation)


def test_blocks_unblocks_and_single_unblocks_beside_each_other_while_mails_leave(
    bakery: Employer, provider: Provider, by_carla: Actor, promptly: Installation, mail_server: MailServer
) -> None:
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    people = crowd.with_access(bakery, 300)
    access.block_all(employees=Employee.objects.filter(pk__in=[one.pk for one in people[::2]]), by=by_carla)
    acts = ["block-access", "unblock-access", "block-access", "unblock-access"]
    mutations = [prepared(act, bakery, by_carla, chunk_size=5) for act in acts]
    mail_server.seconds_per_mail = 0.002
    for _ in range(2):
        promptly.start_worker()
    until(lambda: mail_server.taken, "the first mail")

    for mutation in mutations:
        confirmed(mutation, by_carla)
    until(lambda: any(processed(mutation) for mutation in mutations), "the first chunk")
    with ThreadPoolExecutor(4) as pool:
        for singly in [pool.submit(_unblock, people[start::12], by_carla) for start in range(4)]:
            singly.result()
    for mutation in mutations:
        until_done(mutation)
    ledger.drain(promptly, seconds=120)

    assert set(ledger.states()) <= {MailState.SENT, MailState.SUPERSEDED}
    sent = OutgoingEmail.objects.filter(state=MailState.SENT).count()
    assert ledger.duplicates(mail_server, intents=sent) == 0
    for person in people:
        assert_told_the_truth(person, mail_server)


def test_taken_back_while_the_mails_leave(
    bakery: Employer, provider: Provider, by_carla: Actor, promptly: Installation, mail_server: MailServer
) -> None:
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    people = crowd.with_access(bakery, 2000)
    mail_server.seconds_per_mail = 0.002
    for _ in range(2):
        promptly.start_worker()
    mutation = confirmed(prepared("block-access", bakery, by_carla), by_carla)
    until(lambda: len(mail_server.taken) > 50, "the first mails")
    mutation.refresh_from_db()

    undo = confirmed(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)
    until_done(undo)
    ledger.drain(promptly, seconds=120)

    assert undo.outcomes_by_kind == {"change": len(people)}
    assert not Employee.objects.blocked().exists()
    told = OutgoingEmail.objects.filter(message="access_blocked", state=MailState.SENT).values("employee")
    assert 50 <= told.count() < len(people), "taken back too late for this test to say anything"
    ended = OutgoingEmail.objects.filter(message="access_unblocked")
    assert ended.filter(employee__in=told, state=MailState.SENT).count() == told.count()
    assert ended.exclude(employee__in=told).filter(state=MailState.SUPERSEDED).count() == len(people) - told.count()
    assert ledger.duplicates(mail_server, intents=2 * told.count()) == 0
    for person in people[::20]:
        assert_told_the_truth(person, mail_server)


def _unblock(people: Sequence[Employee], by: Actor) -> None:
    try:
        for act in [partial(access.unblock_access, employee=person, by=by) for person in people]:
            act()
    finally:
        connection.close()
