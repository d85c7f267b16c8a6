"""What other people notice of a collective mutation: how long they wait to sign in, and for their pages."""

import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection

from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts import sign_in
from accounts.gate import EMPLOYEE
from accounts.models import CollectiveMutation, Employee, Employer
from benchmarks.collective_people import MAKER, PASSWORD, forget, freeze, settle
from benchmarks.collective_ways import ours

Visit = Callable[["Waited"], None]


@dataclass
class Waited:
    """Milliseconds, each."""

    signing_in: list[float] = field(default_factory=list)
    for_pages: list[float] = field(default_factory=list)


def look(employer: Employer, count: int, *, idle_seconds: float) -> tuple[Waited, Waited]:
    """Idle, and while so many of this employer are blocked by another process."""
    forget()
    mutation = freeze(employer, count)
    settle()
    connections.close_all()  # the other process shall not have ours
    pipe, other = multiprocessing.Pipe()
    worker = multiprocessing.get_context("fork").Process(target=_block, args=(other, mutation))
    worker.start()
    visit = _visits(employer, count)
    visit(Waited())  # warms up
    idle, busy = Waited(), Waited()
    until = time.perf_counter() + idle_seconds
    while time.perf_counter() < until:
        visit(idle)
    pipe.send("go")
    while worker.is_alive():
        visit(busy)
    if worker.exitcode:
        raise SystemExit("the mutation failed")
    return idle, busy


def _block(pipe: Connection, mutation: CollectiveMutation) -> None:
    pipe.recv()
    ours(mutation)
    connections.close_all()


def _visits(employer: Employer, count: int) -> Visit:
    """One sign-in of somebody who is about to be blocked or just was, and one page of that person for an administrator."""
    browser = Client()
    answer = browser.post(reverse("employer_portal:sign_in"), {"username": MAKER, "password": PASSWORD})
    assert answer.status_code == 302, f"signing in answered {answer.status_code}"
    people = Employee.objects.filter(employer=employer).order_by("pk")
    chosen = list(people.values_list("public_id", "account__username")[:count])

    def visit(waited: Waited) -> None:
        public_id, username = random.choice(chosen)  # noqa: S311 - nothing is secret here
        page = reverse("employer_portal:employee", args=[employer.public_id, public_id])
        waited.signing_in.append(_milliseconds(lambda: _sign_in(username)))
        waited.for_pages.append(_milliseconds(lambda: browser.get(page)))

    return visit


def _sign_in(username: str) -> None:
    """What signing in asks of the database; the hasher of the tests takes no time."""
    found = sign_in.authenticate(portal=EMPLOYEE, username=username, password=PASSWORD)
    if found is None:  # blocked already
        return
    user, issued_at = found
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    sign_in.open_session(session, portal=EMPLOYEE, user=user, issued_at=issued_at)


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
