"""The texts of e-mails as a provider or an employer words them: save, back to the level above, put a version back."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts import history
from accounts.actor import Actor
from accounts.models import Employer, Provider
from accounts.permissions import require_manager_of_employer, require_manager_of_provider
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models.texts import EmailText, TextChange, TextVersion
from emailtemplates.text_rules import FIELDS, Fault, as_stored, faults_of, image_hosts_of
from emailtemplates.texts import Text, resolve, shipped

Level = Provider | Employer

_COLUMNS = [f"{field}{part}" for field in FIELDS for part in ("", "_made_from")]


class NotOverridable(Exception):
    """This message is worded by Sleutelbos alone, or there is no such message or language."""


class NotProper(Exception):
    """The text breaks rules; `faults` says which, each with its field and place."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class SomebodyElseSaved(Exception):
    """The text is no longer the version that was being changed; `theirs` is what it is now."""

    def __init__(self, theirs: EmailText) -> None:
        super().__init__(f"version {theirs.version}")
        self.theirs = theirs


class NoSuchVersion(Exception):
    """There is no version of this number."""


def own_text(*, at: Level, message: str, language: str) -> EmailText:
    """What this level itself has; an empty one of version 0, not saved, where it never worded this."""
    key = {**_level(at), "message": message, "language": language}
    return EmailText.objects.filter(**key).first() or EmailText(**key)


def text_at(*, at: Level, message: str, language: str) -> Text:
    """What this level mails now."""
    level = _level(at)
    return resolve(message, language, level["employer_id"], level["provider_id"])


def text_above(*, at: Level, message: str, language: str) -> Text:
    """What this level would mail if it had nothing of its own."""
    if isinstance(at, Provider):
        return shipped(message, language)
    return resolve(message, language, None, at.provider_id)


def versions(*, at: Level, message: str, language: str) -> QuerySet[TextVersion]:
    """Every version of this level's own text, the newest first."""
    own = EmailText.objects.filter(**_level(at), message=message, language=language)
    return TextVersion.objects.filter(text__in=own).order_by("-number")


def faults(*, at: Level, message: str, subject: str, body: str) -> list[Fault]:
    """Why these could not be saved at this level; empty: they can."""
    return faults_of(message, subject, body, image_hosts=image_hosts_of(_level(at)["provider_id"]))


@transaction.atomic
def save_text(
    *,
    at: Level,
    message: str,
    language: str,
    subject: str,
    body: str,
    by: Actor,
    expected_version: int,
    compared: bool = False,
) -> bool:
    """Word a message at this level. What is empty or the same as above is not stored. False: nothing changed.

    `expected_version` is that of the `own_text` that was being changed. `compared`: the shipped text of today was
    looked at, so this one is no longer out of date. Raises NotAllowed, NotOverridable, NotProper, SomebodyElseSaved.
    """
    _require(by, at, message, language)
    subject, body = as_stored(subject), as_stored(body)
    text, above = _held(at, message, language), text_above(at=at, message=message, language=language)
    fields = {"subject": "" if subject == above.subject else subject, "body": "" if body == above.body else body}
    if found := faults(at=at, message=message, **fields):
        raise NotProper(found)
    wanted = {**fields, **_made_from(text, fields, anew=compared)}
    if _is(text, wanted):
        return False
    if text.version != expected_version:
        raise SomebodyElseSaved(text)
    _change(at, text, wanted, by=by, change=TextChange.SAVED)
    return True


@transaction.atomic
def back_to_above(*, at: Level, message: str, language: str, by: Actor, fields: Collection[str] = FIELDS) -> bool:
    """Have no wording of one's own any more, of both fields or one. False: there was none.

    Raises NotAllowed, NotOverridable.
    """
    _require(by, at, message, language)
    text = _held(at, message, language)
    wanted = {f"{field}{part}": "" for field in fields for part in ("", "_made_from")}
    if _is(text, wanted):
        return False
    _change(at, text, wanted, by=by, change=TextChange.BACK_TO_ABOVE)
    return True


@transaction.atomic
def restore_version(*, at: Level, message: str, language: str, number: int, by: Actor) -> bool:
    """Put back an earlier version, as a new one. False: it is so already.

    Raises NotAllowed, NotOverridable, NoSuchVersion, and NotProper if it breaks a rule of today.
    """
    _require(by, at, message, language)
    text = _held(at, message, language)
    earlier = text.versions.filter(number=number).first()
    if earlier is None:
        raise NoSuchVersion
    if found := faults(at=at, message=message, subject=earlier.subject, body=earlier.body):
        raise NotProper(found)
    wanted = {column: getattr(earlier, column) for column in _COLUMNS}
    if _is(text, wanted):
        return False
    _change(at, text, wanted, by=by, change=TextChange.RESTORED, restored=number)
    return True


def _require(by: Actor, at: Level, message: str, language: str) -> None:
    if isinstance(at, Provider):
        require_manager_of_provider(by, at)
    else:
        require_manager_of_employer(by, at)
    if message not in MESSAGES or not MESSAGES[message].overridable or language not in dict(settings.LANGUAGES):
        raise NotOverridable


def _held(at: Level, message: str, language: str) -> EmailText:
    """The row of this level, kept from changing until the act is over."""
    rows = EmailText.objects.select_for_update()
    return rows.get_or_create(**_level(at), message=message, language=language)[0]


def _made_from(text: EmailText, fields: dict[str, str], *, anew: bool) -> dict[str, str]:
    """The shipped text that each field was made from: who only mends a word of an own text has not looked at ours."""
    ours = shipped(text.message, text.language)
    made_from = {}
    for field, words in fields.items():
        keeps = getattr(text, field) != "" and not anew
        now = getattr(text, f"{field}_made_from") if keeps else getattr(ours, field)
        made_from[f"{field}_made_from"] = now if words else ""
    return made_from


def _is(text: EmailText, wanted: dict[str, str]) -> bool:
    return all(getattr(text, column) == value for column, value in wanted.items())


def _change(
    at: Level, text: EmailText, wanted: dict[str, str], *, by: Actor, change: TextChange, restored: int | None = None
) -> None:
    number = text.version + 1
    EmailText.objects.filter(pk=text.pk).update(
        **wanted, version=F("version") + 1, changed_at=Now(), changed_by_name=by.name
    )
    text.refresh_from_db()
    TextVersion.objects.create(
        text=text,
        number=number,
        change=change,
        restored=restored,
        changed_by=by.user,
        changed_by_name=by.name,
        **{column: getattr(text, column) for column in _COLUMNS},
    )
    name = f"{text.message}/{text.language}"
    history.record("text_changed", about=at, by=by, before=f"{name} {number - 1}", after=f"{name} {number}")


def _level(at: Level) -> dict[str, Any]:
    if isinstance(at, Provider):
        return {"provider_id": at.pk, "employer_id": None}
    return {"provider_id": at.provider_id, "employer_id": at.pk}
