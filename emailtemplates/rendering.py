"""Makes a mail out of a text and facts. What is shown as a preview is made here too, so it is the mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from emailtemplates.models import OutgoingEmail
from emailtemplates.placeholders import fill_html, fill_line
from emailtemplates.plain_text import plain_text
from emailtemplates.texts import shipped


class NotOneAddress(Exception):
    """What stands as the recipient is not exactly one e-mail address; nothing may go on the wire."""


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str


def render(message: str, language: str, values: Mapping[str, str]) -> Rendered:
    """The mail in that language, with every placeholder filled."""
    text = shipped(message, language)
    with translation.override(language):
        subject = fill_line(text.subject, values)
        body = fill_html(text.body, values, link_text=_link_text(message))
        footer = _footer(values)
        # The body is a text of ours whose values were escaped while filling.
        context = {"subject": subject, "body": mark_safe(body), "footer": footer, "language": language}  # noqa: S308
        html = render_to_string("emails/frame.html", context)
    return Rendered(subject, html, f"{plain_text(body)}\n-- \n{footer}\n")


def as_email(mail: OutgoingEmail, rendered: Rendered) -> EmailMultiAlternatives:
    """Ready to hand over. Every copy of one mail has the same Message-ID and Date, so that a repeat is recognised."""
    try:
        validate_email(mail.to_address)
    except ValidationError:
        raise NotOneAddress from None
    assert mail.first_attempt_at is not None  # noqa: S101 - set before anything is handed over
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    email = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        to=[mail.to_address],
        headers={
            "Message-ID": f"<{mail.pk}@{host}>",
            "Date": format_datetime(mail.first_attempt_at),
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
        },
    )
    email.attach_alternative(rendered.html, "text/html")
    return email


def _link_text(message: str) -> str:
    words = {
        "invitation": _("Activate access"),
        "password_reset": _("Choose a new password"),
        "administrator_invitation": _("Choose a password"),
    }
    return words.get(message, _("Open the portal"))


def _footer(values: Mapping[str, str]) -> str:
    if values["WerkgeverNaam"] == values["ProviderNaam"]:
        return _("You get this e-mail from %(provider)s because you have an account there.") % {
            "provider": values["ProviderNaam"]
        }
    return _("You get this e-mail from %(provider)s, which does the payroll of %(employer)s, your employer.") % {
        "provider": values["ProviderNaam"],
        "employer": values["WerkgeverNaam"],
    }
