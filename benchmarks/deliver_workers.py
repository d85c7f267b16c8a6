"""Processes that are started and warmed up before the clock starts, and work through one round after the other."""

import gc
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from smtplib import SMTP
from threading import Barrier

from django.conf import settings
from django.db import connection, connections

from benchmarks.deliver_mails import content_of
from emailtemplates import delivery
from emailtemplates.models import OutgoingEmail

Work = Callable[[int], None]
PROCESSES = 2


@dataclass(frozen=True)
class Crew:
    """Processes that do the same."""

    pids: Sequence[int]
    pipes: Sequence[Connection]

    def work(self, each: int) -> tuple[float, float]:
        """Has each do so much; returns the seconds until all were ready, and the processor time they took together."""
        start = time.perf_counter()
        for pipe in self.pipes:
            pipe.send(each)
        used = [pipe.recv() for pipe in self.pipes]
        return time.perf_counter() - start, sum(used)

    def dismiss(self) -> None:
        for pipe in self.pipes:
            pipe.send(None)

    def memory(self) -> list[int]:
        """MiB that each has in memory now."""
        return [_resident(pid) for pid in self.pids]


def hire(prepare: Callable[[], Work]) -> Crew:
    """Start the processes; each is warm when this returns."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    crew, pids = [], []
    for _ in range(PROCESSES):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, prepare), daemon=True)
        process.start()
        crew.append(ours)
        pids.append(process.pid or 0)
    for pipe in crew:
        pipe.recv()
    return Crew(pids, crew)


def _serve(pipe: Connection, prepare: Callable[[], Work]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work = prepare()
    pipe.send(0)
    while (each := pipe.recv()) is not None:
        before = _processor_seconds()
        work(each)
        pipe.send(_processor_seconds() - before)


def plain_smtplib(content: bytes) -> Callable[[], Work]:
    """The floor: ready-made messages over one kept connection, and nothing else."""

    def prepare() -> Work:
        server = SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT)
        server.ehlo()

        def work(each: int) -> None:
            for number in range(each):
                server.sendmail("portaal@example.nl", [f"u{number}@example.nl"], content)

        return work

    return prepare


def workers(threads: int) -> Callable[[], Work]:
    """Ours: what a Celery worker with so many threads does when it is rung for."""

    def prepare() -> Work:
        pool = ThreadPoolExecutor(threads)
        together = Barrier(threads)

        def warm_up() -> None:
            together.wait()
            content_of(OutgoingEmail.objects.all()[:1])

        def deliver() -> None:
            together.wait()
            delivery.deliver_and_count()
            with connection.cursor() as cursor:  # what this connection did is counted at once
                cursor.execute("SELECT pg_stat_force_next_flush()")

        def work(_each: int) -> None:
            for each in [pool.submit(deliver) for _ in range(threads)]:
                each.result()

        for each in [pool.submit(warm_up) for _ in range(threads)]:
            each.result()
        gc.freeze()  # as config/celery.py does
        return work

    return prepare


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0
