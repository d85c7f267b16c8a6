"""The picture of time and memory over the number of people, each as far as it goes in reasonable time."""

import statistics
import sys
from dataclasses import replace
from pathlib import Path

from accounts.models import Employer
from benchmarks.collective_rounds import Round, measure, warm_up
from benchmarks.collective_svg import Panel, Series, picture
from benchmarks.collective_ways import Way, by_hand, in_objects, one_by_one, ours

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 3
# By name: how it is done, and to how many people at most.
WAYS: dict[str, tuple[Way, int]] = {
    "save() and .delay() per person": (one_by_one, 10_000),
    "bulk_create() and update()": (in_objects, 100_000),
    "hand-written SQL, one transaction": (by_hand, 1_000_000),
    "collective mutation": (ours, 1_000_000),
}


def draw(file: str, employer: Employer, *, most: int) -> None:
    """Measure all of them and write the picture."""
    warm_up(employer)
    taken: dict[str, dict[int, Round]] = {name: {} for name in WAYS}
    for count in (count for count in SIZES if count <= most):
        for name, (way, farthest) in WAYS.items():
            if count <= farthest:
                taken[name][count] = _median(way, employer, count)
                print(f"{count:>9,}  {name:35} {taken[name][count]}", file=sys.stderr, flush=True)
    time = Panel("Time", "s", _series(taken, "seconds"), lowest=0.01)
    memory = Panel("Memory: what worker and PostgreSQL process grew by", "MiB", _series(taken, "both_mib"), lowest=1)
    Path(file).write_text(picture("Blocking so many people at once", [time, memory], names=list(WAYS)))


def _median(way: Way, employer: Employer, count: int) -> Round:
    """Of each figure; what takes minutes is done once."""
    first = measure(way, employer, count)
    rounds = [first] if first.seconds > 30 else [first, *(measure(way, employer, count) for _ in range(ROUNDS - 1))]
    figures = ("seconds", "mib", "server_mib")
    return replace(first, **{name: statistics.median(getattr(each, name) for each in rounds) for name in figures})


def _series(taken: dict[str, dict[int, Round]], figure: str) -> Series:
    return {name: {count: getattr(each, figure) for count, each in rounds.items()} for name, rounds in taken.items()}
