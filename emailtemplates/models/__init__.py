"""The outbox, what is known of hosts, addresses and senders, and which optional messages are on."""

from emailtemplates.models.outgoing import (
    FINAL,
    IN_HAND,
    NOT_HANDED_OVER,
    REMOVED,
    TAKEN,
    UNDELIVERED,
    UNDERWAY,
    WAITING,
    MailState,
    OutgoingEmail,
)
from emailtemplates.models.senders import Sender, SenderDomain
from emailtemplates.models.sending import MailHost, SuppressedAddress
from emailtemplates.models.switches import MessageSwitch
from emailtemplates.models.texts import EmailText, TextChange, TextVersion

__all__ = [
    "FINAL",
    "IN_HAND",
    "NOT_HANDED_OVER",
    "REMOVED",
    "TAKEN",
    "UNDELIVERED",
    "UNDERWAY",
    "WAITING",
    "EmailText",
    "MailHost",
    "MailState",
    "MessageSwitch",
    "OutgoingEmail",
    "Sender",
    "SenderDomain",
    "SuppressedAddress",
    "TextChange",
    "TextVersion",
]
