"""What became of a collective mutation, person by person: found, a page of it with its mails, and what did not arrive.

No question here costs more for a million people than for a page of them, but for a filter that hardly anybody fits:
that one reads the narrow rows of the mutation once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.collective.acts import ACTS
from accounts.collective.verdicts import Caution, Kind, Verdict, codes_of
from accounts.mail_lists import Mails
from accounts.models import (
    CollectiveMutation,
    CollectiveOutcome,
    Employee,
    HistoryEntry,
    MutationState,
    SelectedEmployee,
)
from accounts.models.history import HistoryAct
from emailtemplates.clock import database_now
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.one_of import one_of

# Sorted by name as long as the database does that while one blinks; more than these are in the order of their number.
SORTED_BELOW = 10_000
# Who was selected, and has no outcome because the mutation was stopped before.
NOT_REACHED = "not_reached"
# Of more people nobody counts who was judged anew: that takes a look at each of them.
COUNTED_BELOW = 100_000
# Nobody goes through more of them one by one, and a bound keeps the count quick.
MOST_COUNTED = 999
BEGUN = (MutationState.RUNNING, MutationState.DONE, MutationState.CANCELLED)

Rows = QuerySet[SelectedEmployee]


@dataclass(frozen=True)
class Wanted:
    """Which people are looked for; empty: all of them. `kind` is a Kind or NOT_REACHED."""

    kind: str = ""
    anew: bool = False
    search: str = ""


@dataclass(frozen=True)
class Person:
    """One person of the selection. `outcome` is None while there is none, `mail` when none was made."""

    employee: Employee
    verdict: str
    warning: str
    outcome: str | None
    mail: OutgoingEmail | None

    @property
    def was_judged_anew(self) -> bool:
        return self.outcome is not None and self.outcome != self.verdict


def counts(mutation: CollectiveMutation) -> dict[str, int]:
    """How many of each kind, by outcome once it began and by verdict before; with who was not reached, if it ended early."""
    if mutation.state not in BEGUN:
        return dict(mutation.verdicts)
    counted = dict(mutation.outcomes_by_kind)
    if mutation.state == MutationState.CANCELLED and mutation.processed < mutation.selected:
        counted[NOT_REACHED] = mutation.selected - mutation.processed
    return counted


def found(mutation: CollectiveMutation, wanted: Wanted) -> Rows:
    """Those who fit everything that is wanted, by outcome once it began and by verdict before."""
    rows = SelectedEmployee.objects.filter(mutation=mutation)
    if wanted.kind:
        rows = _of_kind(rows, mutation, wanted.kind)
    if wanted.anew:
        rows = _judged_anew(rows, mutation)
    if wanted.search:
        rows = rows.filter(employee__in=Employee.objects.matching(wanted.search))
    if mutation.selected <= SORTED_BELOW:
        return rows.order_by("employee__last_name", "employee__first_name", "employee_id")
    return rows.order_by("employee_id")


def _of_kind(rows: Rows, mutation: CollectiveMutation, kind: str) -> Rows:
    if kind == NOT_REACHED:
        return rows.filter(employee__gt=mutation.position)
    if not counts(mutation).get(kind):  # known without a look
        return rows.none()
    codes = codes_of(kind)
    if mutation.state in BEGUN:
        return rows.filter(Exists(_outcome_of(mutation).filter(outcome__in=codes)))
    rows = rows.filter(verdict__in=codes)
    match kind:
        case Kind.CHANGE:
            return rows.filter(warning="")
        case Kind.WARNING:
            return rows.exclude(warning="")
    return rows


def _judged_anew(rows: Rows, mutation: CollectiveMutation) -> Rows:
    return rows.filter(Exists(_outcome_of(mutation).exclude(outcome=OuterRef("verdict"))))


def _outcome_of(mutation: CollectiveMutation) -> QuerySet[CollectiveOutcome]:
    return CollectiveOutcome.objects.filter(mutation=mutation, employee=OuterRef("employee"))


def count_judged_anew(mutation: CollectiveMutation) -> int | None:
    """How many, at most MOST_COUNTED and one; None of so many people that it is not counted."""
    if mutation.selected > COUNTED_BELOW:
        return None
    return (
        _judged_anew(SelectedEmployee.objects.filter(mutation=mutation), mutation)
        .order_by()[: MOST_COUNTED + 1]
        .count()
    )


def with_people(rows: Rows) -> Rows:
    """With everything that people_of() asks of their employees."""
    return rows.select_related("employee__department", "employee__employer")


def people_of(mutation: CollectiveMutation, rows: Iterable[SelectedEmployee]) -> list[Person]:
    """These rows of with_people() with what became of them, in two queries."""
    listed = list(rows)
    ids = [row.employee_id for row in listed]
    outcomes = dict(mutation.outcome_rows.filter(one_of("employee_id", ids)).values_list("employee_id", "outcome"))
    mails = {mail.employee_id: mail for mail in _mails_of(mutation).filter(one_of("employee_id", ids))}
    return [
        Person(row.employee, row.verdict, row.warning, outcomes.get(row.employee_id), mails.get(row.employee_id))
        for row in listed
    ]


def times_of(mutation: CollectiveMutation, employees: Iterable[int]) -> dict[int, datetime]:
    """When each of these was changed; who was not changed is not among them."""
    entries = HistoryEntry.objects.filter(one_of("employee_id", list(employees)), act_id=mutation.public_id)
    return {employee: at for employee, at in entries.values_list("employee_id", "at") if employee is not None}


def undelivered(mutation: CollectiveMutation) -> Mails:
    """Its mails that did not arrive, and nobody did anything about yet. Newest first."""
    # Provider and time are named because the index of what is to be looked at has them.
    mails = _mails_of(mutation).filter(provider=mutation.provider_id, attention_at__gte=mutation.confirmed_at)
    return mails.order_by("-attention_at", "-pk")


def count_undelivered(mutation: CollectiveMutation) -> int:
    """How many, at most MOST_COUNTED and one."""
    return undelivered(mutation).order_by()[: MOST_COUNTED + 1].count()


def held_until(mutation: CollectiveMutation) -> datetime | None:
    """When its first mails go out, as long as they wait for that; None: none of its mails waits."""
    since = mutation.started_at
    hold = timedelta(seconds=settings.COLLECTIVE_HOLD_SECONDS)
    if since is None or not ACTS[mutation.act].message or mutation.do_not_mail:
        return None
    if (mutation.finished_at or database_now()) + hold <= database_now():
        return None
    # Provider and time are named because the index of a provider's mails has them.
    waiting = _mails_of(mutation).filter(
        provider=mutation.provider_id, created_at__gte=mutation.confirmed_at, state=MailState.HELD
    )
    first = waiting.order_by("created_at").values_list("not_before", flat=True).first()
    return first if first is not None and first > database_now() else None


def decision_of(mutation: CollectiveMutation) -> HistoryEntry | None:
    """Why it was not approved, as the second administrator said it."""
    if mutation.state != MutationState.REJECTED or mutation.approver_id is None or mutation.finished_at is None:
        return None
    # Written in the same transaction; employer and time are named because the index of the history has them.
    at = (mutation.finished_at - timedelta(minutes=1), mutation.finished_at + timedelta(minutes=1))
    entries = HistoryEntry.objects.filter(employer=mutation.employer_id, provider=mutation.provider_id, at__range=at)
    return entries.filter(act=HistoryAct.COLLECTIVE_REJECTED, act_id=mutation.public_id).first()


def word_of(code: str) -> str:
    """What a verdict or outcome says; a code that an older or newer version wrote stays as it is."""
    return str(Verdict(code).label) if code in Verdict else code


def warning_of(code: str) -> str:
    return str(Caution(code).label) if code in Caution else code


def _mails_of(mutation: CollectiveMutation) -> Mails:
    """Those to the people; the one that asks for approval goes to an administrator."""
    return OutgoingEmail.objects.filter(act_id=mutation.public_id).exclude(employee=None)


def shown_at(rows: QuerySet[CollectiveMutation]) -> QuerySet[CollectiveMutation]:
    """Without the previews that are over, newest first; with whom and what they are about."""
    over = Q(state=MutationState.PREVIEW, valid_until__lte=database_now())
    return (
        rows.exclude(over).select_related("employer", "provider", "undoes", "undone_by").order_by("-created_at", "-pk")
    )
