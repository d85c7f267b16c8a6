"""What the commands about people share: naming them, judging each, and acting on all of them or on none."""

import csv
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.management import options as shared
from accounts.models import Employee, Employer
from accounts.models.employee import EmployeeQuerySet
from accounts.permissions import NotAllowed, require_manager_of_employer

# None: the act is possible; otherwise why not.
Judge = Callable[[Employee], str | None]
# Acts on these employees; returns the primary keys of those for whom there was something to do.
Act = Callable[[list[Employee], Actor], Collection[int]]


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--provider", metavar="SLUG", help="Needed when there is more than one.")
    parser.add_argument("--employer", metavar="CLIENT_NUMBER", required=True)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--personnel-number", metavar="N", action="append", default=[], help="May be repeated.")
    who.add_argument("--all", action="store_true", help="Every employee of the employer to whom it applies.")
    who.add_argument(
        "--file", type=Path, help="Personnel numbers, one a line, or a CSV with a column personnel_number."
    )
    shared.add_arguments(parser)


def each(act: Callable[..., object]) -> Act:
    """An act upon one employee, done to each of many. It returns False when there was nothing to do."""

    def act_on_each(employees: list[Employee], by: Actor) -> set[int]:
        act_id = uuid4()
        return {employee.pk for employee in employees if act(employee=employee, by=by, act_id=act_id) is not False}

    return act_on_each


def run(command: BaseCommand, options: Mapping[str, Any], *, judge: Judge, act: Act) -> None:
    """Act on everyone named, or on none if it is not possible for one of them. Of --all, those are skipped."""
    by = shared.actor(options)
    employer = shared.employer(shared.provider(options), options["employer"])
    try:
        with transaction.atomic():
            require_manager_of_employer(by, employer)
            employees = list(_selected(employer, options))
            reasons = {employee.pk: reason for employee in employees if (reason := judge(employee))}
            if reasons and not options["all"]:
                _tell(command, options, [employee for employee in employees if employee.pk in reasons], reasons, set())
                raise CommandError(_("Nothing was done, because it is not possible for everyone named."))
            done = act([employee for employee in employees if employee.pk not in reasons], by)
            if options["dry_run"]:
                transaction.set_rollback(True)
    except NotAllowed:
        message = _("%(name)s may not act for %(employer)s. Nothing was done.")
        raise CommandError(message % {"name": by.name, "employer": employer}) from None
    except ActRefused as refusal:
        raise CommandError(f"{refusal} {_('Nothing was done.')}") from None
    _tell(command, options, employees, reasons, done)


def _selected(employer: Employer, options: Mapping[str, Any]) -> EmployeeQuerySet:
    everyone = Employee.objects.filter(employer=employer).select_related("employer", "account").order_by("id")
    if options["all"]:
        return everyone
    numbers = _read_numbers(options["file"]) if options["file"] else options["personnel_number"]
    numbers = [number.strip() for number in numbers if number.strip()]
    if not numbers:
        raise CommandError(_("No personnel number was given."), returncode=shared.WRONG_USAGE)
    selected = everyone.filter(personnel_number__in=numbers)
    known = set(selected.values_list("personnel_number", flat=True))
    faults = [
        _("%(number)s is unknown.") % {"number": number} for number in dict.fromkeys(numbers) if number not in known
    ]
    faults += [
        _("%(number)s is there twice.") % {"number": number} for number, times in Counter(numbers).items() if times > 1
    ]
    if faults:
        raise CommandError("\n".join([*faults, _("Nothing was done.")]))
    return selected


def _read_numbers(file: Path) -> list[str]:
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": file, "error": error}) from None
    header = lines[0] if lines else ""
    delimiter = ";" if ";" in header else ","
    columns = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if "personnel_number" not in columns:
        return lines
    column = columns.index("personnel_number")
    return [cells[column] for cells in csv.reader(lines[1:], delimiter=delimiter) if len(cells) > column]


def _tell(
    command: BaseCommand,
    options: Mapping[str, Any],
    employees: list[Employee],
    reasons: Mapping[int, str],
    done: Collection[int],
) -> None:
    outcomes = {
        "done": _("done"),
        "nothing_to_do": _("nothing to do"),
        "skipped": _("skipped"),
        "refused": _("refused"),
    }
    not_possible = "skipped" if options["all"] else "refused"
    rows = [
        {
            "personnel_number": employee.personnel_number,
            "name": employee.name,
            "outcome": not_possible if employee.pk in reasons else "done" if employee.pk in done else "nothing_to_do",
            "reason": reasons.get(employee.pk, ""),
        }
        for employee in employees
    ]
    counts = Counter(row["outcome"] for row in rows)
    summary = {outcome: counts[outcome] for outcome in outcomes if outcome in (*counts, "done", "nothing_to_do")}
    if not options["json"]:
        rows = [{**row, "outcome": outcomes[row["outcome"]]} for row in rows]
        summary = {outcomes[outcome]: count for outcome, count in summary.items()}
    columns = {
        "personnel_number": _("Personnel number"),
        "name": _("Name"),
        "outcome": _("Outcome"),
        "reason": _("Reason"),
    }
    shared.tell(command, options, summary, name="employees", columns=columns, rows=rows)
