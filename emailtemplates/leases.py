"""Who has which mail in hand. A worker that died keeps a mail until its lease is over, a living one renews it."""

from collections import deque
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from emailtemplates.models import UNDERWAY, MailState, OutgoingEmail

# Several times EMAIL_TIMEOUT, so that only a dead or a frozen worker loses a mail.
LEASE = timedelta(minutes=2)

NONE: dict[str, Any] = {"lease_token": None, "lease_until": None}


class Fenced(Exception):
    """The lease ran out or the mail was cancelled: what this worker knows of it no longer counts."""


def due() -> QuerySet[OutgoingEmail]:
    """Mails whose time has come, or whose worker died; who is waited for goes first."""
    waiting = Q(state=MailState.QUEUED, not_before__lte=Now())
    abandoned = Q(state__in=(MailState.LEASED, MailState.TRANSMITTING), lease_until__lt=Now())
    # The first condition repeats the index's own, or PostgreSQL would not use it.
    return OutgoingEmail.objects.filter(Q(state__in=UNDERWAY), waiting | abandoned).order_by(
        "priority", "not_before", "pk"
    )


@transaction.atomic
def claim(size: int) -> deque[OutgoingEmail]:
    """Take the first so many due mails, for this worker alone until the lease runs out."""
    mails = deque(due().select_for_update(skip_locked=True)[: max(size, 0)])
    token = uuid4()
    for mail in mails:
        mail.lease_token = token
        mail.attempts += 1
    OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in mails]).update(
        state=MailState.LEASED, lease_token=token, lease_until=in_(LEASE), attempts=F("attempts") + 1
    )
    return mails


def update(mail: OutgoingEmail, **values: Any) -> None:
    """Change a row that is still this worker's, else raise Fenced."""
    if not _own([mail]).update(**values):
        raise Fenced


def keep(mails: Collection[OutgoingEmail]) -> None:
    """Renew the leases that are half over, so that a slow neighbour does not cost the others theirs."""
    _own(mails).filter(lease_until__lt=in_(LEASE / 2)).update(lease_until=in_(LEASE))


def give_back(mails: Collection[OutgoingEmail]) -> None:
    """Have another worker try them, as if this one never took them."""
    _own(mails).update(state=MailState.QUEUED, attempts=F("attempts") - 1, **NONE)


def in_(delay: timedelta) -> Combinable:
    """So long from now, by the database's clock."""
    return ExpressionWrapper(Now() + delay, output_field=DateTimeField())


def _own(mails: Collection[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.filter(
        pk__in=[mail.pk for mail in mails],
        lease_token__in={mail.lease_token for mail in mails},
        state__in=(MailState.LEASED, MailState.TRANSMITTING),
    )
