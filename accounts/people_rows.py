"""One row of the CSV of employees: what may stand in it, and what two rows may not say together."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Department, Employee, Employer, Language

REQUIRED = ("client_number", "employer_name", "personnel_number", "last_name", "date_of_birth")
ONE_OF = ("first_name", "initials")
LENGTHS: dict[str, int] = {
    column: getattr(model._meta.get_field(field), "max_length", 0)
    for column, model, field in (
        ("client_number", Employer, "client_number"),
        ("employer_name", Employer, "name"),
        ("personnel_number", Employee, "personnel_number"),
        ("initials", Employee, "initials"),
        ("first_name", Employee, "first_name"),
        ("prefix", Employee, "prefix"),
        ("last_name", Employee, "last_name"),
        ("email", Employee, "email"),
        ("language", Employee, "language"),
        ("department", Department, "name"),
    )
}
DATES = ("date_of_birth", "in_service_on", "out_of_service_on")
COLUMNS = (*LENGTHS, *DATES)

# Nobody on a payroll is older, and 1900 is what a spreadsheet makes of an empty date.
OLDEST_DATE_OF_BIRTH = date(1900, 1, 1)
# Enough to see what is wrong with an export; more is read by nobody.
MOST_FAULTS = 200
# What a spreadsheet runs as a formula when the cell is exported again.
_FORMULA = tuple("=+-@＝＋－＠")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Fault:
    line: int  # 0: the file as a whole
    column: str  # empty: the line as a whole
    value: str
    problem: str


@dataclass(frozen=True)
class Row:
    """A line without faults of its own. Holds only the columns that the file has."""

    line: int
    texts: dict[str, str]
    dates: dict[str, date | None]


class TooManyFaults(Exception):
    """Raised by `Faults` at the first fault after MOST_FAULTS."""


class Faults(list[Fault]):
    """What was found so far."""

    def name(self, line: int, column: str, value: str, problem: str) -> None:
        if len(self) == MOST_FAULTS:
            raise TooManyFaults
        self.append(Fault(line, column, value, problem))


def checked(line: int, header: list[str], cells: list[str], faults: Faults) -> Row | None:
    """None if anything is wrong with it."""
    if len(cells) != len(header):
        problem = _("The line has %(cells)d cells, the header %(columns)d.")
        faults.name(line, "", "", problem % {"cells": len(cells), "columns": len(header)})
        return None
    before = len(faults)
    texts = {name: _text(line, name, cell, faults) for name, cell in zip(header, cells, strict=True)}
    for name in REQUIRED:
        if not texts[name]:
            faults.name(line, name, "", _("This must be filled in."))
    if not any(texts.get(name) for name in ONE_OF):
        faults.name(line, ONE_OF[0], "", _("Fill in the first name or the initials."))
    dates = {name: _date(line, name, texts.pop(name), faults) for name in DATES if name in texts}
    _check_dates(line, dates, faults)
    _check_choices(line, texts, faults)
    return Row(line, texts, dates) if len(faults) == before else None


def _text(line: int, column: str, cell: str, faults: Faults) -> str:
    """The cell without the differences that nobody can see."""
    if not cell.isprintable() and (sign := next((sign for sign in cell if is_invisible(sign)), "")):
        problem = _("There is a character in it that cannot be seen: U+%(code)s.")
        faults.name(line, column, cell, problem % {"code": f"{ord(sign):04X}"})
    text = unicodedata.normalize("NFC", " ".join(cell.split()))
    if text.startswith(_FORMULA):
        faults.name(line, column, text, _("It starts like a formula."))
    longest = LENGTHS.get(column)
    if longest and len(text) > longest:
        problem = _("It has %(length)d characters; %(longest)d fit.")
        faults.name(line, column, text, problem % {"length": len(text), "longest": longest})
    return text


def is_invisible(sign: str) -> bool:
    """Control, zero-width and bidirectional characters; not the other spaces, which become plain ones."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _date(line: int, column: str, text: str, faults: Faults) -> date | None:
    if not text:
        return None
    try:
        # fromisoformat alone also takes 20261123 and 2026-W48-1.
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    faults.name(line, column, text, _("This is not a date like 2026-11-23."))
    return None


def _check_dates(line: int, dates: dict[str, date | None], faults: Faults) -> None:
    born, started, left = (dates.get(name) for name in DATES)
    if born and not OLDEST_DATE_OF_BIRTH <= born <= timezone.localdate():
        faults.name(line, "date_of_birth", born.isoformat(), _("Nobody who works here was born on this day."))
    if started and left and left < started:
        faults.name(line, "out_of_service_on", left.isoformat(), _("This is before the day the employment began."))


def _check_choices(line: int, texts: dict[str, str], faults: Faults) -> None:
    if texts.get("language", "") not in ("", *Language.values):
        faults.name(line, "language", texts["language"], _("This must be nl or en."))
    try:
        if texts.get("email"):
            validate_email(texts["email"])
    except ValidationError:
        faults.name(line, "email", texts["email"], _("This is not a single e-mail address."))


def check_together(rows: Iterable[Row], faults: Faults) -> None:
    """What one row cannot tell: a person who is there twice, an employer with two names."""
    line_of: dict[tuple[str, str], int] = {}
    name_of: dict[str, tuple[str, int]] = {}
    for row in rows:
        client, number, name = (row.texts[column] for column in ("client_number", "personnel_number", "employer_name"))
        earlier = line_of.setdefault((client, number), row.line)
        if earlier != row.line:
            problem = _("This employee is also on line %(line)d.")
            faults.name(row.line, "personnel_number", number, problem % {"line": earlier})
        known, earlier = name_of.setdefault(client, (name, row.line))
        if known != name:
            problem = _("Line %(line)d calls employer %(client)s “%(name)s”.")
            faults.name(row.line, "employer_name", name, problem % {"line": earlier, "client": client, "name": known})
