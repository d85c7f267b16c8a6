"""Which text a message has: for each field the employer's own, else the provider's, else the shipped one.

Only in the language of the mail: a level that has worded the Dutch text and not the English one has said nothing about
the English one, and who reads English is better served by the shipped English than by somebody's own Dutch. Where even
no text is shipped in a language, the field is the shipped Dutch one.

A stored field that breaks a rule of today is passed over, as if that level had none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.db.models import Q

from emailtemplates import text_rules
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models.texts import EmailText
from emailtemplates.one_of import one_of

DEFAULTS = Path(__file__).parent / "defaults"
FALLBACK_LANGUAGE = "nl"


@dataclass(frozen=True)
class Text:
    subject: str
    body: str  # in the small HTML, with placeholders


class Key(NamedTuple):
    """What a text is asked for; no provider: a mail of nobody, which has the shipped text."""

    message: str
    language: str
    employer_id: int | None
    provider_id: int | None


class TextLevel(StrEnum):
    EMPLOYER = "employer"
    PROVIDER = "provider"
    SHIPPED = "shipped"


@dataclass(frozen=True)
class Origin:
    """Where one field comes from; `version` is None for a shipped one."""

    level: TextLevel
    language: str
    version: int | None = None


@dataclass(frozen=True)
class Origins:
    subject: Origin
    body: Origin


class _Own(NamedTuple):
    """What one level has stored."""

    level: TextLevel
    version: int
    subject: str
    body: str


# By provider, employer or None for the provider itself, message and language.
_Stored = Mapping[tuple[int | None, int | None, str, str], _Own]


@cache
def shipped(message: str, language: str) -> Text:
    """The text that comes with Sleutelbos; in Dutch for a language that has none."""
    path = DEFAULTS / _shipped_language(message, language) / f"{message}.txt"
    first, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    return Text(subject=first.removeprefix("Subject:").strip(), body=body.strip())


def resolve(message: str, language: str, employer_id: int | None, provider_id: int | None) -> Text:
    """The text this message has for this employer of this provider; without an employer, for the provider itself."""
    key = Key(message, language, employer_id, provider_id)
    return resolve_all([key])[key]


def resolve_all(keys: Collection[Key]) -> Mapping[Key, Text]:
    """The text for each, in one query however many there are; no query if all of them are only ever shipped.

    A message that is not in the catalogue has no text: that mail fails by itself, and not its whole batch.
    """
    known = [key for key in keys if key.message in MESSAGES]
    stored = _stored(known)
    return {key: _resolved(key, stored) for key in known}


def origin(message: str, language: str, employer_id: int | None, provider_id: int | None) -> Origins:
    """Why the text that `resolve` gives is this one."""
    key = Key(message, language, employer_id, provider_id)
    levels = list(_levels(key, _stored([key])))
    otherwise = Origin(TextLevel.SHIPPED, _shipped_language(message, language))
    subject = next((own for own in levels if _counts(message, "subject", own.subject)), None)
    body = next((own for own in levels if _counts(message, "body", own.body)), None)
    return Origins(
        subject=Origin(subject.level, language, subject.version) if subject else otherwise,
        body=Origin(body.level, language, body.version) if body else otherwise,
    )


def outdated_fields(text: EmailText) -> list[text_rules.Field]:
    """The fields that were made from a shipped text which an upgrade changed since."""
    ours = shipped(text.message, text.language)
    return [
        field
        for field in text_rules.FIELDS
        if getattr(text, field) and getattr(text, f"{field}_made_from") != getattr(ours, field)
    ]


def _stored(keys: Collection[Key]) -> _Stored:
    worded = {key for key in keys if key.provider_id is not None and MESSAGES[key.message].overridable}
    if not worded:
        return {}
    employers = {key.employer_id for key in worded if key.employer_id is not None}
    rows = EmailText.objects.filter(
        Q(employer=None) | Q(one_of("employer_id", employers)),
        one_of("provider_id", {key.provider_id for key in worded}),
        message__in={key.message for key in worded},
        language__in={key.language for key in worded},
    )
    columns = rows.values_list("provider_id", "employer_id", "message", "language", "version", "subject", "body")
    return {
        (provider, employer, message, language): _Own(
            TextLevel.PROVIDER if employer is None else TextLevel.EMPLOYER, version, subject, body
        )
        for provider, employer, message, language, version, subject, body in columns
    }


def _resolved(key: Key, stored: _Stored) -> Text:
    otherwise = shipped(key.message, key.language)
    levels = list(_levels(key, stored))
    if not levels:
        return otherwise
    return Text(
        subject=next(
            (own.subject for own in levels if _counts(key.message, "subject", own.subject)), otherwise.subject
        ),
        body=next((own.body for own in levels if _counts(key.message, "body", own.body)), otherwise.body),
    )


def _levels(key: Key, stored: _Stored) -> Iterator[_Own]:
    """What the levels of this key have stored, the nearest first."""
    employers = [None] if key.employer_id is None else [key.employer_id, None]
    for employer in employers:
        own = stored.get((key.provider_id, employer, key.message, key.language))
        if own is not None:
            yield own


def _counts(message: str, field: text_rules.Field, text: str) -> bool:
    return text != "" and text_rules.is_proper(message, field, text)


def _shipped_language(message: str, language: str) -> str:
    return language if (DEFAULTS / language / f"{message}.txt").is_file() else FALLBACK_LANGUAGE
