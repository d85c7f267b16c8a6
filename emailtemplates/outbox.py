"""Putting mail in: one row, in the transaction of the act it tells about; and taking back what has not left yet.

Taking it out is delivery's work.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from emailtemplates import doorbell, switches
from emailtemplates.catalogue import MESSAGES
from emailtemplates.clock import in_
from emailtemplates.models import NOT_HANDED_OVER, MailState, OutgoingEmail
from emailtemplates.texts import FALLBACK_LANGUAGE

NO_ADDRESS = gettext_noop("no e-mail address")


# These tell of the making of a row of their own, and have its id.
_OF_A_NEW_ROW = ("access_blocked", "invitation", "password_reset", "administrator_invitation")


@dataclass(frozen=True)
class Recipient:
    """Whom a mail goes to, and through whom. Language "" is Dutch."""

    address: str
    language: str
    provider_id: int | None
    employer_id: int | None = None
    employee_id: int | None = None
    account_id: int | None = None


def enqueue(
    message: str,
    *,
    to: Recipient,
    act_id: UUID,
    about: UUID | None = None,
    values: dict[str, str] | None = None,
    withheld_by: str = "",
    even_if_off: bool = False,
) -> OutgoingEmail | None:
    """Promise one mail; the same promise made twice is one mail.

    None: this message is switched off here. Withheld or without address: kept, but not sent.
    """
    if not even_if_off and not switches.is_on(message, provider_id=to.provider_id, employer_id=to.employer_id):
        return None
    mail, created = OutgoingEmail.objects.get_or_create(
        pk=intent(message, to=to, subject=about or act_id),
        defaults={
            "message": message,
            "language": to.language or FALLBACK_LANGUAGE,
            "provider_id": to.provider_id,
            "employer_id": to.employer_id,
            "employee_id": to.employee_id,
            "account_id": to.account_id,
            "to_address": to.address,
            "act_id": act_id,
            "about": about,
            "values": values or {},
            "priority": MESSAGES[message].priority,
            "expires_at": in_(MESSAGES[message].lifetime),
            **_outcome(to, withheld_by),
        },
    )
    if created and mail.state == MailState.QUEUED:
        ring()
    return mail


def intent(message: str, *, to: Recipient, subject: UUID) -> UUID:
    """What makes two promises the same one: the same is told to the same person about the same thing."""
    return subject if message in _OF_A_NEW_ROW else uuid5(subject, f"{message} {to.employee_id} {to.account_id}")


def end_unsent(mails: QuerySet[OutgoingEmail], state: MailState, *, why: str) -> int:
    """Take back those of these mails that were not handed over yet; returns how many. In the transaction of the act."""
    unsent = mails.filter(state__in=NOT_HANDED_OVER)
    # In one order, as the handing over holds them: two that overlap take turns.
    list(unsent.order_by("pk").select_for_update().values_list("pk"))
    return unsent.update(state=state, why=why[:200], finished_at=Now(), lease_token=None, lease_until=None)


def ring() -> None:
    """Have a worker look in the outbox, once the present transaction is committed."""
    doorbell.ring("emailtemplates.tasks.deliver_due_emails")


def withheld(by: str) -> str:
    """The reason of a mail that the administrator of this name did not want sent."""
    return f"withheld by {by}"[:200]


def _outcome(to: Recipient, withheld_by: str) -> dict[str, Any]:
    if withheld_by:
        return {"state": MailState.WITHHELD, "why": withheld(withheld_by), "finished_at": Now()}
    if not to.address:
        return {"state": MailState.FAILED, "why": NO_ADDRESS, "finished_at": Now(), "attention_at": Now()}
    return {"state": MailState.QUEUED}
