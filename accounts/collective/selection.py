"""Whom a collective mutation is for. What is not said is an error, never «everyone»."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Employee, Employer
from accounts.models.employee import EmployeeQuerySet
from emailtemplates.one_of import one_of

# More than any list that a person made, and read in a second.
MOST_NUMBERS = 20_000


class NothingSelected(Exception):
    """What was asked names nobody, or names people who do not exist. Holds what is wrong, one line each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Filters:
    """Who fits all that is filled in. Dates are days on the clock on the wall."""

    state: str = ""
    department: str = ""
    in_service_on: date | None = None
    out_of_service_on: date | None = None
    left_from: date | None = None
    left_until: date | None = None
    last_sign_in_before: date | None = None
    never_signed_in: bool = False
    no_email: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def apply(self, people: EmployeeQuerySet) -> EmployeeQuerySet:
        if self.state:
            people = people.in_state(self.state)
        if self.department:
            people = people.filter(department__name=self.department)
        if self.in_service_on:
            started = Q(in_service_on=None) | Q(in_service_on__lte=self.in_service_on)
            people = people.in_service(self.in_service_on).filter(started)
        if self.out_of_service_on:
            people = people.out_of_service(self.out_of_service_on)
        if self.left_from:
            people = people.filter(out_of_service_on__gte=self.left_from)
        if self.left_until:
            people = people.filter(out_of_service_on__lte=self.left_until)
        if self.last_sign_in_before:
            midnight = timezone.make_aware(datetime.combine(self.last_sign_in_before, time()))
            people = people.filter(account__last_login__lt=midnight)
        if self.never_signed_in:
            people = people.filter(account__isnull=False, account__last_login=None)
        return people.filter(email="") if self.no_email else people


@dataclass(frozen=True)
class Selection:
    """`how` is all, filters, ticked or numbers: which of the other facts counts."""

    how: str
    employers: tuple[int, ...]
    filters: Filters = Filters()
    people: tuple[int, ...] = ()  # of ticked and numbers: primary keys

    def employees(self) -> EmployeeQuerySet:
        """Those at its employers that are meant."""
        everyone = Employee.objects.filter(employer__in=self.employers)
        match self.how:
            case "all":
                return everyone
            case "filters":
                return self.filters.apply(everyone)
            case "ticked" | "numbers":
                return everyone.filter(one_of("pk", self.people))
        raise ValueError(self.how)

    def as_json(self) -> dict[str, Any]:
        """What a mutation keeps of it. The people themselves are frozen as rows, so only their number is kept."""
        filters = {name: str(value) if isinstance(value, date) else value
                   for name, value in asdict(self.filters).items() if value}  # fmt: skip
        return {"how": self.how, "employers": list(self.employers), "filters": filters, "named": len(self.people)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Selection":
        """For all and filters: of those nothing was left out."""
        days = {"in_service_on", "out_of_service_on", "left_from", "left_until", "last_sign_in_before"}
        filters: dict[str, Any] = {name: date.fromisoformat(value) if name in days else value
                   for name, value in kept["filters"].items()}  # fmt: skip
        return cls(how=kept["how"], employers=tuple(kept["employers"]), filters=Filters(**filters))


def everyone(employers: Iterable[Employer]) -> Selection:
    return Selection(how="all", employers=_pks(employers))


def by_filters(employers: Iterable[Employer], filters: Filters) -> Selection:
    if not filters:
        raise NothingSelected(_("Fill in at least one filter, or choose everyone."))
    if filters.left_from and filters.left_until and filters.left_from > filters.left_until:
        raise NothingSelected(_("The first day is later than the last."))
    return Selection(how="filters", employers=_pks(employers), filters=filters)


def ticked(employer: Employer, public_ids: Collection[Any]) -> Selection:
    """The people that were ticked in the list; one who is not of this employer makes the whole refused."""
    wanted = set(public_ids)
    found = dict(Employee.objects.filter(one_of("public_id", wanted), employer=employer).values_list("public_id", "pk"))
    if not wanted:
        raise NothingSelected(_("Nobody is ticked."))
    if wanted - found.keys():
        raise NothingSelected(_("Somebody who was ticked does not belong to this employer. Tick them again."))
    return Selection(how="ticked", employers=(employer.pk,), people=tuple(sorted(found.values())))


def by_numbers(employer: Employer, numbers: Collection[str]) -> Selection:
    """The people with these personnel numbers; unknown and double ones are named."""
    given = [stripped for number in numbers if (stripped := number.strip())]
    if not given:
        raise NothingSelected(_("No personnel number was given."))
    if len(given) > MOST_NUMBERS:
        raise NothingSelected(_("At most %(most)s personnel numbers at once.") % {"most": MOST_NUMBERS})
    times = Counter(given)
    known = dict(Employee.objects.filter(one_of("personnel_number", times.keys()), employer=employer)
                 .values_list("personnel_number", "pk"))  # fmt: skip
    faults = [_("%(number)s is unknown.") % {"number": number[:40]} for number in times if number not in known]
    faults += [_("%(number)s is there twice.") % {"number": number[:40]} for number in times if times[number] > 1]
    if faults:
        raise NothingSelected(*faults)
    return Selection(how="numbers", employers=(employer.pk,), people=tuple(sorted(known.values())))


def _pks(employers: Iterable[Employer]) -> tuple[int, ...]:
    return tuple(sorted(employer.pk for employer in employers))
