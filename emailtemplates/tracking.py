"""What a mail service tells us afterwards about the mails it took: delivered, bounced, marked as spam.

Events come twice, late, and in any order. So each can only move a mail up (`_LATER`), in one statement that looks at
the state it moves from; the end is the same whatever came first. They are about mails and addresses: nothing here
knows accounts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from anymail.signals import AnymailTrackingEvent
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, Now, NullIf
from django.utils.translation import gettext_noop

from emailtemplates import leases, suppression
from emailtemplates.bounces import meaning
from emailtemplates.failures import printable
from emailtemplates.models import MailState, OutgoingEmail

# Each is later than all before it: news about a mail never takes it back.
_LATER = (
    MailState.SENT, MailState.DEFERRED, MailState.FAILED, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED,
)  # fmt: skip
# Here the mail service knows it before we do.
_LEFT = (MailState.TRANSMITTING, MailState.UNCERTAIN)
_ATTENTION = (MailState.FAILED, MailState.BOUNCED, MailState.COMPLAINED)
# What is said when the mail service gives no reason.
_WHY = {
    MailState.SENT: gettext_noop("the mail provider took it"),
    MailState.DEFERRED: gettext_noop("the mail server of the recipient does not take it yet"),
    MailState.FAILED: gettext_noop("the mail provider did not send it"),
    MailState.DELIVERED: gettext_noop("the mail server of the recipient took it"),
    MailState.BOUNCED: gettext_noop("the mail server of the recipient does not take it"),
    MailState.COMPLAINED: gettext_noop("the recipient marked it as spam"),
}


@dataclass(frozen=True)
class News:
    """What an event says of one mail to one address."""

    state: MailState
    why: str
    recipient: str
    esp_id: str  # "" when the mail service does not say
    mail: UUID | None  # our own number, when the mail service gives it back


def apply(events: Iterable[AnymailTrackingEvent]) -> int:
    """Bring each mail of ours into the state that its event tells of; returns how many moved."""
    return sum(_apply(news) for event in events if (news := _news(event)) is not None)


def _news(event: AnymailTrackingEvent) -> News | None:
    state, recipient = meaning(event), parseaddr(_word(event.recipient))[1]
    if state is None or not recipient:
        return None
    said = printable(next(filter(None, map(_sentence, (event.mta_response, event.description))), ""))
    esp_id = _word(event.message_id, longest=200)  # as much as the row holds
    return News(state, said or _WHY[state], recipient, esp_id, _our_number(event.metadata))


def _apply(news: News) -> bool:
    mail = _mail(news)
    if mail is None:
        return False
    with transaction.atomic():
        moved = _movable(mail, news).update(
            state=news.state,
            why=news.why,
            sent_at=Coalesce("sent_at", Now()),
            finished_at=Now(),
            attention_at=Now() if news.state in _ATTENTION else None,
            # Not every mail service gives our own number back with its next event.
            esp_id=Coalesce(NullIf("esp_id", Value("")), Value(news.esp_id)),
            **leases.NONE,
        )
        # Only with the move: an administrator may have said since to try this address again.
        if moved and news.state in (MailState.BOUNCED, MailState.COMPLAINED):
            suppression.suppress(mail, why=news.why)
    return bool(moved)


def _mail(news: News) -> OutgoingEmail | None:
    """Our mail that it is about, if it went to that address."""
    found = None
    if news.mail is not None:
        found = _sent_to(news.recipient).filter(pk=news.mail).first()
    if found is None and news.esp_id:
        # SQLite uses the index of this column only when its condition is repeated to the letter.
        found = _sent_to(news.recipient).extra(where=["NOT (esp_id = '')"]).filter(esp_id=news.esp_id).first()
    return found


def _sent_to(recipient: str) -> QuerySet[OutgoingEmail]:
    local, _, domain = recipient.lower().rpartition("@")
    spellings = {recipient.lower(), f"{local}@{_in_letters(domain)}"}
    mails = OutgoingEmail.objects.annotate(lower_address=Lower("to_address"))
    return mails.filter(lower_address__in=spellings).exclude(first_attempt_at=None)


def _movable(mail: OutgoingEmail, news: News) -> QuerySet[OutgoingEmail]:
    """The mail, unless it is as far already, or this is about a copy from before somebody had it sent once more."""
    not_yet = _LATER[: _LATER.index(news.state)]
    # Mailgun keeps our own Message-ID, which every copy has.
    names_a_copy = news.esp_id and str(mail.pk) not in news.esp_id
    same_copy = Q(esp_id="") | Q(esp_id=news.esp_id) if names_a_copy else Q()
    return OutgoingEmail.objects.filter(
        Q(state__in=(*_LEFT, *not_yet), unknown_outcomes=0) & same_copy
        # Of one whose outcome was unknown there may be two copies, and it may have been queued or given up since.
        | Q(unknown_outcomes__gt=0) & ~Q(state__in=set(_LATER) - set(not_yet)),
        pk=mail.pk,
        to_address=mail.to_address,
    )


def _our_number(metadata: Any) -> UUID | None:
    """The number that wire.as_email sent along."""
    try:
        return UUID(_word(metadata["mail"]))
    except (KeyError, TypeError, ValueError):
        return None


def _word(said: Any, *, longest: int = 254) -> str:
    """A number or an address; "" for what can be neither, and must not reach the database."""
    word = str(said) if isinstance(said, str | int) else ""
    return word if len(word) <= longest and word.isprintable() else ""


def _sentence(said: Any) -> str:
    return said.strip() if isinstance(said, str) else ""


def _in_letters(domain: str) -> str:
    """As payroll writes it; mail services write it as DNS does."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
