"""Who has which mail in hand. A worker that died keeps a mail until its lease is over, a living one renews it."""

import math
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.base import ModelState
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from emailtemplates.clock import in_
from emailtemplates.models import IN_HAND, WAITING, MailState, OutgoingEmail
from emailtemplates.one_of import one_of
from emailtemplates.update_returning import UpdateReturning

# Several times EMAIL_TIMEOUT, so that only a dead or a frozen worker loses a mail.
LEASE = timedelta(minutes=2)
# Whoever took a mail without saying so has put it away by then, and can recognise the copy.
REPEAT_AFTER = timedelta(minutes=2)
# A mail that ends whoever prepares it is set apart; one worker that is killed from outside says nothing about its mails.
MOST_CRASHES = 3
# With each worker that dies while sending a copy may have left. This often it is no accident any more.
MOST_UNKNOWN_OUTCOMES = 5
# Little against the length of a lease.
RECOVER_EVERY_SECONDS = 10.0

# What tells of a block and of its end: of one person these keep their order.
_ACCESS = ("access_blocked", "access_unblocked")
# What preparing and sending a mail needs, in the order of the model; what is not needed takes long to read as well.
_COLUMNS = [
    "id", "message", "language", "provider_id", "employer_id", "employee_id", "account_id", "to_address", "about", "values",
    "priority", "attempts", "unknown_outcomes", "first_attempt_at",
]  # fmt: skip
# These stand for what differs from claim to claim.
_SIZE, _TOKEN = 1_000_000_007, UUID(int=7)
NONE: dict[str, Any] = {"lease_token": None, "lease_until": None}
ENDED_ITS_WORKER = gettext_noop("every worker that prepared it died")
NOBODY_KNOWS = gettext_noop("the answer of the mail server was lost, so it may have arrived or not")


_recovered_at = -math.inf


class Fenced(Exception):
    """The lease ran out or the mail was cancelled: what this worker knows of it no longer counts."""


def due() -> QuerySet[OutgoingEmail]:
    """Mails whose time has come; who is waited for goes first.

    A mail about a block waits until the one before it about the same person was handed over or ended. One of which
    nobody knows whether it arrived holds up nothing: it is judged anew before it is repeated.
    """
    before = OutgoingEmail.objects.filter(
        employee=OuterRef("employee"),
        message__in=_ACCESS,
        created_at__lt=OuterRef("created_at"),
        state__in=(MailState.QUEUED, MailState.HELD, *IN_HAND),
    )
    return OutgoingEmail.objects.filter(
        ~Q(message__in=_ACCESS) | ~Exists(before),
        finished_at=None,  # repeats the condition of the index, or PostgreSQL would not use it
        state__in=WAITING,
        not_before__lte=Now(),
    ).order_by("priority", "not_before")  # no more than the index has: the mails of one act all have the same time


def claim(size: int) -> list[OutgoingEmail]:
    """Take the first so many due mails, for this worker alone until the lease runs out."""
    return _claim(size, after_a_crash=False) if size > 0 else []


def claim_alone() -> list[OutgoingEmail]:
    """Take one mail whose worker died while preparing it, unless any worker prepares such a one at this moment.

    Should it be the cause, it takes no other one along, and what only stood beside it is not taken for the cause.
    """
    suspects = OutgoingEmail.objects.filter(finished_at=None, crashes__gt=0)
    if not suspects.exists():
        return []
    with transaction.atomic():
        # Held, or two workers would find at the same moment that none is being prepared.
        held = suspects.order_by("pk").select_for_update().values_list("state", flat=True)
        return [] if MailState.LEASED in list(held) else _claim(1, after_a_crash=True)


def _claim(size: int, *, after_a_crash: bool) -> list[OutgoingEmail]:
    token = uuid4()
    taken = _claiming(connection.vendor, after_a_crash=after_a_crash).run({_SIZE: size, _key(_TOKEN): _key(token)})
    return sorted((_with(row, token) for row in taken), key=lambda mail: mail.priority)


def _with(row: Sequence[Any], token: UUID) -> OutgoingEmail:
    """The mail of a claimed row, as Django's from_db makes it in twice the time; other columns are read when asked for."""
    mail = OutgoingEmail.__new__(OutgoingEmail)
    mail.__dict__.update(zip(_COLUMNS, row, strict=True), lease_token=token)
    mail._state = ModelState()
    mail._state.adding, mail._state.db = False, connection.alias
    return mail


@cache
def _claiming(vendor: str, *, after_a_crash: bool) -> UpdateReturning:
    chosen = due().filter(crashes__gt=0) if after_a_crash else due().filter(crashes=0)
    with transaction.atomic():  # the ORM writes no lock without one
        claiming = UpdateReturning(
            OutgoingEmail.objects.filter(pk__in=chosen[:_SIZE].select_for_update(skip_locked=True).values("pk")),
            columns=_COLUMNS,
            values={
                "state": MailState.LEASED,
                "lease_token": _TOKEN,
                "lease_until": in_(LEASE),
                "attempts": F("attempts") + 1,
            },
        )
    # The ORM writes a limit out; it is the last thing in the statement that can differ.
    claiming.sql = claiming.sql.replace(f"LIMIT {_SIZE}", "LIMIT %s")
    claiming.parameters = (*claiming.parameters, _SIZE)
    return claiming


def _key(value: UUID) -> Any:
    """As the database takes it."""
    return OutgoingEmail._meta.pk.get_db_prep_value(value, connection)


def recover_now_and_then() -> bool:
    """The same as recover, but not with every hint: it looks through all that waits. Returns whether it did."""
    global _recovered_at
    if monotonic() - _recovered_at < RECOVER_EVERY_SECONDS:
        return False
    _recovered_at = monotonic()
    recover()
    return True


def recover() -> None:
    """Let go of what dead workers had in hand: what was not handed over comes up again, the rest is uncertain."""
    abandoned = OutgoingEmail.objects.filter(finished_at=None, lease_until__lt=Now())
    prepared, left = abandoned.filter(state=MailState.LEASED), abandoned.filter(state=MailState.TRANSMITTING)
    _end(prepared.filter(crashes__gte=MOST_CRASHES - 1), why=ENDED_ITS_WORKER)
    _end(left.filter(unknown_outcomes__gte=MOST_UNKNOWN_OUTCOMES - 1), why=NOBODY_KNOWS)
    # Not before its neighbours: one that ends its worker would hold all of them up.
    prepared.update(state=MailState.QUEUED, crashes=F("crashes") + 1, not_before=Now(), **NONE)
    left.update(
        state=MailState.UNCERTAIN,
        unknown_outcomes=F("unknown_outcomes") + 1,
        not_before=in_(REPEAT_AFTER),
        why=NOBODY_KNOWS,
        **NONE,
    )


def update(mail: OutgoingEmail, **values: Any) -> None:
    """Change a row that is still this worker's, else raise Fenced."""
    if not own([mail]).update(**values):
        raise Fenced


def give_back(mails: Collection[OutgoingEmail]) -> None:
    """Have another worker try those that were not handed over, as if this one never took them."""
    _put_back(own(mails).filter(state=MailState.LEASED))


def take_back(mails: Collection[OutgoingEmail]) -> None:
    """The same for mails that were handed over to this worker's own code only: not a word of them left."""
    _put_back(own(mails).filter(state=MailState.TRANSMITTING))


def _put_back(mails: QuerySet[OutgoingEmail]) -> None:
    mails.update(state=MailState.QUEUED, attempts=F("attempts") - 1, **NONE)


def own(mails: Collection[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
    """Those of these mails that are still this worker's."""
    return OutgoingEmail.objects.filter(
        one_of("pk", [mail.pk for mail in mails]),
        lease_token__in={mail.lease_token for mail in mails},
        state__in=IN_HAND,
    )


def _end(mails: QuerySet[OutgoingEmail], *, why: str) -> None:
    mails.update(
        state=MailState.FAILED,
        why=why,
        unknown_outcomes=F("unknown_outcomes") + int(why == NOBODY_KNOWS),
        finished_at=Now(),
        attention_at=Now(),
        **NONE,
    )
