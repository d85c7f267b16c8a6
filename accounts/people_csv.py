"""Reads the CSV of employees, row by row, so that its size never matters to the memory."""

import csv
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from django.utils.translation import gettext as _

from accounts.people_rows import COLUMNS, ONE_OF, REQUIRED, Faults, Row, checked

# A row of the longest allowed cells is under 2 kB: what is longer is not a CSV, and must not fill the memory.
LONGEST_LINE = 64 * 1024


def read(file: BinaryIO, faults: Faults) -> Iterator[Row]:
    """Every row without faults, from the start of the file; the faults of the others are added to `faults`."""
    file.seek(0)
    lines = _lines(file, faults)
    first = next(lines, "")
    header = [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])]
    if not _header_is_good(header, faults):
        return
    reader = csv.reader(lines, delimiter=_delimiter(first), strict=True)
    line = 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and (row := checked(line, header, cells, faults)):
                yield row
            line = reader.line_num + 2
    except csv.Error as error:
        faults.name(line, "", "", _("This is not CSV from here on: %(error)s.") % {"error": error})


def _lines(file: BinaryIO, faults: Faults) -> Iterator[str]:
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), 1):
        if len(line) == LONGEST_LINE:
            faults.name(number, "", "", _("The line is too long to be a row of employees."))
            return
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            faults.name(number, "", "", _("The line is not UTF-8. Save the file as “CSV UTF-8”."))
            return


def _delimiter(header: str) -> str:
    return ";" if header.count(";") > header.count(",") else ","


def _header_is_good(header: list[str], faults: Faults) -> bool:
    for name in REQUIRED:
        if name not in header:
            faults.name(1, name, "", _("This column is missing."))
    if not set(ONE_OF) & set(header):
        faults.name(1, ONE_OF[0], "", _("A column first_name or initials is missing."))
    for position, name in enumerate(header):
        if name not in COLUMNS:
            faults.name(1, name, "", _("This column is unknown."))
        elif name in header[:position]:
            faults.name(1, name, "", _("This column is there twice."))
    return not faults
