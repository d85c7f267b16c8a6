"""Delivers an outbox into a mail server on this machine, in turns with plain smtplib and with two common ways.

    python -m benchmarks.deliver [--quick] [--json] [--mails N] [--rounds N] [--threads N] [--without-peers]
    python -m benchmarks.deliver --memory | --profile [--mails N]

Prints how many times as quick as each of them it is (line 4), and what one rendered mail costs against one render of
Django's template (line 8), each with its spread. Needs PostgreSQL, Redis, smtp-sink of Postfix and django-post_office.
Uses DATABASE_URL, in a database of its own that is made and dropped.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.deliver_settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from benchmarks import deliver_mails, deliver_peers, deliver_render, deliver_watch  # noqa: E402
from benchmarks.deliver_sink import Sink, sink  # noqa: E402
from benchmarks.deliver_workers import PROCESSES, Crew, hire, plain_smtplib, workers  # noqa: E402
from tests.settings import SCRATCH  # noqa: E402

FLOOR, OURS = "smtplib on kept connections, ready-made messages", "ours"
POST_OFFICE, TASKS = "django-post_office, rendering while sending as we do", "one Celery task per mail"
READY_MADE = "django-post_office, rendered beforehand"
GOALS: dict[str, float | None] = {FLOOR: 1.0, POST_OFFICE: 5.0, READY_MADE: None, TASKS: 20.0}


@dataclass
class Contest:
    """Takes turns; keeps the mails per second of each turn of each."""

    taken: Sink
    rates: dict[str, list[float]] = field(default_factory=dict)

    def turn(self, name: str, count: int, work: Callable[[], float]) -> None:
        before = self.taken.count()
        seconds = work()
        self.taken.expect(before + count)
        self.rates.setdefault(name, []).append(count / seconds)


def drain(crew: Crew, count: int) -> tuple[float, float]:
    """Seconds and processor seconds until no mail is under way."""
    deliver_mails.reset(count)
    seconds, used = crew.work(0)
    while deliver_mails.under_way():
        more, also = crew.work(0)
        seconds, used = seconds + more, used + also
    deliver_mails.expect_sent(count)
    return seconds, used


def compete(options: argparse.Namespace, taken: Sink, stack: ExitStack) -> Contest:
    deliver_mails.reset(options.mails)
    floor = hire(plain_smtplib(deliver_watch.one_content()))
    ours = hire(workers(options.threads))
    stack.callback(floor.dismiss)
    stack.callback(ours.dismiss)
    if not options.without_peers:
        stack.enter_context(deliver_peers.celery_workers(SCRATCH))
    contest = Contest(taken)
    few, many = options.few, options.of_post_office
    for number in range(options.rounds + 1):
        contest.turn(FLOOR, options.mails, lambda: floor.work(options.mails // PROCESSES)[0])
        contest.turn(OURS, options.mails, lambda: drain(ours, options.mails)[0])
        if not options.without_peers:
            contest.turn(POST_OFFICE, many, lambda: deliver_peers.post_office(many, SCRATCH))
            contest.turn(READY_MADE, many, lambda: deliver_peers.post_office_ready_made(many, SCRATCH))
            contest.turn(TASKS, few // 2, lambda: deliver_peers.task_per_mail(few // 2))
        if number == 0:
            contest.rates.clear()  # the first warms up
    return contest


@contextmanager
def outbox(count: int) -> Iterator[None]:
    """A database of our own with so many mails in its outbox."""
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a database of PostgreSQL: what is measured has two workers.")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    created = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        deliver_mails.fill(count)
        yield
    finally:
        deliver_peers.forget_queue()
        connections.close_all()
        connection.creation.destroy_test_db(created, verbosity=0)
        shutil.rmtree(SCRATCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="under 45 seconds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--mails", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--threads", type=int, default=2, help="of each of the two workers")
    parser.add_argument("--without-peers", action="store_true", help="only the floor")
    parser.add_argument("--memory", action="store_true", help="what the workers hold during one long drain")
    parser.add_argument("--profile", action="store_true", help="where one thread spends its time")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.quick else 11)
    options.few = 500 if options.quick else 2_000
    options.of_post_office = options.mails or options.few  # asked for a number, each gets it
    options.mails = options.mails or _usual(options)
    if not (options.without_peers or options.memory or options.profile or deliver_peers.has_post_office()):
        raise SystemExit("django-post_office is missing: pip install -r requirements/test.txt, or use --without-peers")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # also then nothing is left behind
    with outbox(options.mails), ExitStack() as stack:
        taken = stack.enter_context(sink(settings.EMAIL_PORT, SCRATCH))
        if options.profile:
            deliver_watch.profile(options.mails)
        elif options.memory:
            crew = hire(workers(options.threads))
            stack.callback(crew.dismiss)
            report([deliver_watch.memory(crew, taken, options.mails, drain)], as_json=options.json)
        else:
            contest = compete(options, taken, stack)
            report([*_line_4(contest, options), *deliver_render.line_8(options.rounds)], as_json=options.json)


def _usual(options: argparse.Namespace) -> int:
    if options.memory:
        return 20_000 if options.quick else 100_000
    return 2_000 if options.quick else 10_000


def _line_4(contest: Contest, options: argparse.Namespace) -> Iterator[dict[str, object]]:
    ours = contest.rates[OURS]
    for name, goal in GOALS.items():
        if name not in contest.rates:
            continue
        theirs = contest.rates[name]
        ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
        yield {
            "line": 4,
            "ratio": round(statistics.median(ours) / statistics.median(theirs), 3),
            "goal": goal,
            "spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "what": f"mails per second, two workers of {options.threads} threads:"
            f" ours {statistics.median(ours):.0f} / {name} {statistics.median(theirs):.0f}",
        }


def report(lines: list[dict[str, object]], *, as_json: bool) -> None:
    for line in lines:
        if as_json:
            print(json.dumps(line))
        else:
            print(f"line {line['line']}: {line['what']}")
            print(f"  ratio {line['ratio']} (spread {line['spread']}; goal {line['goal']})")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
