"""Blocks and unblocks beside each other while their mails leave: what somebody reads last is how it is."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from random import Random

import pytest
from django.db import connection

from accounts import access
from accounts.actor import Actor
from accounts.models import AccessBlock, Employee, Employer, HistoryEntry, Provider
from emailtemplates import switches
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import ledger
from tests.faults.mail_server import MailServer
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("people", "unblocks"), [(300, 300), pytest.param(10_000, 2000, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_overlapping_blocks_and_unblocks_while_mails_leave(
    bakery: Employer, provider: Provider, by_carla: Actor, installation: Installation, mail_server: MailServer,
    people: int, unblocks: int,
) -> None:  # fmt: skip
    switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=None, is_on=True)
    everybody = crowd.with_access(bakery, people)
    mail_server.seconds_per_mail = 0.002
    for _ in range(2):
        installation.start_worker()
    dice = Random(20261125)  # noqa: S311 - the same in each run
    drawn = [dice.choice(everybody) for _ in range(unblocks)]
    first, last = everybody[: people * 2 // 3], everybody[people // 3 :]

    _block(everybody[: people // 2], by_carla)
    until(lambda: mail_server.taken, "the first mail")
    with ThreadPoolExecutor(6) as pool:
        acts = [pool.submit(_block, part, by_carla) for part in [first, last] * 3]
        acts += [pool.submit(_unblock, drawn[start::4], by_carla) for start in range(4)]
        acts += [pool.submit(_block, part, by_carla) for part in [last, first]]
        for act in acts:
            act.result()
    ledger.drain(installation, seconds=300)

    assert set(ledger.states()) <= {MailState.SENT, MailState.SUPERSEDED}
    ledger.figures.append(f"{dict(ledger.states())}")
    sent = OutgoingEmail.objects.filter(state=MailState.SENT).count()
    assert ledger.duplicates(mail_server, intents=sent) == 0
    for person in everybody:
        _assert_told_the_truth(person, mail_server)


def _assert_told_the_truth(person: Employee, mail_server: MailServer) -> None:
    """In the order of the acts, no unblock without the block before it, and the last one fits how it is now."""
    acts = list(HistoryEntry.objects.filter(employee=person).order_by("pk").values_list("act", flat=True))
    assert acts == ["access_blocked", "access_unblocked"] * (len(acts) // 2) + ["access_blocked"] * (len(acts) % 2)
    mails = {f"<{mail.pk}@example.nl>": mail for mail in OutgoingEmail.objects.filter(employee=person)}
    told = [mails[copy.message_id] for copy in mail_server.to(person.email)]
    assert [mail.pk for mail in told] == [mail.pk for mail in sorted(told, key=lambda mail: mail.created_at)]
    # Two blocks may follow each other: the end of the first was no longer true when it was to be told.
    assert all("access_blocked" in (one.message, next_.message) for one, next_ in pairwise(told))
    if AccessBlock.objects.filter(employee=person, lifted_at=None).exists():
        assert told[-1].message == "access_blocked"
    elif told:
        assert told[-1].message == "access_unblocked"


def _block(people: Sequence[Employee], by: Actor) -> None:
    of_these = Employee.objects.filter(pk__in=[person.pk for person in people])
    _on_an_own_connection(partial(access.block_all, employees=of_these, by=by, reason="closed"))


def _unblock(people: Sequence[Employee], by: Actor) -> None:
    for person in people:
        _on_an_own_connection(partial(access.unblock_access, employee=person, by=by))


def _on_an_own_connection(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()
