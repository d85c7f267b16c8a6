"""The decision, by what is true now, whether a mail may be handed over; made known before a word goes over the wire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, Lower, Now
from django.utils.translation import gettext_noop

from emailtemplates import commits, leases
from emailtemplates.catalogue import MESSAGES, WAITED_FOR
from emailtemplates.clock import database_now, in_
from emailtemplates.facts import source
from emailtemplates.models import MailState, OutgoingEmail, SuppressedAddress
from emailtemplates.update_returning import UpdateReturning

TOO_LATE = gettext_noop("it could not be sent in time")
SUPPRESSED = gettext_noop("this address did not take an earlier e-mail")


@transaction.atomic
def hand_over(mails: Sequence[OutgoingEmail]) -> tuple[dict[UUID, datetime], dict[UUID, MailState]]:
    """Mark those that may go as being sent, in one statement; the others come into their final state, with the reason.

    Returns the Date of each mail that may go, and the state of each that may not. What is in neither is no longer this
    worker's.
    """
    commits.wait_for_disk()  # or a crash could forget that a mail left
    applies = source().may_be_handed_over(mails)
    mine = leases.own(mails).filter(state=MailState.LEASED)
    # In one order, as who ends many of them holds them: two that overlap take turns.
    list(mine.order_by("pk").select_for_update().values_list("pk"))
    now = database_now()
    handed = UpdateReturning(
        mine.filter(applies, ~_suppressed(), expires_at__gt=Now()),
        columns=["id"],
        values={
            "state": MailState.TRANSMITTING,
            "lease_until": in_(leases.LEASE),
            "first_attempt_at": Coalesce("first_attempt_at", now),
        },
    ).run()
    first = {mail.pk: mail.first_attempt_at or now for mail in mails}
    dates = {pk: first[pk] for (pk,) in handed}
    ended: dict[UUID, MailState] = {}
    if len(dates) < len(mails):
        for mail in mine.annotate(applies=_true_if(applies), late=_true_if(Q(expires_at__lte=Now()))):
            ended[mail.pk] = _end_unsent(mail)
    return dates, ended


def end(mail: OutgoingEmail, state: MailState, *, why: str) -> None:
    """The final state of a mail that is not handed over. Raises Fenced.

    Of a link that somebody waited for nobody needs to be told that it came too late: a new one is asked for.
    """
    missed = state == MailState.FAILED or (state == MailState.EXPIRED and MESSAGES[mail.message].priority != WAITED_FOR)
    leases.update(mail, state=state, why=why, finished_at=Now(), attention_at=Now() if missed else None, **leases.NONE)


def _end_unsent(mail: OutgoingEmail) -> MailState:
    if not mail.applies:  # type: ignore[attr-defined]  # annotated above
        state, why = MailState.SUPERSEDED, source().why_not(mail)
    elif mail.late:  # type: ignore[attr-defined]
        state, why = MailState.EXPIRED, f"{TOO_LATE}: {mail.why}"[:200] if mail.why else TOO_LATE
    else:
        state, why = MailState.FAILED, SUPPRESSED
    end(mail, state, why=why)
    return state


def _suppressed() -> Exists:
    address = Lower(OuterRef("to_address"))
    return Exists(SuppressedAddress.objects.filter(provider=OuterRef("provider"), address=address))


def _true_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))
