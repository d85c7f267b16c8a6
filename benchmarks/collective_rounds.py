"""One round in a process of its own: how long it took, and what it held in memory."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread

from django.db import connection, connections

from accounts.models import Employer
from benchmarks.collective_people import expect, forget, freeze, settle
from benchmarks.collective_ways import Way, ours

LOOKED_EVERY = 0.02
FEW = 100


@dataclass(frozen=True)
class Round:
    seconds: float
    mib: float  # what this process grew by at most
    server_mib: float  # the same of the server process of its connection; 0 where that cannot be seen

    @property
    def both_mib(self) -> float:
        return self.mib + self.server_mib


def warm_up(employer: Employer) -> None:
    """What a worker did long before: everything imported, and the broker found. The processes that follow have it."""
    forget()
    ours(freeze(employer, min(FEW, employer.employees.count())))


def measure(way: Way, employer: Employer, count: int) -> Round:
    """Blocks so many of this employer in that way."""
    forget()
    mutation = freeze(employer, count)
    settle()
    taken = in_process(lambda: watched(lambda: way(mutation)))
    expect(count)
    return taken


def in_process(work: Callable[[], Round]) -> Round:
    """What it answers, done in a process that has done nothing before."""
    connections.close_all()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_answer, args=(theirs, work))
    process.start()
    theirs.close()
    try:
        answer: Round = ours.recv()
    except EOFError:
        raise SystemExit("a round failed") from None
    process.join()
    return answer


def _answer(pipe: Connection, work: Callable[[], Round]) -> None:
    pipe.send(work())
    connections.close_all()


def watched(work: Callable[[], object]) -> Round:
    """Does it; looks at the memory of this process and of its server meanwhile."""
    pids = ["self", *_server()]
    before, most, done = [_own_mib(pid) for pid in pids], [0.0, 0.0], Event()

    def watch() -> None:
        while not done.wait(LOOKED_EVERY):
            for number, pid in enumerate(pids):
                most[number] = max(most[number], _own_mib(pid) - before[number])

    watching = Thread(target=watch)
    watching.start()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    done.set()
    watching.join()
    return Round(seconds, *most)


def _server() -> list[str]:
    """The process at the other end of the connection, if it is PostgreSQL on this machine."""
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        return []
    pid = str(connection.connection.info.backend_pid)
    return [pid] if _own_mib(pid) else []


def _own_mib(pid: str) -> float:
    """What a process holds that it shares with no file and no other process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon:")), 0.0)
