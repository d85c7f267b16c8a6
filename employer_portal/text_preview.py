"""The preview of an e-mail text: for whom it is, and what the mail says, or why it cannot be shown."""

from dataclasses import dataclass
from typing import Any

from accounts import email_texts
from accounts.models import Employee, User
from emailtemplates.rendering import Rendered
from emailtemplates.senders import From, senders_of
from emailtemplates.text_rules import Fault
from emailtemplates.texts import Text
from employer_portal import text_samples
from employer_portal.text_forms import PreviewForm, words_of
from employer_portal.text_links import text_url
from employer_portal.text_lists import level_of
from employer_portal.text_panel import Which


@dataclass(frozen=True)
class Preview:
    mail: Rendered | None  # None: it cannot be shown
    faults: list[str]
    person: Employee | None  # None: the sample person
    choices: list[Employee]  # others who fit what was looked for
    nobody: bool  # somebody was looked for, and is not there
    sender: From


def preview_of(which: Which, user: User, typed: Text, asked: dict[str, Any], *, is_mailed: bool = False) -> Preview:
    """What is typed, as a mail to the person that was asked for. An empty field is as the level above has it.

    `is_mailed`: it is what goes out now, and so it is shown whatever the rules for saving say of it.
    """
    person, choices = _readers(which, user, asked)
    above = email_texts.text_above(**which._asdict())
    text = Text(subject=typed.subject.strip() or above.subject, body=typed.body.strip() or above.body)
    faults: list[Fault] = []
    if not is_mailed:
        faults = email_texts.faults(at=which.at, message=which.message, subject=text.subject, body=text.body)
    mail = None
    if not faults:
        mail = text_samples.mail_of(text, which.message, which.language, place=which.at, employee=person)
    return Preview(
        mail=mail,
        faults=[words_of(fault) for fault in faults],
        person=person,
        choices=choices,
        nobody=bool((asked.get("find") or "").strip()) and person is None,
        sender=_sender(which, person),
    )


def why_url(which: Which, person: Employee | None) -> str:
    """Where it is told why this person gets this text; empty for the sample person."""
    return text_url("email_text_why", person.employer, which.message, person.public_id) if person else ""


def typed_in(form: PreviewForm) -> Text:
    """The text in a form, also in one that has faults."""
    return Text(subject=form["subject"].value() or "", body=form["body"].value() or "")


def _readers(which: Which, user: User, asked: dict[str, Any]) -> tuple[Employee | None, list[Employee]]:
    """Who was asked for, and those to choose from."""
    found = text_samples.found_at(which.at, user, asked.get("find") or "")
    public_id = asked.get("person")
    chosen = next((each for each in found if each.public_id == public_id), None)
    if chosen is None and public_id and not found:
        chosen = text_samples.person_at(which.at, user, public_id) if not asked.get("find") else None
    if chosen is None:
        chosen = found[0] if found else None
    return chosen, found if len(found) > 1 else []


def _sender(which: Which, person: Employee | None) -> From:
    level = level_of(person.employer if person else which.at)
    key = (level["provider_id"], level["employer_id"])
    return senders_of({key})[key]
