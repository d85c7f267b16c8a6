"""Taking out: a worker claims what is due, asks once more whether it still applies, sends it, and marks each row."""

import logging
import random
import smtplib
import time
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.mail import EmailMessage, get_connection
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from emailtemplates import outbox
from emailtemplates.facts import Facts, NoLongerApplies, facts_about
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.rendering import NotOneAddress, as_email, render

logger = logging.getLogger(__name__)

CLAIM = 20
# Twice what one mail can take at worst (EMAIL_TIMEOUT for each step of the conversation); renewed before every mail.
LEASE = timedelta(minutes=2)
# A worker that is told to stop finishes what it does; nobody should wait longer than this for it, in seconds.
LONGEST_ROUND = 60
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=30)
# After three days nobody waits for it any more.
GIVE_UP_AFTER = timedelta(days=3)


class Permanent(Exception):
    """This mail will never be delivered. Holds the reason."""


def due() -> models.QuerySet[OutgoingEmail]:
    """What waits for a worker, and what a worker died over."""
    waiting = Q(state=MailState.QUEUED, not_before__lte=Now())
    abandoned = Q(state__in=[MailState.LEASED, MailState.TRANSMITTING], lease_until__lt=Now())
    return OutgoingEmail.objects.filter(waiting | abandoned)


def deliver_due(*, limit: int | None = None) -> int:
    """Deliver what is due, the most urgent first; returns how many mails were handled, sent or not."""
    handled, started = 0, time.monotonic()
    with _Postman() as postman:
        while limit is None or handled < limit:
            token = uuid4()
            claimed = claim(token, CLAIM if limit is None else min(CLAIM, limit - handled))
            if not claimed:
                return handled
            for mail_id in claimed:
                _deliver(mail_id, token, postman)
            handled += len(claimed)
            if time.monotonic() - started > LONGEST_ROUND:
                outbox.ring()
                return handled
    return handled


@transaction.atomic
def claim(token: UUID, most: int) -> list[UUID]:
    """Take up to that many due mails for this token alone."""
    free = due().select_for_update(skip_locked=True).order_by("priority", "not_before", "pk")
    chosen = list(free.values_list("pk", flat=True)[:most])
    OutgoingEmail.objects.filter(pk__in=chosen).update(
        state=MailState.LEASED, lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1
    )
    return chosen


def _deliver(mail_id: UUID, token: UUID, postman: "_Postman") -> None:
    try:
        ready = _prepare(mail_id, token)
        if ready is not None:
            postman.hand_over(ready)
            _finish(mail_id, token, MailState.SENT)
    except (Permanent, NotOneAddress) as refusal:
        _finish(mail_id, token, MailState.FAILED, why=str(refusal) or "not exactly one e-mail address")
    except (smtplib.SMTPException, OSError) as fault:
        postman.close()
        _put_off(mail_id, token, fault)
    except Exception as fault:  # one bad mail never stops its neighbours
        logger.exception("The mail %s could not be made.", mail_id)
        _finish(mail_id, token, MailState.FAILED, why=f"could not be made: {type(fault).__name__}")


@transaction.atomic
def _prepare(mail_id: UUID, token: UUID) -> EmailMessage | None:
    """The mail as it is true now, marked as being sent; None when it no longer applies or is another worker's."""
    own = OutgoingEmail.objects.filter(lease_token=token, state=MailState.LEASED)
    own.update(lease_until=Now() + LEASE)
    mail = own.select_for_update().filter(pk=mail_id).first()
    if mail is None:
        logger.warning("The mail %s is another worker's by now.", mail_id)
        return None
    answer = facts_about([mail])[mail.pk]
    if isinstance(answer, NoLongerApplies):
        _finish(mail_id, token, MailState.CANCELLED, why=answer.why)
        return None
    return _made(mail, answer)


def _made(mail: OutgoingEmail, facts: Facts) -> EmailMessage:
    if timezone.now() - mail.created_at > GIVE_UP_AFTER:
        raise Permanent("given up after three days")
    mail.first_attempt_at = mail.first_attempt_at or timezone.now().replace(microsecond=0)
    email = as_email(mail, render(mail.message, mail.language, facts.values))
    OutgoingEmail.objects.filter(pk=mail.pk).update(
        state=MailState.TRANSMITTING, first_attempt_at=Coalesce("first_attempt_at", mail.first_attempt_at)
    )
    return email


def _finish(mail_id: UUID, token: UUID, state: MailState, *, why: str = "") -> None:
    """Write down how it ended, unless the lease ran out and somebody else has the mail."""
    own = OutgoingEmail.objects.filter(pk=mail_id, lease_token=token, finished_at=None)
    if not own.update(state=state, why=why[:200], finished_at=Now(), lease_token=None, lease_until=None):
        logger.warning("The result %s of the mail %s came too late.", state, mail_id)


def _put_off(mail_id: UUID, token: UUID, fault: Exception) -> None:
    """Try again later, each time after a longer wait; not all at the same moment."""
    own = OutgoingEmail.objects.filter(pk=mail_id, lease_token=token, finished_at=None)
    attempts = own.values_list("attempts", flat=True).first() or 1
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT) * random.uniform(0.5, 1.5)  # noqa: S311
    own.update(
        state=MailState.QUEUED, not_before=Now() + wait, why=_in_words(fault), lease_token=None, lease_until=None
    )


def _in_words(fault: Exception) -> str:
    """What the mail server said, without the address it said it about."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"the mail server answered {fault.smtp_code}"
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return f"the mail server answered {_code(fault)}"
    return f"no connection: {type(fault).__name__}"


def _code(fault: smtplib.SMTPRecipientsRefused) -> int:
    return next((int(code) for code, _text in fault.recipients.values()), 0)


class _Postman:
    """One connection to the mail server, kept open from mail to mail and opened again after a fault."""

    def __enter__(self) -> "_Postman":
        self._connection = get_connection()
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def hand_over(self, email: EmailMessage) -> None:
        """Raises Permanent when the server says never, and smtplib's or the system's fault when it may work later."""
        self._connection.open()
        try:
            self._connection.send_messages([email])
        except smtplib.SMTPRecipientsRefused as refused:
            if _code(refused) >= 500:
                raise Permanent(f"the mail server refuses the address ({_code(refused)})") from None
            raise
        except smtplib.SMTPDataError as refused:
            if refused.smtp_code >= 500:
                raise Permanent(f"the mail server refuses the mail ({refused.smtp_code})") from None
            raise

    def close(self) -> None:
        try:
            self._connection.close()
        except (smtplib.SMTPException, OSError):
            self._connection = get_connection()
