"""Looks at the delivery while it works: where its time goes, and what its processes hold."""

import cProfile
import pstats
import time
from collections.abc import Callable
from threading import Event, Thread

from django.db import connection

from benchmarks import deliver_mails
from benchmarks.deliver_sink import Sink
from benchmarks.deliver_workers import Crew
from emailtemplates import delivery
from emailtemplates.models import OutgoingEmail

GROWTH_GOAL = 64  # MiB
LINES = 45
# Of the whole server where they begin with wal: only on a quiet one they are about these mails.
_COUNTERS = (
    "SELECT d.xact_commit, d.tup_updated, d.tup_fetched, d.blks_hit, t.n_tup_upd, t.n_tup_hot_upd, w.wal_records,"
    " w.wal_bytes, w.wal_sync FROM pg_stat_database d, pg_stat_user_tables t, pg_stat_wal w"
    " WHERE d.datname = current_database() AND t.relname = %s"
)


def one_content() -> bytes:
    """A mail as it goes over the wire."""
    (content,) = deliver_mails.content_of(OutgoingEmail.objects.all()[:1])
    return b"Date: Mon, 06 Jan 2025 10:00:00 +0100\r\n" + content


def profile(count: int) -> None:
    """Print where one thread spends its time, and what PostgreSQL counted meanwhile."""
    deliver_mails.reset(min(count, 200))
    delivery.deliver_and_count()
    deliver_mails.reset(count)
    before = _counters()
    start = time.perf_counter()
    delivery.deliver_and_count()
    plain = time.perf_counter() - start
    after = _counters()
    deliver_mails.expect_sent(count)
    deliver_mails.reset(count)
    profiler = cProfile.Profile()
    profiler.runcall(delivery.deliver_and_count)
    stats = pstats.Stats(profiler).strip_dirs()
    stats.sort_stats("cumulative").print_stats(LINES)
    stats.sort_stats("tottime").print_stats(LINES)
    print(f"{count} mails by one thread: {count / plain:.0f} a second without the profiler")
    for name, value in after.items():
        print(f"  {name:15} {(value - before[name]) / count:10.3f} per mail")


def memory(crew: Crew, taken: Sink, count: int, drain: Callable[[Crew, int], tuple[float, float]]) -> dict[str, object]:
    """How much the workers grow from the first tenth of a long drain to its end."""
    start, done = taken.count(), Event()
    seen: list[tuple[int, list[int]]] = []

    def watch() -> None:
        while not done.wait(0.1):
            seen.append((taken.count() - start, crew.memory()))

    watching = Thread(target=watch)
    watching.start()
    seconds, _used = drain(crew, count)
    done.set()
    watching.join()
    seen.append((taken.count() - start, crew.memory()))
    early = next(held for sent, held in seen if sent >= count / 10)
    late = [held for sent, held in seen if sent >= count / 10]
    growth = [max(held[number] for held in late) - early[number] for number in range(len(early))]
    return {
        "line": 4,
        "ratio": max(growth),
        "goal": GROWTH_GOAL,
        "spread": [min(growth), max(growth)],
        "what": f"MiB that each worker grew between the first tenth and the end of {count} mails, from {early}"
        f" ({count / seconds:.0f} mails a second)",
    }


def _counters() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_COUNTERS, [OutgoingEmail._meta.db_table])
        return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))
