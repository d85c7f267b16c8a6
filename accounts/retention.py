"""What is thrown away when its time is over. Nothing here touches access, accounts or history."""

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, Now

from accounts.models import (
    Administrator,
    CollectiveMutation,
    CollectiveOutcome,
    Employee,
    PasswordRequest,
    SelectedEmployee,
)
from accounts.models.collective import UNCONFIRMED
from emailtemplates import retention
from emailtemplates.clock import in_
from emailtemplates.models import SuppressedAddress

# Long enough to look into what somebody tells about yesterday; the row holds nothing but an address of the internet.
PASSWORD_REQUESTS_KEPT = timedelta(days=2)
# Nobody can confirm one after a quarter of an hour; a day lets somebody look into what went wrong with it.
PREVIEWS_KEPT = timedelta(days=1)
# 24 months: what was done in a year can be asked about until the next one is closed. Each person's history stays.
MUTATION_PEOPLE_KEPT = timedelta(days=731)
# Few enough to hold up nobody, many enough to be done with a million in a minute.
CHUNK = 10_000


@dataclass(frozen=True)
class Purged:
    """How many of each."""

    mails: int
    suppressed_addresses: int
    password_requests: int
    sessions: int
    previews: int  # of collective mutations, that nobody confirmed
    mutation_people: int  # of collective mutations that ended: whom they were for, and what became of each


def purge() -> Purged:
    """Apply every retention time. May run twice, and beside itself."""
    sessions = _over_sessions().count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return Purged(
        mails=retention.forget_mails(_mails_kept()),
        suppressed_addresses=_delete(_unused_addresses()),
        password_requests=_delete(_answered_requests()),
        sessions=sessions,
        previews=sum(_forget_preview(preview) for preview in _old_previews()),
        mutation_people=sum(_forget_people(mutation) for mutation in _old_mutations()),
    )


def would_purge() -> Purged:
    """The same numbers, with everything left as it is."""
    return Purged(
        mails=retention.expired_mails(_mails_kept()).count(),
        suppressed_addresses=_unused_addresses().count(),
        password_requests=_answered_requests().count(),
        sessions=_over_sessions().count(),
        previews=_old_previews().count(),
        mutation_people=SelectedEmployee.objects.filter(mutation__in=_old_mutations()).count(),
    )


def _mails_kept() -> timedelta:
    days: int = settings.MAIL_RETENTION_DAYS
    return timedelta(days=days)


def _unused_addresses() -> QuerySet[SuppressedAddress]:
    """That nobody of that provider has, whether employee or administrator."""
    employees = Employee.objects.annotate(address=Lower("email")).filter(
        address=OuterRef("address"), employer__provider=OuterRef("provider")
    )
    administrators = Administrator.objects.annotate(address=Lower("user__email")).filter(
        address=OuterRef("address"), provider=OuterRef("provider")
    )
    return SuppressedAddress.objects.filter(~Exists(employees), ~Exists(administrators))


def _answered_requests() -> QuerySet[PasswordRequest]:
    return PasswordRequest.objects.filter(answered_at__lt=in_(-PASSWORD_REQUESTS_KEPT))


def _over_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=Now())


def _old_previews() -> QuerySet[CollectiveMutation]:
    return CollectiveMutation.objects.filter(state__in=UNCONFIRMED, created_at__lt=in_(-PREVIEWS_KEPT))


def _forget_preview(preview: CollectiveMutation) -> bool:
    """False: it was removed meanwhile."""
    _forget_people(preview)
    with transaction.atomic():
        # Held, because a worker that was away for a day may be freezing it at this moment.
        held = _old_previews().select_for_update().filter(pk=preview.pk)
        if not held.values_list("pk"):
            return False
        _delete(SelectedEmployee.objects.filter(mutation=preview))
        return bool(_delete(CollectiveMutation.objects.filter(pk=preview.pk)))


def _old_mutations() -> QuerySet[CollectiveMutation]:
    """That ended so long ago, and still know their people; not while one that takes them back needs those."""
    people = [model.objects.filter(mutation=OuterRef("pk")) for model in (SelectedEmployee, CollectiveOutcome)]
    not_needed = Q(undone_by=None) | ~Q(undone_by__finished_at=None)
    ended = CollectiveMutation.objects.filter(not_needed, finished_at__lt=in_(-MUTATION_PEOPLE_KEPT))
    return ended.filter(Exists(people[0]) | Exists(people[1]))


def _forget_people(mutation: CollectiveMutation) -> int:
    """The rows of one mutation, in small transactions; returns of how many people. The mutation itself stays."""
    _delete_in_chunks(CollectiveOutcome.objects.filter(mutation=mutation))
    return _delete_in_chunks(SelectedEmployee.objects.filter(mutation=mutation))


def _delete_in_chunks(rows: QuerySet[Any]) -> int:
    """By statement and in the order of their employees: these tables have no references for the database to follow."""
    count = 0
    while some := list(rows.order_by("employee_id").values_list("employee_id", flat=True)[:CHUNK]):
        count += _delete(rows.filter(employee__lte=some[-1]))
    return count


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]
