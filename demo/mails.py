"""The mails of the past in the demo: rows as the sending would have left them, because nobody was mailed then."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Invitation, Language
from emailtemplates import suppression
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import REMOVED, MailState, OutgoingEmail

# What mail servers say to an invitation now and then, and whether they say it of the address for good.
_REFUSALS = (
    (MailState.BOUNCED, "550 5.1.1 <{address}>: Recipient address rejected: User unknown"),
    (MailState.BOUNCED, "550 5.1.1 The email account that you tried to reach does not exist"),
    (MailState.BOUNCED, "552 5.2.2 The email account that you tried to reach is over quota"),
    (MailState.FAILED, "554 5.7.1 Service unavailable; message refused by policy"),
)
# One in so many of the open invitations came back.
_REFUSED = 4


def mail_invitations(invitations: Iterable[Invitation]) -> None:
    """One mail for each: most of them delivered, some of the open ones not."""
    random = Random(2026)  # noqa: S311
    open_at: Counter[int] = Counter()  # how many so far, by employer
    mails = []
    for invitation in invitations:
        employer_id = invitation.employee.employer_id
        is_open = invitation.used_at is None and invitation.expires_at > timezone.now()
        open_at[employer_id] += is_open
        if is_open and open_at[employer_id] % _REFUSED == 1:
            state, why = _REFUSALS[open_at[employer_id] // _REFUSED % len(_REFUSALS)]
        else:
            state, why = random.choice(((MailState.SENT, "250 2.0.0 Ok"), (MailState.DELIVERED, "250 2.0.0 Ok")))
        mails.append(_mail(invitation, state, why.format(address=invitation.email)))
    OutgoingEmail.objects.bulk_create(mails)
    for mail in mails:
        if mail.state == MailState.BOUNCED:
            suppression.suppress(mail, why=mail.why)


def _mail(invitation: Invitation, state: MailState, why: str) -> OutgoingEmail:
    employee, sent_at = invitation.employee, invitation.invited_at + timedelta(seconds=2)
    refused = state in (MailState.BOUNCED, MailState.FAILED)
    return OutgoingEmail(
        pk=invitation.pk,
        about=invitation.pk,
        act_id=invitation.pk,
        message="invitation",
        language=employee.language or Language.DUTCH,
        provider_id=employee.employer.provider_id,
        employer_id=employee.employer_id,
        employee=employee,
        state=state,
        priority=MESSAGES["invitation"].priority,
        created_at=invitation.invited_at,
        not_before=invitation.invited_at,
        expires_at=invitation.invited_at + MESSAGES["invitation"].lifetime,
        attempts=1,
        first_attempt_at=sent_at,
        sent_at=None if refused else sent_at,
        finished_at=sent_at,
        **_what_is_kept(sent_at, why, invitation.email, refused=refused),
    )


def _what_is_kept(sent_at: datetime, why: str, address: str, *, refused: bool) -> dict[str, Any]:
    """After the retention time nothing of what was mailed to whom."""
    if sent_at < timezone.now() - timedelta(days=settings.MAIL_RETENTION_DAYS):
        return {"why": REMOVED}
    return {"why": why, "to_address": address, "attention_at": sent_at if refused else None}
