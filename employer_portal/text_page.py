"""What the page of one e-mail text is shown with, besides its forms."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts import email_texts
from accounts.models import Employer, User
from emailtemplates import switches
from emailtemplates.models.texts import EmailText
from emailtemplates.text_rules import as_stored
from emailtemplates.texts import Text
from employer_portal.text_difference import Piece, difference
from employer_portal.text_forms import PreviewForm, TextForm
from employer_portal.text_links import text_url
from employer_portal.text_lists import WORDED, level_of
from employer_portal.text_panel import Changed, Which, labels, shown_text, text_panel
from employer_portal.text_preview import preview_of


@dataclass(frozen=True)
class Conflict:
    """What somebody else saved meanwhile, and how it differs from what was typed."""

    theirs: EmailText
    text: Text
    differences: list[Changed]


def text_context(
    which: Which, own: EmailText, user: User, *, form: TextForm | None, is_theirs: bool, page: str | None
) -> dict[str, Any]:
    """`form`: that which was sent and comes back; `is_theirs`: `own` was saved by somebody else meanwhile."""
    above = email_texts.text_above(**which._asdict())
    saved = shown_text(own, above)
    typed = _typed(form) if form else saved
    return {
        "place": which.at,
        "panel": text_panel(which, own, page=page),
        "language_name": dict(settings.LANGUAGES)[which.language],
        "text_language": which.language,
        "own": own,
        "conflict": _conflict(own, saved, typed) if is_theirs else None,
        # After a conflict the one in the form is an answer to theirs.
        "version": own.version if form is None or is_theirs else form["version"].value(),
        "preview": preview_of(which, user, typed, {}),
        "typed": typed,
        "preview_form": PreviewForm(),
        "is_typed": form is not None,
        "is_off": WORDED[which.message].optional and not switches.is_on(which.message, **level_of(which.at)),
        "texts_url": text_url("email_texts", which.at),
        "here": text_url("email_text", *which),
        "preview_url": text_url("email_text_preview", *which),
        "settings_url": text_url("employer_settings" if isinstance(which.at, Employer) else "settings", which.at),
        "at_texts": True,
    }


def _typed(form: TextForm) -> Text:
    return Text(subject=form["subject"].value() or "", body=form["body"].value() or "")


def _conflict(theirs: EmailText, text: Text, typed: Text) -> Conflict:
    pairs: list[tuple[str, list[Piece]]] = [
        (label, difference(getattr(text, field), as_stored(getattr(typed, field)))) for field, label in labels().items()
    ]
    return Conflict(theirs, text, [Changed(label, pieces) for label, pieces in pairs])
