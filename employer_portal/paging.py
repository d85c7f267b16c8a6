"""Pages of a list that may be endless: nobody counts it, and nobody leafs to its end."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

PER_PAGE = 50
# Who has not found it by then looks for it in another way; a database would pass over ever more rows.
LAST_PAGE = 200


@dataclass(frozen=True)
class Slice:
    """Has what elements/paging.html asks of a Page, but for the total."""

    object_list: list[Any]
    number: int
    more: bool  # whether there are rows after these

    @property
    def start_index(self) -> int:
        return (self.number - 1) * PER_PAGE + 1

    @property
    def end_index(self) -> int:
        return (self.number - 1) * PER_PAGE + len(self.object_list)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.more and self.number < LAST_PAGE

    @property
    def has_other_pages(self) -> bool:
        return self.has_previous or self.has_next

    @property
    def ends_too_soon(self) -> bool:
        return self.more and self.number == LAST_PAGE

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


def slice_of(rows: QuerySet[Any], number: str | None) -> Slice:
    """The page of this number, in one query; the first one for anything that is no number of a page."""
    wanted = int(number) if number and number.isascii() and number.isdecimal() and len(number) < 6 else 1
    page = min(max(wanted, 1), LAST_PAGE)
    start = (page - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])
    return Slice(object_list=found[:PER_PAGE], number=page, more=len(found) > PER_PAGE)
