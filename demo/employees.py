"""The payroll of the demo: three employers as rows of the CSV that import_employees reads. Always the same people."""

import csv
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from demo.names import FIRST_NAMES, LAST_NAMES

BAKERY, CARE, INSTALLERS = "2001", "2002", "2003"


@dataclass(frozen=True)
class SampleEmployer:
    client_number: str
    name: str
    size: int
    first_number: int
    departments: tuple[str, ...]


EMPLOYERS = (
    SampleEmployer(BAKERY, "Bakkerij Van Dam", 60, 101, ("Bakkerij", "Winkel Markt", "Winkel Station", "Bezorging")),
    SampleEmployer(
        CARE, "Zorggroep De Lindehof", 240, 40011, ("Thuiszorg", "Verpleging", "Dagbesteding", "Keuken", "Nachtdienst")
    ),
    SampleEmployer(INSTALLERS, "Kuiper Installatietechniek", 120, 7001, ("Montage", "Service", "Werkvoorbereiding")),
)
ANNA = {
    "client_number": BAKERY, "personnel_number": "100", "initials": "A.M.", "first_name": "Anna", "prefix": "de",
    "last_name": "Vries", "date_of_birth": "1991-04-27", "email": "anna@post.example", "language": "nl",
    "department": "Winkel Markt", "in_service_on": "2019-03-01",
}  # fmt: skip
COLUMNS = (
    "client_number", "employer_name", "personnel_number", "initials", "first_name", "prefix", "last_name",
    "date_of_birth", "email", "language", "department", "in_service_on", "out_of_service_on",
)  # fmt: skip


def write_csv(file: Path, *, today: date) -> None:
    """Everyone on the payroll of the three employers; the leavers left in the months before today."""
    random = Random(2026)  # noqa: S311
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.DictWriter(opened, COLUMNS, delimiter=";")
        rows.writeheader()
        rows.writerow({**ANNA, "employer_name": EMPLOYERS[0].name})
        for employer in EMPLOYERS:
            number = employer.first_number
            for _person in range(employer.size - (employer.client_number == BAKERY)):
                rows.writerow(_row(employer, str(number), random, today))
                number += random.choice((1, 1, 1, 2, 5))


def _row(employer: SampleEmployer, number: str, random: Random, today: date) -> dict[str, str]:
    first_name, (prefix, last_name) = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    age = random.randint(17 * 365, 66 * 365)  # in days, as what follows
    started = today - timedelta(days=random.randint(30, min(6500, age - 16 * 365)))
    left = today - timedelta(days=random.randint(1, 400)) if random.random() < 0.14 else None
    return {
        "client_number": employer.client_number,
        "employer_name": employer.name,
        "personnel_number": number,
        "initials": f"{first_name[0]}." + (f"{random.choice('ABCDEGHJKLMPRSTW')}." if random.random() < 0.5 else ""),
        "first_name": first_name if random.random() < 0.95 else "",
        "prefix": prefix,
        "last_name": last_name,
        "date_of_birth": (today - timedelta(days=age)).isoformat(),
        "email": _address(first_name, last_name, number, random),
        "language": random.choice(("nl", "nl", "nl", "nl", "en", "")),
        "department": random.choice((*employer.departments, employer.departments[0], "")),
        "in_service_on": min(started, left or started).isoformat(),
        "out_of_service_on": left.isoformat() if left else "",
    }


def _address(first_name: str, last_name: str, number: str, random: Random) -> str:
    """Nearly always one's own; sometimes that of the family, sometimes none."""
    kind = random.random()
    if kind < 0.06:
        return ""
    if kind < 0.12:
        return f"familie.{plain(last_name)}@post.example"
    return f"{plain(first_name)}.{plain(last_name)}.{number}@post.example"


def plain(name: str) -> str:
    """Only the letters a to z: as names look in an address or a username."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i").replace("ø", "o"))
    return "".join(letter for letter in letters if "a" <= letter <= "z")
