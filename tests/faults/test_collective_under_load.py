"""A collective block while people browse, ask for passwords and are unblocked again, and workers are replaced."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from threading import Event, Thread

import pytest
from django.db import connection

from accounts import access
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer, HistoryEntry, User
from emailtemplates.models import MailState, OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.faults.visitor import Answer, Visitor, slowest_of_a_hundred
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres

BROWSING, SINGLY, BACK_AND_FORTH = 8, 100, 50


@pytest.mark.parametrize("people", [6_000, pytest.param(100_000, marks=pytest.mark.long)], ids=["short", "long"])
def test_a_collective_block_in_the_middle_of_a_working_day(
    bakery: Employer, garage: Employer, carla: User, by_carla: Actor, installation: Installation,
    mail_server: MailServer, visitor: Visitor, people: int,
) -> None:  # fmt: skip
    everybody = crowd.with_access(bakery, people)
    inside = [_at_home(installation, person) for person in _with_passwords(bakery, BROWSING)]
    elsewhere = [acts.someone(garage, f"smit{number}", f"g{number}") for number in range(20)]
    workers = [_start_worker(installation) for _ in range(2)]
    mutation = preview.prepare(act="block-access", place=bakery, selection=selection.everyone([bakery]), by=by_carla)
    running.run_due()  # the preview, when it is too large to be made at once
    mutation.refresh_from_db()
    number = mutation.selected

    with _meanwhile(lambda: visitor.get(f"/employer/{bakery.public_id}/employees/")) as pages:
        confirm.confirm(
            mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed", number=number)
        )
        for person in elsewhere:
            acts.ask_for_a_password(person)
        until(lambda: _processed(mutation) > 0, "the first chunk")
        workers.pop(0).terminate()
        workers.append(_start_worker(installation))
        until(lambda: _state(mutation) == "done", "the mutation", seconds=300)
        # Whoever was inside is out at the very next request.
        assert {browser.get("/employee/").status for browser in inside} == {302}
        _unblock(everybody[:SINGLY], by_carla)
        back_and_forth = everybody[SINGLY : SINGLY + BACK_AND_FORTH]
        _unblock(back_and_forth, by_carla)
        for person in back_and_forth:
            access.block_access(employee=person, by=by_carla, reason="closed after all")
        until(lambda: _all_left("password_reset"), "the password mails", seconds=60)
    ledger.drain(installation, seconds=people / 20)

    _tell_figures(pages, mutation)
    resets = OutgoingEmail.objects.filter(message="password_reset")
    assert resets.count() == resets.filter(state=MailState.SENT).count() == len(elsewhere)
    assert max((mail.sent_at - mail.created_at).total_seconds() for mail in resets if mail.sent_at) <= 30
    assert {page.status for page in pages} == {200}
    assert mutation.outcome_rows.filter(outcome="change").count() == people + BROWSING
    _assert_all_were_told_the_truth(everybody, mail_server)


def _with_passwords(employer: Employer, count: int) -> list[Employee]:
    return [acts.someone(employer, f"inside{number}", f"i{number}") for number in range(count)]


def _at_home(installation: Installation, person: Employee) -> Visitor:
    assert person.account is not None
    visitor = Visitor(installation.url, person.account, portal="employee")
    assert visitor.sign_in().status == 302
    assert visitor.get("/employee/").status == 200
    return visitor


def _start_worker(installation: Installation) -> subprocess.Popen[bytes]:
    return installation.start_worker(COLLECTIVE_HOLD_SECONDS="0")


@contextmanager
def _meanwhile(visit: Callable[[], Answer]) -> Iterator[list[Answer]]:
    """Somebody who looks at a page again and again, until the block ends."""
    answers: list[Answer] = []
    enough = Event()

    def browse() -> None:
        while not enough.is_set():
            answers.append(visit())

    thread = Thread(target=browse)
    thread.start()
    try:
        yield answers
    finally:
        enough.set()
        thread.join()


def _unblock(people: Sequence[Employee], by: Actor) -> None:
    for person in people:
        access.unblock_access(employee=person, by=by)


def _processed(mutation: CollectiveMutation) -> int:
    mutation.refresh_from_db()
    return mutation.processed


def _state(mutation: CollectiveMutation) -> str:
    mutation.refresh_from_db()
    connection.close()
    return mutation.state


def _all_left(message: str) -> bool:
    mails = OutgoingEmail.objects.filter(message=message)
    return mails.exists() and not mails.filter(sent_at=None).exists()


def _assert_all_were_told_the_truth(everybody: Sequence[Employee], mail_server: MailServer) -> None:
    """In the order of what was done, and what somebody read last is how it is."""
    mails = {f"<{mail.pk}@example.nl>": mail for mail in OutgoingEmail.objects.filter(message="access_blocked")}
    told: dict[str, list[OutgoingEmail]] = {}
    for copy in mail_server.taken:
        if copy.message_id in mails:
            told.setdefault(copy.to, []).append(mails[copy.message_id])
    blocked = set(Employee.objects.blocked().values_list("pk", flat=True))
    for person in everybody:
        own = told.get(person.email, [])
        assert all(one.created_at <= next_.created_at for one, next_ in pairwise(own))
        assert own or person.pk not in blocked, f"{person} is blocked and was never told"
    entries = HistoryEntry.objects.filter(employee__in=[person.pk for person in everybody[: SINGLY + BACK_AND_FORTH]])
    acts_of: dict[int, list[str]] = {}
    for employee, act in entries.order_by("pk").values_list("employee", "act"):
        acts_of.setdefault(employee, []).append(act)
    for person in everybody[:SINGLY]:
        assert acts_of[person.pk] == ["access_blocked", "access_unblocked"]
    for person in everybody[SINGLY : SINGLY + BACK_AND_FORTH]:
        assert acts_of[person.pk] == ["access_blocked", "access_unblocked", "access_blocked"]


def _tell_figures(pages: list[Answer], mutation: CollectiveMutation) -> None:
    mutation.refresh_from_db()
    assert mutation.finished_at is not None
    assert mutation.confirmed_at is not None
    seconds = (mutation.finished_at - mutation.confirmed_at).total_seconds()
    ledger.figures.append(
        f"{mutation.selected} people in {seconds:.1f} s; {len(pages)} pages meanwhile, p99 {slowest_of_a_hundred(pages):.2f} s"
    )
