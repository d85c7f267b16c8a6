"""The employee: one person at one employer, and the state of that person's access."""

import uuid
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.access import AccessBlock, Invitation
from accounts.models.organisation import Department, Employer
from accounts.models.people import Language, User
from emailtemplates.models import UNDELIVERED, OutgoingEmail


class AccessState(models.TextChoices):
    """What is shown of someone's access."""

    NONE = "none", _("No access")
    INVITED = "invited", _("Invited")
    UNDELIVERABLE = "undeliverable", _("Invitation not delivered")
    EXPIRED = "expired", _("Invitation expired")
    WITHDRAWN = "withdrawn", _("Invitation withdrawn")
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def reached_by(self, user: User) -> Self:
        """Employees this administrator may look at."""
        return self.filter(employer__in=Employer.objects.reached_by(user))

    def managed_by(self, user: User) -> Self:
        """Employees this administrator may act upon."""
        return self.filter(employer__in=Employer.objects.managed_by(user))

    def blocked(self) -> Self:
        return self.filter(_open_block())

    def not_blocked(self) -> Self:
        return self.filter(~_open_block())

    def with_access(self) -> Self:
        """Who can sign in now."""
        return self.filter(account__isnull=False).not_blocked()

    def admitted_since(self, issued_at: datetime | OuterRef) -> Self:
        """The one rule: who still has access by a credential that was issued at that moment."""
        blocks = AccessBlock.objects.in_force_since(issued_at).filter(employee=OuterRef("pk"))
        return self.filter(~Exists(blocks), account__isnull=False)

    def held(self, employee: "Employee") -> "Employee":
        """This employee as it is now; held until the transaction ends, so that acts upon one person take turns."""
        return self.select_for_update(no_key=True, of=("self",)).select_related("employer").get(pk=employee.pk)

    def matching(self, search: str) -> Self:
        """Everyone whose name, number or address contains each of the words."""
        found = self
        for word in search.split():
            found = found.filter(search_key__contains=word)
        return found

    def in_service(self, day: date) -> Self:
        return self.filter(Q(out_of_service_on=None) | Q(out_of_service_on__gte=day))

    def out_of_service(self, day: date) -> Self:
        return self.filter(out_of_service_on__lt=day)

    def in_state(self, state: str) -> Self:
        return self.with_state().filter(state=state)

    def with_state(self) -> Self:
        """Adds `state`, one of AccessState."""
        latest = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-invited_at")
        invitation_state = Case(
            When(ended_at__isnull=False, then=Value(AccessState.WITHDRAWN)),
            When(expires_at__lte=Now(), then=Value(AccessState.EXPIRED)),
            When(_mail_did_not_arrive(), then=Value(AccessState.UNDELIVERABLE)),
            default=Value(AccessState.INVITED),
        )
        return self.annotate(
            state=Case(
                When(_open_block(), then=Value(AccessState.BLOCKED)),
                When(account__isnull=False, then=Value(AccessState.ACTIVE)),
                default=Coalesce(Subquery(latest.values(latest=invitation_state)[:1]), Value(AccessState.NONE)),
                output_field=models.CharField(),
            )
        )


def _mail_did_not_arrive() -> Exists:
    """Of an invitation: its mail has the same id."""
    mails = OutgoingEmail.objects.filter(pk=OuterRef("pk"), message="invitation", state__in=UNDELIVERED)
    return Exists(mails)


def _open_block() -> Exists:
    return Exists(AccessBlock.objects.filter(employee=OuterRef("pk"), lifted_at=None))


def name_of(first_name: str, initials: str, prefix: str, last_name: str) -> str:
    """As one would address an envelope: first name (else initials), prefix, last name."""
    return " ".join(part for part in (first_name or initials, prefix, last_name) if part)


class Employee(models.Model):
    """One person at one employer, as imported from payroll.

    `account` is set from the moment the person activated their access; access is withheld while an AccessBlock is
    open. Neither is ever touched by an import.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="employees")
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="employees"
    )
    personnel_number = models.CharField(max_length=20)
    initials = models.CharField(max_length=20, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=30, blank=True)
    last_name = models.CharField(max_length=100)
    date_of_birth = models.DateField()
    email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    in_service_on = models.DateField(null=True, blank=True)
    out_of_service_on = models.DateField(null=True, blank=True)
    account = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="employees")
    # Name, number and address without capitals and accents (people.search_key): what a search looks through.
    search_key = models.CharField(max_length=600)

    state: str  # only on employees that were asked for with_state()

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employer", "personnel_number"], name="one_personnel_number"),
            models.UniqueConstraint(fields=["employer", "account"], name="one_employee_per_account_and_employer"),
        ]
        indexes = [
            models.Index(fields=["employer", "last_name", "first_name", "id"], name="employee_by_name"),
            # Who else has this address.
            models.Index(fields=["employer", "email"], name="employee_by_email"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return name_of(self.first_name, self.initials, self.prefix, self.last_name)

    @property
    def sorted_name(self) -> str:
        """As a Dutch payroll list has it: «Vries, Anna de»."""
        rest = " ".join(part for part in (self.first_name or self.initials, self.prefix) if part)
        return f"{self.last_name}, {rest}" if rest else self.last_name

    @property
    def state_label(self) -> str:
        return str(AccessState(self.state).label)
