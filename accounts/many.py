"""Acts upon many people at once: each of these writes the rows of one kind in one statement.

`people` is a queryset of employees and may be joined to whatever the other arguments take from it.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now, NullIf

from accounts.actor import Actor
from accounts.insert_select import RandomUUID, insert_select
from accounts.models import AccessBlock, HistoryEntry, Language
from accounts.models.employee import EmployeeQuerySet
from emailtemplates import outbox
from emailtemplates.catalogue import MESSAGES
from emailtemplates.clock import in_
from emailtemplates.models import MailState, OutgoingEmail

AT_ONCE = timedelta()
_THEMSELVES = F("pk")
_THEIR_PROVIDER = F("employer__provider")


def block(
    people: QuerySet[Any],
    *,
    employee: F = _THEMSELVES,
    ids: Combinable,
    act_id: UUID,
    by: Actor,
    reason: str | Combinable,
    shown_reason: str | Combinable,
    skip_conflicts: bool = False,
) -> int:
    """One open block each, in one order of people, so that two acts that overlap wait for each other and not for ever.

    `people` may be other rows about them as well: `employee` is then who each is about.
    """
    return insert_select(
        AccessBlock,
        rows=people.order_by("pk"),
        values={
            "id": ids,
            "employee": employee,
            "act_id": act_id,
            "blocked_at": Now(),
            "blocked_by": by.user and by.user.pk,
            "blocked_by_name": by.name,
            "reason": reason,
            "shown_reason": shown_reason,
        },
        skip_conflicts=skip_conflicts,
    )


def mail(
    message: str,
    people: EmployeeQuerySet,
    *,
    ids: Combinable,
    about: Combinable | None,
    act_id: UUID,
    provider: int | F = _THEIR_PROVIDER,
    withheld_by: str = "",
    hold: timedelta = AT_ONCE,
) -> int:
    """One mail each. Withheld or without address: kept, but not sent; held: not before that time is over."""
    count = insert_select(
        OutgoingEmail,
        rows=people,
        values={
            "id": ids,
            "about": about,
            "act_id": act_id,
            "message": message,
            "language": Coalesce(NullIf("language", Value("")), Value(Language.DUTCH)),
            "provider": provider,
            "employer": F("employer"),
            "employee": F("pk"),
            "account": F("account"),
            "to_address": F("email"),
            "values": {},
            "priority": MESSAGES[message].priority,
            "created_at": Now(),
            "not_before": in_(hold),
            "expires_at": in_(MESSAGES[message].lifetime + hold),
            **dict.fromkeys(("attempts", "crashes", "unknown_outcomes"), 0),
            "esp_id": "",
            **(_withheld(withheld_by) if withheld_by else _waiting(held=bool(hold))),
        },
    )
    if not (hold or withheld_by):
        outbox.ring()
    return count


def _withheld(by: str) -> dict[str, Any]:
    return {"state": MailState.WITHHELD, "why": outbox.withheld(by), "finished_at": Now(), "attention_at": None}


def _waiting(*, held: bool) -> dict[str, Any]:
    no_address = Q(email="")
    now_without_address = Case(When(no_address, then=Now()), default=None, output_field=DateTimeField())
    return {
        "state": Case(
            When(no_address, then=Value(MailState.FAILED)), default=Value(MailState.HELD if held else MailState.QUEUED)
        ),
        "why": Case(When(no_address, then=Value(outbox.NO_ADDRESS)), default=Value("")),
        **dict.fromkeys(("finished_at", "attention_at"), now_without_address),
    }


def record(
    act: str,
    people: EmployeeQuerySet,
    *,
    by: Actor,
    act_id: UUID,
    before: str = "",
    after: str = "",
    reason: str = "",
    provider: int | F = _THEIR_PROVIDER,
    mail: Combinable | None = None,
) -> int:
    """One entry in the history each."""
    return insert_select(
        HistoryEntry,
        rows=people,
        values={
            "public_id": RandomUUID(),
            "at": Now(),
            "act": act,
            "act_id": act_id,
            "provider": provider,
            "employer": F("employer"),
            "employee": F("pk"),
            "account": F("account"),
            "actor": by.user and by.user.pk,
            "actor_name": by.name,
            "actor_address": by.address,
            "before": before,
            "after": after,
            "reason": reason,
            "mail": mail,
        },
    )
