"""From text and facts to a mail, ready to be sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import OutgoingEmail
from emailtemplates.placeholders import fill_html, fill_text
from emailtemplates.plain_text import plain_text
from emailtemplates.texts import Text, resolve

# These let us say of one mail that its links are not to be followed and its opening not to be watched. The other mail
# providers refuse the question: there tracking is switched off in the account.
_TRACKING_PER_MAIL = ("anymail.backends.postmark.", "anymail.backends.mailgun.", "anymail.backends.sendgrid.")


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str


def render(
    message: str,
    language: str,
    values: Mapping[str, str],
    *,
    employer_id: int | None = None,
    provider_id: int | None = None,
) -> Rendered:
    """The whole mail, in this language, with these values filled in."""
    text = resolve(message, language, employer_id, provider_id)
    with override(language):
        return _framed(text, language, values, link_label=str(MESSAGES[message].link_label))


def as_email(mail: OutgoingEmail, rendered: Rendered) -> EmailMultiAlternatives:
    """The mail as it goes on the wire, to exactly one address. Raises ValidationError if it is not one.

    Number and date come from the row, so a copy sent after a crash can be recognised as a copy.
    """
    validate_email(mail.to_address)
    email = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.to_address],
        headers={
            "Message-ID": f"<{mail.pk}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
            **({"Date": format_datetime(mail.first_attempt_at)} if mail.first_attempt_at else {}),
        },
    )
    email.attach_alternative(rendered.html, "text/html")
    if settings.EMAIL_BACKEND.startswith(_TRACKING_PER_MAIL):
        email.track_clicks = email.track_opens = False  # type: ignore[attr-defined]
    return email


def _framed(text: Text, language: str, values: Mapping[str, str], *, link_label: str) -> Rendered:
    # The link is a secret; a subject is shown on locked screens.
    subject = " ".join(fill_text(text.subject, {**values, "Link": "{Link}"}).split())
    footer = _footer(values)
    html = render_to_string(
        "emails/frame.html",
        {
            "language": language,
            "subject": subject,
            "heading": values["WerkgeverNaam"],
            # The text was checked when it was saved, and the values are escaped while filling.
            "body": mark_safe(fill_html(text.body, values, link_label=link_label)),
            "footer": footer,
        },
    )
    # An empty value leaves an empty paragraph.
    plain = re.sub(r"\n{3,}", "\n\n", fill_text(plain_text(text.body), values)).strip()
    return Rendered(subject=subject, html=html, text=f"{plain}\n\n-- \n{footer}\n")


def _footer(values: Mapping[str, str]) -> str:
    """Who sends this, for whom, and why one gets it."""
    names = {"provider": values["ProviderNaam"], "employer": values["WerkgeverNaam"]}
    if names["provider"] == names["employer"]:
        return _("This message was sent automatically by %(provider)s, because you have an account there.") % names
    return (
        _(
            "This message was sent automatically by %(provider)s on behalf of %(employer)s, because you work or worked there."
        )
        % names
    )
