"""What the doctor finds: one line about what is the matter, and one about what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    FAULT = "fault"  # something does not work, or is not safe
    ATTENTION = "attention"  # works, but look at it
    INFORMATION = "information"


@dataclass(frozen=True)
class Finding:
    level: Level
    what: str
    do: str = ""


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Check:
    """One thing to look at; when nothing comes out of `look` it is in order."""

    name: str
    look: Callable[[], Findings]
    needs_database: bool = False  # with every migration
    asks_outside: bool = False  # of somebody else's server; not with --offline


def fault(what: str, do: str) -> Finding:
    return Finding(Level.FAULT, what, do)


def attention(what: str, do: str = "") -> Finding:
    return Finding(Level.ATTENTION, what, do)


def information(what: str, do: str = "") -> Finding:
    return Finding(Level.INFORMATION, what, do)
