"""Blocks many employees by a collective mutation, in turns with hand-written SQL on the same tables and with two common ways.

    python -m benchmarks.collective [--quick] [--json] [--rounds N] [--employees N]
    python -m benchmarks.collective --plot docs/pictures/collective.svg

Prints each line with its goal and its spread: against hand-written SQL and the common ways (1), ten times as many people
(2), confirming (3), and what other people notice of it (3b). Every round starts from empty tables, in a process of its
own, and makes the same rows: block, history, mail and outcome. Uses DATABASE_URL, in a database of its own that is made
and dropped. With SQLite it prints line 1 and the seconds.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.db import connection, connections  # noqa: E402

from accounts.models import Employer  # noqa: E402
from benchmarks import collective_lines, collective_plot  # noqa: E402
from benchmarks.collective_lines import Line, Size  # noqa: E402
from benchmarks.collective_people import make_employees as make_employees  # noqa: E402 - also for deliver_mails.py
from benchmarks.collective_ways import forget_queue  # noqa: E402
from tests.settings import SCRATCH  # noqa: E402

FULL = Size(most=1_000_000, usual=100_000, in_objects=10_000, one_by_one=1_000, meanwhile=100_000, rounds=5)
QUICK = Size(most=40_000, usual=10_000, in_objects=1_000, one_by_one=200, meanwhile=20_000, rounds=3)
ON_SQLITE = Size(most=10_000, usual=10_000, in_objects=5_000, one_by_one=500, meanwhile=0, rounds=5)


@contextmanager
def database(employees: int) -> Iterator[Employer]:
    """One of our own, with so many employees of one employer."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    created = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield make_employees(employees)
    finally:
        forget_queue()
        connections.close_all()
        connection.creation.destroy_test_db(created, verbosity=0)
        shutil.rmtree(SCRATCH)


def main() -> None:
    options = _options()
    size = _size(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # also then nothing is left behind
    with database(size.most) as employer:
        if options.plot:
            collective_plot.draw(options.plot, employer, most=size.most)
            return
        for line in collective_lines.measured(employer, size):
            report(line, as_json=options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="under 45 seconds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--employees", type=int, help="how many there are; a tenth of them is blocked most times")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--plot", metavar="FILE", help="only time and memory from 1,000 people on, as an SVG")
    return parser.parse_args()


def _size(options: argparse.Namespace) -> Size:
    size = QUICK if options.quick else FULL
    if connection.vendor == "sqlite":
        size = ON_SQLITE
    return size.scaled(options.employees, options.rounds)


def report(line: Line, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(line.as_json()), flush=True)
        return
    low, high = line.spread
    print(f"{line.line:>2}  {line.ratio} ({low} to {high}; goal {line.goal_in_words})  {line.what}", flush=True)


if __name__ == "__main__":
    main()
