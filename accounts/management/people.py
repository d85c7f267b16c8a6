"""What the commands about people share: naming them, judging each, and acting on all of them or on none."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.collective.acts import ACTS
from accounts.collective.numbers import NoNumbers, numbers_in_file
from accounts.collective.results import warning_of, word_of
from accounts.collective.selection import Filters, NothingSelected, Selection
from accounts.collective.verdicts import EFFECTIVE, Kind, Verdict, affected, kind_of
from accounts.management import options as shared
from accounts.models import AccessState, CollectiveMutation, Employee, Employer, MutationState, SelectedEmployee
from accounts.permissions import NotAllowed, require_manager_of_employer
from accounts.uploads import LARGEST_FILE

# None: the act is possible; otherwise why not.
Judge = Callable[[Employee], str | None]
# Acts on these employees; returns the primary keys of those for whom there was something to do.
Act = Callable[[list[Employee], Actor], Collection[int]]

Row = dict[str, str]
FILTERS = tuple(field.name for field in fields(Filters))
DAYS = ("in_service_on", "out_of_service_on", "left_from", "left_until", "last_sign_in_before")
# For an act that needs a reason. Who did it stands beside it.
NO_REASON_GIVEN = "command line"
# So many people are in memory at once.
BATCH = 2000
# There is nothing to do for them either, but who names them expects something else.
_NOT_POSSIBLE = (Verdict.NO_ACCESS, Verdict.HAS_ACCESS)


class Again(Selection):
    """Who is named gets a new invitation, even while one can be answered."""

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "again": True}


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--provider", metavar="SLUG", help="Needed when there is more than one.")
    parser.add_argument("--employer", metavar="CLIENT_NUMBER", required=True)
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--personnel-number", metavar="N", action="append", default=[], help="May be repeated.")
    who.add_argument("--all", action="store_true", help="Every employee of the employer to whom it applies.")
    who.add_argument(
        "--file", type=Path, help="CSV or XLSX: its column personnel_number, or its first; or a list, one a line."
    )
    shared.add_arguments(parser)


def add_collective_arguments(parser: CommandParser) -> None:
    """With filters, and what is said when a collective mutation is confirmed."""
    add_arguments(parser)
    parser.add_argument("--reason", type=shared.text(500), default="", help="For administrators only.")
    parser.add_argument("--do-not-mail", action="store_true")
    filters = parser.add_argument_group("filters", "Instead of naming people: everyone who fits all of these.")
    filters.add_argument("--state", choices=AccessState.values)
    filters.add_argument("--department", type=shared.filled_in(100), metavar="NAME")
    for name in DAYS:
        filters.add_argument(f"--{name.replace('_', '-')}", type=shared.day, metavar="YYYY-MM-DD")
    filters.add_argument("--never-signed-in", action="store_true", help="Has access, and never used it.")
    filters.add_argument("--no-email", action="store_true", help="Has no e-mail address.")


def act_on(command: BaseCommand, options: Mapping[str, Any], *, act: str) -> None:
    """Make a collective mutation of everyone who is named, and run it here; or leave everything as it is.

    Of --all and filters those are skipped to whom it does not apply; of named people, one such person stops it.
    """
    by = shared.actor(options)
    employer = shared.employer(shared.provider(options), options["employer"])
    chosen = _selection(employer, options)
    if act == "invite" and chosen.how == "numbers":
        chosen = Again(**vars(chosen))
    with _refusals(by, employer), transaction.atomic():
        mutation = _frozen(act, employer, chosen, by)
        refused = _refused(mutation) if chosen.how == "numbers" else []
        confirmed = not refused and _confirm(mutation, by, options)
        keeps_it = confirmed and not options["dry_run"]
        counts, rows = _counts(mutation), _rows(mutation)
        if refused:
            counts, rows = Counter(refused=len(refused)), iter(refused)
        if not keeps_it:
            # Read now, because nothing of it stays; told later, because a terminal may keep the database waiting.
            rows = iter(list(rows if options["json"] else islice(rows, shared.MOST_PRINTED)))
            transaction.set_rollback(True)
    if keeps_it:
        _begin(command, options, mutation)
        counts, rows = _counts(mutation), _rows(mutation)
    _tell(command, options, counts, rows)
    if refused:
        raise CommandError(_("Nothing was done, because it is not possible for everyone named."))
    if keeps_it:
        _require_success(mutation, counts)


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
    chosen = _selection(employer, options)
    with _refusals(by, employer), transaction.atomic():
        require_manager_of_employer(by, employer)
        people = list(chosen.employees().select_related("employer", "account").order_by("id"))
        reasons = {employee.pk: reason for employee in people if (reason := judge(employee))}
        if reasons and not options["all"]:
            refused = [_row(employee, "refused", reasons[employee.pk]) for employee in people if employee.pk in reasons]
            _tell(command, options, Counter(refused=len(refused)), iter(refused))
            raise CommandError(_("Nothing was done, because it is not possible for everyone named."))
        done = act([employee for employee in people if employee.pk not in reasons], by)
        if options["dry_run"]:
            transaction.set_rollback(True)
    rows = [_judged(employee, reasons.get(employee.pk, ""), done) for employee in people]
    _tell(command, options, Counter(row["outcome"] for row in rows), iter(rows))


def _judged(employee: Employee, reason: str, done: Collection[int]) -> Row:
    return _row(employee, "skipped" if reason else "done" if employee.pk in done else "nothing_to_do", reason)


@contextmanager
def _refusals(by: Actor, employer: Employer) -> Iterator[None]:
    """What the acts refuse, as the end of a command."""
    try:
        yield
    except NotAllowed:
        message = _("%(name)s may not act for %(employer)s. Nothing was done.")
        raise CommandError(message % {"name": by.name, "employer": employer}) from None
    except ActRefused as refusal:
        raise CommandError(f"{refusal} {_('Nothing was done.')}") from None
    except NothingSelected as nothing:
        raise _nothing_selected(nothing) from None


def _selection(employer: Employer, options: Mapping[str, Any]) -> Selection:
    """Of exactly one way to name people; filters together are one."""
    filters = Filters(**{name: options[name] for name in FILTERS if options.get(name)})
    ways = [way for way in (options["personnel_number"], options["all"], options["file"], filters) if way]
    if len(ways) != 1:
        message = _("Name people in one way: --personnel-number, --all, --file, or filters.")
        raise CommandError(message, returncode=shared.WRONG_USAGE)
    try:
        if options["all"]:
            return selection.everyone([employer])
        if filters:
            return selection.by_filters([employer], filters)
        return selection.by_numbers(employer, _numbers(options))
    except NothingSelected as nothing:
        raise _nothing_selected(nothing, wrong_usage=bool(filters) or isinstance(nothing, NoNumbers)) from None


def _numbers(options: Mapping[str, Any]) -> list[str]:
    file: Path | None = options["file"]
    if file is None:
        numbers: list[str] = options["personnel_number"]
        if not any(number.strip() for number in numbers):
            raise NoNumbers(_("No personnel number was given."))
        return numbers
    try:
        with file.open("rb") as opened:
            return numbers_in_file(file.name, opened.read(LARGEST_FILE + 1))
    except OSError as error:
        raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": file, "error": error}) from None


def _nothing_selected(nothing: NothingSelected, *, wrong_usage: bool = False) -> CommandError:
    faults = [*nothing.faults[: shared.MOST_PRINTED], _("Nothing was done.")]
    return CommandError("\n".join(faults), returncode=shared.WRONG_USAGE if wrong_usage else 1)


def _frozen(act: str, employer: Employer, chosen: Selection, by: Actor) -> CollectiveMutation:
    """Its preview, here and now, however many they are: no worker sees it before this transaction is committed."""
    mutation = preview.prepare(act=act, place=employer, selection=chosen, by=by)
    preview.freeze(mutation)
    if not mutation.selected:
        raise NothingSelected(_("Nobody fits what you chose."))
    return mutation


def _refused(mutation: CollectiveMutation) -> list[Row]:
    return [{**row, "outcome": "refused"} for row in _rows(mutation) if row["outcome"] == "skipped"]


def _confirm(mutation: CollectiveMutation, by: Actor, options: Mapping[str, Any]) -> bool:
    """False: there is nobody to change, so there is nothing to confirm."""
    count = affected(mutation.verdicts)
    if not count:
        return False
    needs_reason = ACTS[mutation.act].needs_reason
    said = confirm.Confirmation(
        reason=options["reason"] or (NO_REASON_GIVEN if needs_reason else ""),
        shown_reason=options.get("shown_reason", ""),
        do_not_mail=options["do_not_mail"],
        number=count,  # a command says whom it is for, and has --dry-run: nothing is clicked away
    )
    confirm.confirm(mutation=mutation, by=by, confirmation=said)
    mutation.refresh_from_db()
    return True


def _begin(command: BaseCommand, options: Mapping[str, Any], mutation: CollectiveMutation) -> None:
    """Run it; above a ceiling it waits for its approval instead, and a worker runs it then."""
    if not options["json"]:
        verdicts = ", ".join(f"{Kind(kind).label}: {count}" for kind, count in mutation.verdicts.items())
        command.stdout.write(_("Collective mutation %(id)s.") % {"id": mutation.public_id} + f" {verdicts}")
    if mutation.state == MutationState.RUNNING:
        running.run(mutation)
    elif not options["json"]:
        command.stdout.write(_("It is above the ceiling, and waits until a second administrator approves it."))


def _require_success(mutation: CollectiveMutation, counts: Counter[str]) -> None:
    if mutation.state == MutationState.CANCELLED:
        raise CommandError(_("Somebody stopped it half-way. What was done stays done."))
    if counts["failed"]:
        raise CommandError(_("Could not be changed: %(count)s. The others were.") % {"count": counts["failed"]})


def _has_ended(mutation: CollectiveMutation) -> bool:
    return mutation.state in (MutationState.DONE, MutationState.CANCELLED)


def _counts(mutation: CollectiveMutation) -> Counter[str]:
    """How many have each word of _word(): by outcome once it ended, by verdict before."""
    counts: Counter[str] = Counter()
    if _has_ended(mutation):
        codes: QuerySet[Any, Any] = mutation.outcome_rows.values_list("outcome")
        counts["not_reached"] = mutation.selected - mutation.processed
    else:
        codes = mutation.selection_rows.values_list("verdict")
    for code, people in codes.annotate(people=Count("*")).order_by():
        counts[_word(code, mutation)] += people
    return +counts


def _word(code: str | None, mutation: CollectiveMutation) -> str:
    if code is None:
        return "not_reached"
    if code in EFFECTIVE:
        return "waiting" if mutation.state == MutationState.WAITING else "done"
    if code == Verdict.FAILED:
        return "failed"
    return "skipped" if code in _NOT_POSSIBLE or kind_of(code) == Kind.STOPPED else "nothing_to_do"


def _rows(mutation: CollectiveMutation) -> Iterator[Row]:
    """Everybody in the order of their number, some at a time. Their mails are not looked up: nobody asks for them here."""
    rows = mutation.selection_rows.select_related("employee").order_by("employee_id")
    last = 0
    while some := list(rows.filter(employee__gt=last)[:BATCH]):
        first, last = some[0].employee_id, some[-1].employee_id
        between = mutation.outcome_rows.filter(employee__gte=first, employee__lte=last)
        outcomes = dict(between.values_list("employee_id", "outcome"))
        for row in some:
            code = outcomes.get(row.employee_id) if _has_ended(mutation) else row.verdict
            yield _row(row.employee, _word(code, mutation), _reason(row, code))


def _reason(row: SelectedEmployee, code: str | None) -> str:
    if code is None:
        return ""
    why = warning_of(row.warning) if code == Verdict.CHANGE else word_of(code)
    return _("%(name)s: %(reason)s.") % {"name": row.employee.name, "reason": why} if why else ""


def _row(employee: Employee, outcome: str, reason: str) -> Row:
    return {
        "personnel_number": employee.personnel_number,
        "name": employee.name,
        "outcome": outcome,
        "reason": reason,
    }


def _tell(command: BaseCommand, options: Mapping[str, Any], counts: Counter[str], rows: Iterator[Row]) -> None:
    outcomes = {
        "done": _("done"),
        "nothing_to_do": _("nothing to do"),
        "waiting": _("waiting for approval"),
        "skipped": _("skipped"),
        "refused": _("refused"),
        "failed": _("could not be changed"),
        "not_reached": _("not reached"),
    }
    summary = {outcome: counts[outcome] for outcome in outcomes if outcome in (*counts, "done", "nothing_to_do")}
    if not options["json"]:
        rows = ({**row, "outcome": outcomes[row["outcome"]]} for row in rows)
        summary = {outcomes[outcome]: count for outcome, count in summary.items()}
    columns = {
        "personnel_number": _("Personnel number"),
        "name": _("Name"),
        "outcome": _("Outcome"),
        "reason": _("Reason"),
    }
    total = sum(counts.values())
    shared.tell(command, options, summary, name="employees", columns=columns, rows=rows, total=total)
