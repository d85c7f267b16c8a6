"""What is thrown away when its time is over. Nothing here touches access, accounts or history."""

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower, Now

from accounts.models import Administrator, Employee, PasswordRequest
from emailtemplates import retention
from emailtemplates.clock import in_
from emailtemplates.models import SuppressedAddress

# Long enough to look into what somebody tells about yesterday; the row holds nothing but an address of the internet.
PASSWORD_REQUESTS_KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Purged:
    """How many of each."""

    mails: int
    suppressed_addresses: int
    password_requests: int
    sessions: int


def purge() -> Purged:
    """Apply every retention time. May run twice, and beside itself."""
    sessions = _over_sessions().count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return Purged(
        mails=retention.forget_mails(_mails_kept()),
        suppressed_addresses=_delete(_unused_addresses()),
        password_requests=_delete(_answered_requests()),
        sessions=sessions,
    )


def would_purge() -> Purged:
    """The same numbers, with everything left as it is."""
    return Purged(
        mails=retention.expired_mails(_mails_kept()).count(),
        suppressed_addresses=_unused_addresses().count(),
        password_requests=_answered_requests().count(),
        sessions=_over_sessions().count(),
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


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]
