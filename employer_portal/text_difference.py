"""The difference between two texts, word by word, to be read by people."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
# Tags, placeholders and words whole: half a tag says nothing to anybody.
_WORDS = re.compile(r"<[^<>]*>|\{\w*\}|\w+|\s+|.", re.DOTALL)
# Comparing takes the product of both and more; stretches that are longer are shown as altogether replaced.
MOST_COMPARED = 30_000


class Piece(NamedTuple):
    kind: str  # "same", "gone" or "new"
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """What stayed, went and came, in the order of reading. First by line, and within lines that changed by word."""
    return list(_joined(_by_line(_LINES.findall(before), _LINES.findall(after))))


def _by_line(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for same, gone, new in _stretches(before, after):
        if same:
            yield Piece("same", same)
            continue
        old_lines, new_lines = _LINES.findall(gone), _LINES.findall(new)
        # As many lines as before are most likely the same ones, with a word changed in each.
        pairs = zip(old_lines, new_lines, strict=True) if len(old_lines) == len(new_lines) else [(gone, new)]
        for old, changed in pairs:
            yield from _by_word(_WORDS.findall(old), _WORDS.findall(changed))


def _by_word(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for same, gone, new in _stretches(before, after):
        yield from (Piece("same", same), Piece("gone", gone), Piece("new", new))


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What is the same, or what went and what came in its place."""
    if len(before) * len(after) > MOST_COMPARED:
        yield "", "".join(before), "".join(after)
        return
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "".join(before[start:end]), "", ""
        else:
            yield "", "".join(before[start:end]), "".join(after[new_start:new_end])


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty ones, and with neighbours of one kind together."""
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last and last.kind == piece.kind:
            last = Piece(piece.kind, last.text + piece.text)
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last
