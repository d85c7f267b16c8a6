"""From text and facts to what is read. The mail that is sent and the one that is previewed come from here alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from emailtemplates.catalogue import MESSAGES
from emailtemplates.placeholders import fill_html, fill_text
from emailtemplates.plain_text import plain_text
from emailtemplates.texts import Text, resolve

_SEVERAL_EMPTY_LINES = re.compile(r"\n{3,}")


class Rendered(NamedTuple):  # made for each mail, and much quicker than a frozen dataclass
    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class _Frame:
    """A text in its frame, with every placeholder still open: the same for all mails of one kind."""

    subject: str
    html: str
    text: str
    link_label: str


def render(
    message: str,
    language: str,
    values: Mapping[str, str],
    *,
    employer_id: int | None = None,
    provider_id: int | None = None,
) -> Rendered:
    """The whole mail, in this language, with these values filled in, as this employer of this provider words it."""
    return render_text(resolve(message, language, employer_id, provider_id), message, language, values)


def render_text(text: Text, message: str, language: str, values: Mapping[str, str]) -> Rendered:
    """The whole mail that this text makes."""
    on_behalf = values["ProviderNaam"] != values["WerkgeverNaam"]
    frame = _framed(text, message, language, on_behalf=on_behalf)
    # The link is a secret; a subject is shown on locked screens, and so it stays unfilled there.
    subject = " ".join(fill_text(frame.subject, {**values, "Link": "{Link}"}).split())
    # An empty value leaves an empty paragraph.
    plain = _SEVERAL_EMPTY_LINES.sub("\n\n", fill_text(frame.text, values).strip())
    return Rendered(subject=subject, html=fill_html(frame.html, values, link_label=frame.link_label), text=f"{plain}\n")


@lru_cache(maxsize=512)
def _framed(text: Text, message: str, language: str, *, on_behalf: bool) -> _Frame:
    """Everything that Django's templates and translations add. They take longer than all the rest of a mail."""
    with override(language):
        footer = _footer(on_behalf=on_behalf)
        html = render_to_string(
            "emails/frame.html",
            {
                "language": language,
                "subject": text.subject.replace("{Link}", ""),
                "heading": "{WerkgeverNaam}",
                # The text was checked when it was saved, and the values are escaped while filling.
                "body": mark_safe(text.body),
                "footer": footer,
            },
        )
        label = str(MESSAGES[message].link_label)
    return _Frame(subject=text.subject, html=html, text=f"{plain_text(text.body)}\n\n-- \n{footer}", link_label=label)


def _footer(*, on_behalf: bool) -> str:
    """Who sends this, for whom, and why one gets it."""
    names = {"provider": "{ProviderNaam}", "employer": "{WerkgeverNaam}"}
    if not on_behalf:
        return _("This message was sent automatically by %(provider)s, because you have an account there.") % names
    return (
        _(
            "This message was sent automatically by %(provider)s on behalf of %(employer)s, because you work or worked there."
        )
        % names
    )
