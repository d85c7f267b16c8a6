"""A mail as it goes out: as bytes for a mail server, as Django's EmailMessage for a mail service."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from emailtemplates.models import OutgoingEmail
from emailtemplates.rendering import Rendered, render
from emailtemplates.senders import From
from emailtemplates.smtp import Envelope
from emailtemplates.wire import Letter, as_bytes, as_email, envelope
from tests.emailtemplates.facts import VALUES

DATE = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
PORTAL = From("Salarisportaal", "portaal@example.nl")


def letter_to(address: str = "anna@example.nl", *, sender: From = PORTAL, rendered: Rendered | None = None) -> Letter:
    mail = OutgoingEmail(
        id=UUID("11111111-2222-3333-4444-555555555555"), message="username", language="en", to_address=address
    )
    return Letter(mail, rendered or render("username", "en", VALUES), sender)


def on_the_wire(letter: Letter) -> Envelope:
    return envelope(letter, as_bytes(letter), DATE)


def read(letter: Letter) -> EmailMessage:
    message = message_from_bytes(on_the_wire(letter).content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_headers_tell_a_copy_from_a_new_mail() -> None:
    message = read(letter_to())

    assert message["Message-ID"] == "<11111111-2222-3333-4444-555555555555@example.nl>"
    assert message["Date"] == "Mon, 23 Nov 2026 09:14:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["From"] == "Salarisportaal <portaal@example.nl>"
    assert message["To"] == "anna@example.nl"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_two_copies_are_the_same_to_the_byte() -> None:
    assert on_the_wire(letter_to()) == on_the_wire(letter_to())


def test_a_mail_service_gets_what_a_mail_server_gets() -> None:
    letter = letter_to(sender=From("Bakkerij van Dam", "portaal@example.nl", reply_to="loon@bakkerij.example"))
    email = as_email(letter)
    email.extra_headers["Date"] = "Mon, 23 Nov 2026 09:14:00 +0000"
    by_service = message_from_bytes(email.message().as_bytes(), policy=policy.default)
    by_server = read(letter)

    for name in ("Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "Content-Language", "Reply-To"):
        assert by_service[name] == by_server[name], name
    texts = [
        [part.get_content().replace("\r\n", "\n").strip() for part in message.walk() if not part.is_multipart()]
        for message in (by_service, by_server)
    ]
    assert texts[0] == texts[1]


READABLE = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=400)


@given(text=READABLE, html=READABLE, subject=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_what_is_written_is_what_is_read(text: str, html: str, subject: str) -> None:
    subject = " ".join(subject.split())
    rendered = Rendered(subject=subject, html=html, text=text)
    wire = on_the_wire(letter_to(rendered=rendered)).content

    message = message_from_bytes(wire, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = [part.get_content().replace("\r\n", "\n") for part in message.walk() if not part.is_multipart()]
    assert parts == [text, html]
    assert " ".join(str(message["Subject"] or "").split()) == subject
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "a@x.nl, b@evil.example",
        "a@x.nl\r\nRCPT TO:<b@evil.example>",
        "Anna <a@x.nl>",
        "a@x.nl;b@x.nl",
        "anna",
        "",
        "a" * 400 + "@x.nl",
    ],
)
def test_only_exactly_one_address_is_mailed(address: str) -> None:
    for write in (as_bytes, as_email):
        with pytest.raises(ValidationError):
            write(letter_to(address))


def test_a_domain_in_other_letters_is_written_as_dns_has_it() -> None:
    assert on_the_wire(letter_to("anna@bücher.example")).recipient == "anna@xn--bcher-kva.example"


def test_a_subject_or_sender_cannot_add_a_header() -> None:
    rendered = Rendered(subject="Hello\r\nBcc: a@evil.example", html="x", text="x")
    message = read(letter_to(rendered=rendered, sender=From("Linde\r\nBcc: b@evil.example", "portaal@example.nl")))

    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: a@evil.example"


@pytest.mark.parametrize("esp", ["postmark", "mailgun", "sendgrid"])
def test_links_are_not_tracked(esp: str, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"anymail.backends.{esp}.EmailBackend"

    email = as_email(letter_to())

    assert vars(email)["track_clicks"] is vars(email)["track_opens"] is False
    assert vars(email)["metadata"] == {"mail": "11111111-2222-3333-4444-555555555555"}


@pytest.mark.parametrize("esp", ["resend", "brevo"])
def test_providers_that_refuse_to_be_asked_about_tracking_are_not_asked(esp: str, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"anymail.backends.{esp}.EmailBackend"

    assert "track_clicks" not in vars(as_email(letter_to()))
