"""The difference between two texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from employer_portal.text_difference import difference


@given(st.text(alphabet="ab <>p/{}\n", max_size=60), st.text(alphabet="ab <>p/{}\n", max_size=60))
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    pieces = difference(before, after)

    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
    assert all(piece.text for piece in pieces)


@pytest.mark.parametrize("pattern", ["ab", "a", "a ", "\n", "<p>", "{x"])
@pytest.mark.parametrize("length", [240, 480, 6000])
def test_a_difference_of_texts_like_each_other_is_quick(pattern: str, length: int) -> None:
    before, after = (pattern * length)[:length], (pattern[::-1] * length)[:length]
    began = time.monotonic()

    difference(before, after)

    assert time.monotonic() - began < 0.5


def test_a_word_changed_in_every_line_is_shown_word_by_word() -> None:
    before, after = "\n".join(["one two three " * 12] * 8), "\n".join(["one two four " * 12] * 8)

    assert {piece.text for piece in difference(before, after) if piece.kind != "same"} == {"three", "four"}
