"""What the page of one e-mail text shows around the fields: origins, placeholders, versions, what became out of date."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from accounts import email_texts
from accounts.mail_lists import Place
from emailtemplates.models.texts import EmailText, TextVersion
from emailtemplates.text_rules import FIELDS
from emailtemplates.texts import Origins, Text, origin, shipped
from employer_portal.paging import Slice, slice_of
from employer_portal.text_difference import Piece, difference
from employer_portal.text_lists import WORDED, level_of, outdated_fields, unused_fields
from employer_portal.text_words import Badge, Chip, badge_of, chips_of


class Which(NamedTuple):
    """One text, as the acts of accounts.email_texts name it."""

    at: Place
    message: str
    language: str

    def origins(self) -> Origins:
        return origin(self.message, self.language, **level_of(self.at))


@dataclass(frozen=True)
class Changed:
    """A field, and what became of it."""

    label: str
    pieces: list[Piece]


@dataclass(frozen=True)
class VersionRow:
    version: TextVersion
    what: str
    changed: list[Changed]
    can_be_put_back: bool


@dataclass(frozen=True)
class Outdated:
    """A field whose standard text changed: what changed in that, and what had been changed here before."""

    label: str
    standard: list[Piece]
    own: list[Piece]


@dataclass(frozen=True)
class TextPanel:
    label: str
    badges: dict[str, Badge]
    chips: list[Chip]
    above: Text
    has_own: bool
    outdated: list[Outdated]
    unused: list[str]  # labels of fields that are not mailed
    versions: list[VersionRow]
    page: Slice


def labels() -> dict[str, str]:
    return {"subject": _("Subject"), "body": _("Text")}


def shown_text(own: EmailText, above: Text) -> Text:
    """What stands in the fields: one's own, also one that is not used, else that of the level above."""
    return Text(subject=own.subject or above.subject, body=own.body or above.body)


def text_panel(which: Which, own: EmailText, *, page: str | None) -> TextPanel:
    origins = which.origins()
    versions = email_texts.versions(**which._asdict())
    found = slice_of(versions, page)
    return TextPanel(
        label=str(WORDED[which.message].label),
        badges={field: badge_of(getattr(origins, field).level, which.at) for field in FIELDS},
        chips=chips_of(WORDED[which.message]),
        above=email_texts.text_above(**which._asdict()),
        has_own=bool(own.subject or own.body),
        outdated=[_outdated(own, field) for field in outdated_fields(own)],
        unused=[labels()[field] for field in unused_fields(own, which.at)],
        versions=list(_rows(found.object_list, versions, own)),
        page=found,
    )


def _outdated(own: EmailText, field: str) -> Outdated:
    then, now = getattr(own, f"{field}_made_from"), getattr(shipped(own.message, own.language), field)
    return Outdated(labels()[field], standard=difference(then, now), own=difference(then, getattr(own, field)))


def _rows(shown: list[TextVersion], versions: Any, own: EmailText) -> Iterator[VersionRow]:
    """Each with what it changed in the one before."""
    if not shown:
        return
    earlier = versions.filter(number=shown[-1].number - 1).first()
    for version, before in zip(shown, [*shown[1:], earlier], strict=True):
        what = version.get_change_display()
        if version.restored:
            what = _("Version %(number)d put back") % {"number": version.restored}
        is_now = all(getattr(version, field) == getattr(own, field) for field in FIELDS)
        yield VersionRow(version, what, list(_changed(before, version)), can_be_put_back=not is_now)


def _changed(before: TextVersion | None, after: TextVersion) -> Iterator[Changed]:
    for field, label in labels().items():
        old, new = getattr(before, field, ""), getattr(after, field)
        if old != new:
            yield Changed(label, difference(old, new))
