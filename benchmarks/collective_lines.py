"""The lines that are measured, each in turns with what it is compared to."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from accounts.collective import confirm
from accounts.models import CollectiveMutation, Employer, MutationState
from benchmarks import collective_meanwhile
from benchmarks.collective_people import forget, freeze, maker, settle
from benchmarks.collective_rounds import Round, in_process, measure, warm_up, watched
from benchmarks.collective_ways import Way, by_hand, in_objects, one_by_one, ours

IDLE_SECONDS_PER_ROUND = 2.0


@dataclass(frozen=True)
class Size:
    """How many people."""

    most: int
    usual: int
    in_objects: int
    one_by_one: int
    meanwhile: int
    rounds: int

    def scaled(self, employees: int | None, rounds: int | None) -> "Size":
        """With other numbers where they are given."""
        size = replace(self, rounds=rounds or self.rounds)
        if employees is None:
            return size
        usual = max(1, employees // 10)
        few = {"in_objects": min(size.in_objects, usual), "one_by_one": min(size.one_by_one, usual)}
        return replace(size, most=employees, usual=usual, meanwhile=min(size.meanwhile, employees), **few)


@dataclass(frozen=True)
class Line:
    """`at_least`: the goal is a lower bound, else an upper one."""

    line: str
    ratio: float
    goal: float
    spread: tuple[float, float]
    what: str
    at_least: bool = False

    @property
    def goal_in_words(self) -> str:
        return f"at {'least' if self.at_least else 'most'} {self.goal:g}"

    def as_json(self) -> dict[str, Any]:
        number = int(self.line) if self.line.isdigit() else self.line
        return {"line": number, "ratio": self.ratio, "goal": self.goal, "spread": list(self.spread), "what": self.what}


def measured(employer: Employer, size: Size) -> Iterator[Line]:
    """All lines, each as soon as it is known; of SQLite, where writers wait for each other, only the first."""
    warm_up(employer)
    yield from _against_other_ways(employer, size)
    if connection.vendor == "sqlite":
        return
    yield from _ten_times_as_many(employer, size)
    yield from _preview_and_confirm(employer, size)
    yield from _meanwhile(employer, size)


def _against_other_ways(employer: Employer, size: Size) -> Iterator[Line]:
    """The common ways on fewer people, and compared by the person: nobody waits an hour for a line."""
    counts: dict[Way, int] = {
        ours: size.usual,
        by_hand: size.usual,
        one_by_one: size.one_by_one,
        in_objects: size.in_objects,
    }
    turns = _turns(employer, counts, size.rounds)
    each = {way: [round_.seconds / count for round_ in turns[way]] for way, count in counts.items()}
    seconds = [statistics.median(round_.seconds for round_ in turns[way]) for way in (ours, by_hand)]
    what = f"block {size.usual:,} people: the mutation / hand-written SQL"
    in_figures = f"({seconds[0]:.2f} and {seconds[1]:.2f} s, {connection.vendor})"
    yield _line("1", _ratios(each[ours], each[by_hand]), 1.3, f"{what} {in_figures}")
    common = ((one_by_one, "save() and .delay() per person", 100.0), (in_objects, "bulk_create() and update()", 1.0))
    for way, name, goal in common:
        what = f"times as quick, by the person, as {name} ({counts[way]:,} people against {size.usual:,})"
        yield _line("1", _ratios(each[way], each[ours]), goal, what, at_least=True)


def _turns(employer: Employer, counts: dict[Way, int], rounds: int) -> dict[Way, list[Round]]:
    """Each way once, and again, so that what else the machine does weighs on all of them."""
    taken: dict[Way, list[Round]] = {way: [] for way in counts}
    for _ in range(rounds):
        for way, count in counts.items():
            taken[way].append(measure(way, employer, count))
    return taken


def _ratios(values: Sequence[float], against: Sequence[float]) -> list[float]:
    return [value / other for value, other in zip(values, against, strict=True)]


def _ten_times_as_many(employer: Employer, size: Size) -> Iterator[Line]:
    pairs = [(measure(ours, employer, size.usual), measure(ours, employer, size.most)) for _ in range(size.rounds)]
    few, many = ([round_.seconds for round_ in side] for side in zip(*pairs, strict=True))
    seconds = f"{statistics.median(many):.1f} and {statistics.median(few):.2f} s"
    goal = round(1.1 * size.most / size.usual, 2)
    yield _line("2", _ratios(many, few), goal, f"block {size.most:,} people / {size.usual:,} ({seconds})")
    grown = [round_ for _few, round_ in pairs]
    yield _line("2", [round_.mib for round_ in grown], 64, f"MiB that the worker grew by, {size.most:,} people")
    yield _line("2", [round_.server_mib for round_ in grown], 64, "MiB that its process of PostgreSQL grew by")


def _preview_and_confirm(employer: Employer, size: Size) -> Iterator[Line]:
    for count in (size.usual, size.most):
        previews = [_preview(employer, count) for _ in range(size.rounds)]
        if count == size.most:
            seconds = [round_.seconds for round_ in previews]
            yield _line("2", seconds, 15, f"seconds for the preview of {count:,} people")
            grown = [max(round_.mib, round_.server_mib) for round_ in previews]
            yield _line("2", grown, 64, "MiB that worker or PostgreSQL grew by, meanwhile")
        mutation = CollectiveMutation.objects.get()
        times = [_confirm(mutation) for _ in range(max(5, size.rounds))]
        yield _line("3", times, 300, f"milliseconds to confirm {count:,} people")


def _preview(employer: Employer, count: int) -> Round:
    forget()
    settle()
    return in_process(lambda: watched(lambda: freeze(employer, count)))


def _confirm(mutation: CollectiveMutation) -> float:
    """Milliseconds; it is only previewed again afterwards."""
    said = confirm.Confirmation(reason="reason", number=mutation.selected)
    by = maker()
    start = time.perf_counter()
    confirm.confirm(mutation=mutation, by=by, confirmation=said)
    taken = (time.perf_counter() - start) * 1000
    CollectiveMutation.objects.filter(pk=mutation.pk).update(state=MutationState.PREVIEW, confirmed_at=None)
    return taken


def _meanwhile(employer: Employer, size: Size) -> Iterator[Line]:
    idle_seconds = IDLE_SECONDS_PER_ROUND
    blocked = size.meanwhile
    looks = [collective_meanwhile.look(employer, blocked, idle_seconds=idle_seconds) for _ in range(size.rounds)]
    longest = [max(busy.signing_in) for _idle, busy in looks]
    quiet = statistics.median(max(idle.signing_in) for idle, _busy in looks)
    count = statistics.median(len(busy.signing_in) for _idle, busy in looks)
    what = f"milliseconds, the longest of {count:.0f} sign-ins while {blocked:,} are blocked (idle {quiet:.0f})"
    yield _line("3b", longest, 150, what)
    pages = [(_p95(idle.for_pages), _p95(busy.for_pages)) for idle, busy in looks]
    before, during = (statistics.median(side) for side in zip(*pages, strict=True))
    what = f"p95 of an employee's page meanwhile / idle ({during:.0f} and {before:.0f} ms)"
    yield _line("3b", [busy / idle for idle, busy in pages], 2, what)


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _line(line: str, values: Sequence[float], goal: float, what: str, *, at_least: bool = False) -> Line:
    low, high = round(min(values), 3), round(max(values), 3)
    return Line(line, round(statistics.median(values), 3), goal, (low, high), what, at_least)
