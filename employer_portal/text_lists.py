"""The list of e-mail texts at one place: of every message and language, where each field comes from, since when, by whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.mail_lists import Place
from accounts.models import Employer
from emailtemplates import switches
from emailtemplates.catalogue import MESSAGES, Message
from emailtemplates.models.texts import EmailText
from emailtemplates.text_rules import FIELDS
from emailtemplates.texts import Origin, TextLevel, origin, shipped
from employer_portal.text_links import text_url
from employer_portal.text_words import Badge, badge_of


@dataclass(frozen=True)
class Cell:
    """One field of a text: where it comes from, and by whose change."""

    label: str
    badge: Badge
    changed_at: datetime | None  # None: as it was shipped
    changed_by: str


@dataclass(frozen=True)
class Row:
    message: str
    language: str
    url: str
    cells: list[Cell]
    is_off: bool
    outdated: bool  # the standard text changed since this one was made from it
    unused: bool  # it breaks a rule of today, and the level above is mailed


WORDED: dict[str, Message] = {key: message for key, message in MESSAGES.items() if message.overridable}


def level_of(place: Place) -> dict[str, Any]:
    """How rows about texts name this place."""
    if isinstance(place, Employer):
        return {"provider_id": place.provider_id, "employer_id": place.pk}
    return {"provider_id": place.pk, "employer_id": None}


def outdated_fields(own: EmailText) -> list[str]:
    """The fields with a text of one's own that was made from another standard text than that of today."""
    ours = shipped(own.message, own.language)
    return [
        field for field in FIELDS if getattr(own, field) and getattr(own, f"{field}_made_from") != getattr(ours, field)
    ]


def unused_fields(own: EmailText, place: Place) -> list[str]:
    """The fields with a text of one's own that is not mailed, because it breaks a rule of today."""
    origins = origin(own.message, own.language, **level_of(place))
    return [field for field in FIELDS if getattr(own, field) and not badge_of(getattr(origins, field).level, place).own]


def rows_of(place: Place) -> list[Row]:
    return list(_rows(place))


def _rows(place: Place) -> Iterator[Row]:
    level = level_of(place)
    texts = _texts(place)
    own_level = TextLevel.EMPLOYER if isinstance(place, Employer) else TextLevel.PROVIDER
    for key, message in WORDED.items():
        is_off = message.optional and not switches.is_on(key, **level)
        for code, name in settings.LANGUAGES:
            own = texts.get((own_level, key, code))
            yield Row(
                message=str(message.label),
                language=str(name),
                url=text_url("email_text", place, key, code),
                cells=_cells(place, texts, key, code),
                is_off=is_off,
                outdated=bool(own and outdated_fields(own)),
                unused=bool(own and unused_fields(own, place)),
            )


_Texts = dict[tuple[TextLevel, str, str], EmailText]


def _texts(place: Place) -> _Texts:
    """What this place and the level above it have stored."""
    level = level_of(place)
    found = EmailText.objects.filter(provider=level["provider_id"], employer__in=[level["employer_id"]])
    above = EmailText.objects.filter(provider=level["provider_id"], employer=None)
    return {
        (TextLevel.PROVIDER if text.employer_id is None else TextLevel.EMPLOYER, text.message, text.language): text
        for text in (above | found)
    }


def _cells(place: Place, texts: _Texts, message: str, language: str) -> list[Cell]:
    origins = origin(message, language, **level_of(place))
    return [
        _cell(_("Subject"), origins.subject, place, texts.get((origins.subject.level, message, language))),
        _cell(_("Text"), origins.body, place, texts.get((origins.body.level, message, language))),
    ]


def _cell(label: str, found: Origin, place: Place, text: EmailText | None) -> Cell:
    return Cell(
        label=label,
        badge=badge_of(found.level, place),
        changed_at=text.changed_at if text else None,
        changed_by=text.changed_by_name if text else "",
    )
