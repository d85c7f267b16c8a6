"""A table as a file that opens safely in a spreadsheet: nothing in it is ever a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from accounts.collective.results import Person, Wanted, found, people_of, with_people
from accounts.models import CollectiveMutation

# So many people are in memory at once.
BATCH = 2000
# Written within a quarter of a minute; who has more takes the CSV, which begins at once.
MOST_ROWS = 100_000
# A spreadsheet takes what begins with one of these for a formula; the wide ones too, in some languages.
_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
# What openpyxl takes for something else than text by its first sign: a formula, or an error.
_NOT_TEXT_BY_ITSELF = ("=", "#")
# Without it Excel takes the file for one in an old encoding.
_BOM = "\ufeff"

Cells = Sequence[str]


class TooManyRows(Exception):
    """More people than fit on one sheet."""


class _Line:
    """Takes one line from the csv module, which wants a file."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


def batches(mutation: CollectiveMutation) -> Iterator[list[Person]]:
    """Everybody of a mutation in the order of their number, some at a time."""
    rows = with_people(found(mutation, Wanted()).order_by("employee_id"))
    last = 0
    while people := people_of(mutation, rows.filter(employee__gt=last)[:BATCH]):
        yield people
        last = people[-1].employee.pk


def csv_of(head: Cells, rows: Iterable[Cells]) -> Iterator[bytes]:
    """As pieces of a file: UTF-8 with its mark, semicolons as spreadsheets here want them, every field quoted."""
    yield (_BOM + _lines([head])).encode()
    rest = iter(rows)
    while some := list(islice(rest, BATCH)):
        yield _lines(some).encode()


def _lines(rows: Iterable[Cells]) -> str:
    line = _Line()
    csv.writer(line, delimiter=";", quoting=csv.QUOTE_ALL).writerows([_harmless(cell) for cell in row] for row in rows)
    return line.text


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGIN_A_FORMULA) else cell


def xlsx_of(mutation: CollectiveMutation, head: Cells, rows: Iterable[Cells]) -> IO[bytes]:
    """As a file that is open at its beginning, and gone once it is closed. TooManyRows: take the CSV."""
    if mutation.selected > MOST_ROWS:
        raise TooManyRows
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([_text(sheet, cell) for cell in head])
    for row in rows:
        sheet.append([_text(sheet, cell) for cell in row])
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book.save(file)
    file.seek(0)
    return file


def _text(sheet: WriteOnlyWorksheet, cell: str) -> str | Cell:
    """Text whatever it looks like, without the signs that the format cannot hold."""
    cell = ILLEGAL_CHARACTERS_RE.sub("", cell)
    if not cell.startswith(_NOT_TEXT_BY_ITSELF):
        return cell
    text = WriteOnlyCell(sheet, value=cell)
    text.data_type = "s"
    return text
