"""What an event of a mail service means for the mail: Anymail gives it one name, and drops how final it is."""

import re
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from emailtemplates.models import MailState

_PLAIN = {
    EventType.QUEUED: MailState.SENT,
    EventType.SENT: MailState.SENT,
    EventType.DELIVERED: MailState.DELIVERED,
    EventType.DEFERRED: MailState.DEFERRED,
    EventType.COMPLAINED: MailState.COMPLAINED,
    EventType.FAILED: MailState.FAILED,
}
# Of Amazon SES and Resend; Anymail has no name for these.
_WITHOUT_A_NAME = {
    "DeliveryDelay": MailState.DEFERRED,
    "email.failed": MailState.FAILED,
    "email.suppressed": MailState.BOUNCED,
}
# Before sending, the mail service knew this of the address.
_ABOUT_THE_ADDRESS = (RejectReason.INVALID, RejectReason.BOUNCED, RejectReason.SPAM, RejectReason.UNSUBSCRIBED)
# Bounces that may pass, in the words of Postmark; Brevo and Mandrill; MailerSend; Amazon SES and Resend; SendGrid;
# SparkPost (its numbers).
_SOFT = {
    "SoftBounce", "soft_bounce", "soft_bounced", "Transient", "Undetermined", "Temporary", "blocked",
    "1", "20", "21", "22", "23", "24", "40", "70",
}  # fmt: skip
# Mailgun gave up, SparkPost was refused for what the mail is or whom it is from, Postmark found a virus.
_ABOUT_THE_MAIL = {"old", "espblock", "25", "50", "51", "52", "53", "54", "VirusNotification"}
# «5.7.1 refused by policy» and the like are about the sender.
_POLICY = re.compile(r"\b5\.7\.\d+")


def meaning(event: AnymailTrackingEvent) -> MailState | None:
    """The state it brings a mail in; None: none. Bounced is only what says that the address takes no mail at all."""
    words = _own_words(event.esp_event)
    match event.event_type:
        case EventType.BOUNCED:
            return _bounce(event, words)
        case EventType.REJECTED:
            known = event.reject_reason in _ABOUT_THE_ADDRESS or _is_on_a_list(event.esp_event)
            return MailState.BOUNCED if known else MailState.FAILED
        case EventType.UNKNOWN:
            return next((state for word, state in _WITHOUT_A_NAME.items() if word in words), None)
    return _PLAIN.get(event.event_type)


def _bounce(event: AnymailTrackingEvent, words: set[str]) -> MailState:
    if words & _SOFT or "hard_bounce: False" in words:
        return MailState.DEFERRED
    if words & _ABOUT_THE_MAIL or _POLICY.search(str(event.mta_response or "")):
        return MailState.FAILED
    return MailState.BOUNCED


def _is_on_a_list(said: Any) -> bool:
    """Whether the address itself is closed at Brevo or Postmark. Mailjet's «blocked» has the cause under «error»."""
    if not isinstance(said, dict):
        return False
    return said.get("Type") == "ManuallyDeactivated" or (said.get("event") == "blocked" and "error" not in said)


def _own_words(said: Any) -> set[str]:
    """By what names the mail service itself calls what happened, wherever in its event they stand."""
    words: set[str] = set()
    for path in _PATHS:
        found = said
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, str | int) and not isinstance(found, bool):
            words.add(str(found))
    if isinstance(said, dict) and said.get("hard_bounce") is False:  # Mailjet
        words.add("hard_bounce: False")
    return words


_PATHS = (
    ("Type",),  # Postmark
    ("event",),  # Brevo, Mandrill
    ("type",),  # SendGrid, Resend
    ("data", "type"),  # MailerSend
    ("data", "bounce", "type"),  # Resend
    ("bounce", "bounceType"),  # Amazon SES
    ("eventType",),  # Amazon SES
    ("event-data", "reason"),  # Mailgun
    ("msys", "message_event", "bounce_class"),  # SparkPost
)
