"""A mail as it goes out: as bytes for a mail server, as Django's EmailMessage for a mail service.

Number, date and every other byte come from the row, so that a copy sent after a crash can be recognised as a copy.
"""

import binascii
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import NamedTuple
from uuid import uuid5

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email

from emailtemplates.models import OutgoingEmail
from emailtemplates.rendering import Rendered
from emailtemplates.senders import From
from emailtemplates.smtp import Envelope

# Mail services that let us say of one mail that its links are not to be followed and its opening not to be watched.
# The others refuse the question: there tracking is switched off in the account.
_TRACKING_PER_MAIL = {
    "mailersend", "mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost", "unisender_go",
}  # fmt: skip
# These take no number of ours along; their events are known by their own number only.
_WITHOUT_OUR_NUMBER = {"mailersend", "postal"}


# Of a mail on the wire (RFC 5322).
LONGEST_LINE = 998


class Letter(NamedTuple):
    """A mail, written, to exactly one address."""

    mail: OutgoingEmail
    rendered: Rendered
    sender: From


def as_bytes(letter: Letter) -> bytes:
    """For a mail server: the whole mail but its Date. Raises ValidationError if the address is not exactly one."""
    validate_email(letter.mail.to_address)
    boundary = f"={letter.mail.pk.hex}"
    lines = [
        *(f"{name}: {value}" for name, value in _headers(letter).items()),
        f"From: {_from(letter.sender)}",
        f"To: {_ascii(letter.mail.to_address)}",
        f"Subject: {_folded(letter.rendered.subject)}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        *_part("plain", letter.rendered.text),
        f"--{boundary}",
        *_part("html", letter.rendered.html),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def envelope(letter: Letter, content: bytes, date: datetime) -> Envelope:
    """What goes over the wire; `date` is that of the first attempt."""
    return Envelope(
        sender=_bounce_address(settings.DEFAULT_FROM_EMAIL),
        recipient=_ascii(letter.mail.to_address),
        content=_date(date) + content,
    )


@lru_cache(maxsize=64)
def _date(date: datetime) -> bytes:
    """The mails of a batch have the same one."""
    return f"Date: {format_datetime(date)}\r\n".encode("ascii")


def as_email(letter: Letter) -> EmailMultiAlternatives:
    """For a mail service or a folder: all but its Date. Raises ValidationError if the address is not exactly one."""
    validate_email(letter.mail.to_address)
    email = EmailMultiAlternatives(
        subject=letter.rendered.subject,
        body=letter.rendered.text,
        from_email=formataddr((" ".join(letter.sender.name.split()), letter.sender.address)),
        to=[letter.mail.to_address],
        headers=_headers(letter),
    )
    email.attach_alternative(letter.rendered.html, "text/html")
    esp = mail_service()
    if esp and esp not in _WITHOUT_OUR_NUMBER:
        # Comes back in the events, also in those that arrive before we know the mail service's own number.
        email.metadata = {"mail": str(letter.mail.pk)}  # type: ignore[attr-defined]
    if esp in _TRACKING_PER_MAIL:
        email.track_clicks = email.track_opens = False  # type: ignore[attr-defined]
    if esp == "brevo":
        email.extra_headers["idempotencyKey"] = promise_key(letter.mail)
    return email


def mail_service() -> str:
    """The one that the settings name, as Anymail calls it; empty: none, but a mail server or a folder."""
    backend: str = settings.EMAIL_BACKEND
    return backend.removeprefix("anymail.backends.").rpartition(".")[0] if backend.startswith("anymail.") else ""


def promise_key(mail: OutgoingEmail) -> str:
    """The same for each repeat of a mail, so that a mail service can take it once; another one when somebody has it
    sent once more, which is what gives it a new last moment."""
    return str(uuid5(mail.pk, str(mail.expires_at)))


def _headers(letter: Letter) -> dict[str, str]:
    headers = {
        "Message-ID": f"<{letter.mail.pk}@{_bounce_address(settings.DEFAULT_FROM_EMAIL).rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": letter.mail.language,
    }
    return {**headers, "Reply-To": letter.sender.reply_to} if letter.sender.reply_to else headers


@lru_cache
def _bounce_address(our_address: str) -> str:
    """Where mail servers send what they cannot deliver: always to us, whoever stands under From."""
    return _ascii(parseaddr(our_address)[1])


def _part(kind: str, text: str) -> tuple[str, ...]:
    """As it is where it may go as it is, which is also the quickest to write and to read."""
    head = f'Content-Type: text/{kind}; charset="utf-8"'
    lines = text.replace("\r\n", "\n").split("\n")
    if text.isascii() and max(map(len, lines)) <= LONGEST_LINE:
        return head, "Content-Transfer-Encoding: 7bit", "", *lines
    encoded = binascii.b2a_qp("\n".join(lines).encode(), istext=True).replace(b"\n", b"\r\n")
    return head, "Content-Transfer-Encoding: quoted-printable", "", encoded.decode("ascii")


@lru_cache(maxsize=1024)
def _folded(text: str) -> str:
    """A header of any length and in any letters, in lines of mail's own length. Never a second header."""
    text = " ".join(text.split())
    header = Header(text, charset="us-ascii" if text.isascii() else "utf-8", header_name="Subject")
    return header.encode(linesep="\r\n")


@lru_cache(maxsize=1024)
def _from(sender: From) -> str:
    return formataddr((" ".join(sender.name.split()), _ascii(sender.address)))


@lru_cache(maxsize=4096)
def _ascii(address: str) -> str:
    """The address with its domain as DNS writes it."""
    local, _, domain = address.rpartition("@")
    return address if address.isascii() else f"{local}@{domain.encode('idna').decode('ascii')}"
