"""People as payroll knows them: taking them over from a CSV, and finding them again."""

import unicodedata
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history, invitations, people_csv
from accounts.actor import Actor
from accounts.models import Department, Employee, Employer, Provider
from accounts.people_rows import Fault, Faults, Row, TooManyFaults, check_together
from accounts.permissions import require_manager_of_provider

# A million people fit in half of it; more is not a list of employees.
LARGEST_FILE = 100 * 1024 * 1024
# Few enough to hold in memory, enough to make the database work in long strokes.
CHUNK = 1000

_WRITTEN = (
    "department", "initials", "first_name", "prefix", "last_name", "date_of_birth", "email", "language",
    "in_service_on", "out_of_service_on", "search_key",
)  # fmt: skip
# Letters that Unicode does not see as a plain one with an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True)
class ImportResult:
    created: int
    updated: int
    unchanged: int
    employers_created: int


class ImportRefused(Exception):
    """The file cannot be imported, and nothing of it was. Names every fault, or the first people_rows.MOST_FAULTS."""

    def __init__(self, faults: list[Fault], *, and_more: bool = False) -> None:
        super().__init__(faults)
        self.faults = faults
        self.and_more = and_more


def folded(text: str) -> str:
    """Without capitals and accents: the form in which names are compared in a search."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)


def search_key(employee: Employee) -> str:
    """What a search for this person looks through."""
    parts = (
        employee.first_name, employee.prefix, employee.last_name,
        employee.initials, employee.personnel_number, employee.email,
    )  # fmt: skip
    return folded(" ".join(part for part in parts if part))[:600]


def import_employees(*, file: Path, provider: Provider, by: Actor, dry_run: bool = False) -> ImportResult:
    """Create or update the employees in the file, all of them or none. Never grants, blocks or mails.

    A column that the file does not have is left as it is. Raises ImportRefused.
    """
    require_manager_of_provider(by, provider)
    if file.stat().st_size > LARGEST_FILE:
        raise ImportRefused([Fault(0, "", file.name, _("The file is larger than 100 MiB."))])
    with file.open("rb") as opened:
        _check(opened)
        return _write(opened, provider, by, dry_run=dry_run)


def _check(file: BinaryIO) -> None:
    """Go through the whole file, so that whoever mends it learns of every fault at once."""
    faults = Faults()
    try:
        check_together(people_csv.read(file, faults), faults)
    except TooManyFaults:
        raise ImportRefused(faults, and_more=True) from None
    if faults:
        raise ImportRefused(faults)


@transaction.atomic
def _write(file: BinaryIO, provider: Provider, by: Actor, *, dry_run: bool) -> ImportResult:
    # One import at a time: two that make the same employer would both fail half-way.
    Provider.objects.select_for_update().get(pk=provider.pk)
    employers = {employer.client_number: employer for employer in provider.employers.all()}
    known = len(employers)
    created = updated = unchanged = 0
    faults = Faults()
    rows = people_csv.read(file, faults)
    while chunk := list(islice(rows, CHUNK)):
        _write_employers(chunk, provider, employers, by)
        before, after = _before_and_after(chunk, employers)
        changed = [now for was, now in zip(before, after, strict=True) if was is None or _differ(was, now)]
        _write_people(changed)
        _tell_changed_addresses(before, after, by)
        new = before.count(None)
        created, updated, unchanged = created + new, updated + len(changed) - new, unchanged + len(after) - len(changed)
    if faults:  # the file changed while it was being read
        raise ImportRefused(faults)
    if created or updated:
        history.record("employees_imported", about=provider, by=by, after=f"{created} created, {updated} updated")
    if dry_run:
        transaction.set_rollback(True)
    return ImportResult(created, updated, unchanged, len(employers) - known)


def _write_employers(rows: list[Row], provider: Provider, employers: dict[str, Employer], by: Actor) -> None:
    """Make the employers that are new, and rename those that payroll renamed."""
    for client, name in {row.texts["client_number"]: row.texts["employer_name"] for row in rows}.items():
        employer = employers.get(client)
        if employer is None:
            employers[client] = Employer.objects.create(provider=provider, client_number=client, name=name)
        elif employer.name != name:
            history.record("employer_renamed", about=employer, by=by, before=employer.name, after=name)
            employer.name = name
            employer.save(update_fields=["name"])


def _before_and_after(rows: list[Row], employers: dict[str, Employer]) -> tuple[list[Employee | None], list[Employee]]:
    """For each row the employee as stored (None: new), and as the file has it."""
    keys = [(employers[row.texts["client_number"]].pk, row.texts["personnel_number"]) for row in rows]
    stored = {
        (employee.employer_id, employee.personnel_number): employee
        for employee in Employee.objects.filter(
            employer__in={employer for employer, _number in keys},
            personnel_number__in={number for _employer, number in keys},
        ).select_related("employer", "department")
    }
    departments = _departments(rows, employers)
    before = [stored.get(key) for key in keys]
    after = [
        _employee(row, employers[row.texts["client_number"]], departments, was)
        for row, was in zip(rows, before, strict=True)
    ]
    return before, after


def _departments(rows: list[Row], employers: dict[str, Employer]) -> dict[tuple[int, str], Department]:
    """The departments these rows name, made if they are new."""
    wanted = {
        (employers[row.texts["client_number"]].pk, row.texts["department"])
        for row in rows
        if row.texts.get("department")
    }
    stored = Department.objects.filter(
        employer__in={employer for employer, _name in wanted}, name__in={name for _employer, name in wanted}
    )
    departments = {(department.employer_id, department.name): department for department in stored}
    missing = sorted(wanted - departments.keys())
    made = Department.objects.bulk_create([Department(employer_id=employer, name=name) for employer, name in missing])
    return departments | dict(zip(missing, made, strict=True))


def _employee(
    row: Row, employer: Employer, departments: dict[tuple[int, str], Department], was: Employee | None
) -> Employee:
    """The employee as the file has it; what the file has no column for is as it was."""
    employee = Employee(employer=employer, personnel_number=row.texts["personnel_number"])
    facts: dict[str, object] = {**row.texts, **row.dates}
    if "department" in row.texts:
        facts["department"] = departments.get((employer.pk, row.texts["department"]))
    for name in _WRITTEN[:-1]:
        if name in facts:
            setattr(employee, name, facts[name])
        elif was is not None:
            setattr(employee, name, getattr(was, name))
    employee.search_key = search_key(employee)
    return employee


def _differ(was: Employee, now: Employee) -> bool:
    return was.department_id != now.department_id or any(
        getattr(was, name) != getattr(now, name) for name in _WRITTEN if name != "department"
    )


def _write_people(employees: list[Employee]) -> None:
    Employee.objects.bulk_create(
        employees, update_conflicts=True, unique_fields=["employer", "personnel_number"], update_fields=_WRITTEN
    )


def _tell_changed_addresses(before: list[Employee | None], after: list[Employee], by: Actor) -> None:
    """An offer that was mailed to the old address ends; called after the write, so that a new offer cannot slip by."""
    moved = [(was, now.email) for was, now in zip(before, after, strict=True) if was and was.email != now.email]
    for employee, email in moved:
        history.record("email_changed", about=employee, by=by, before=employee.email, after=email)
    if moved:
        invitations.withdraw_for_changed_address(employees=[employee for employee, _email in moved], by=by)
