"""A mail as a list or its own page shows it: whose it is, what became of it, and what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts import invitations, mails
from accounts.mail_lists import Place
from accounts.models import Employee, Employer, HistoryEntry
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import OutgoingEmail
from employer_portal import mail_words


@dataclass(frozen=True)
class Row:
    mail: OutgoingEmail
    url: str
    label: str  # which message it is
    name: str
    person_url: str  # empty for an administrator, and for somebody who is gone
    employer: str  # where that is not clear from the page
    state_label: str
    reason: str
    next_step: str = ""
    retry_url: str = ""  # empty: not possible
    invite_url: str = ""
    handled_url: str = ""


def rows_of(found: Iterable[OutgoingEmail], place: Place) -> list[Row]:
    return [row_of(mail, place) for mail in found]


def row_of(mail: OutgoingEmail, place: Place) -> Row:
    at_provider = not isinstance(place, Employer)
    return Row(
        mail=mail,
        url=url_of("email", mail, place),
        label=str(MESSAGES[mail.message].label) if mail.message in MESSAGES else mail.message,
        name=_name(mail),
        person_url=employee_url("employee", mail.employee) if mail.employee else "",
        employer=mail.employer.name if at_provider and mail.employer else "",
        state_label=capfirst(mail.get_state_display()),
        reason=mail_words.reason_of(mail),
    )


def mail_of_entry(entry: HistoryEntry, place: Place) -> Row | None:
    """The mail that an act in the history sent."""
    return row_of(entry.mail, place) if entry.mail else None


def work_row_of(mail: OutgoingEmail, place: Place, *, can_act: bool) -> Row:
    """With the next step, and its button where there is one. `mail` comes from with_prospects()."""
    row = replace(row_of(mail, place), next_step=mail_words.next_step_of(mail))
    if not can_act:
        return row
    employee = mail.employee
    can_invite = mail.message == "invitation" and employee and invitations.why_not_invite(employee) is None
    can_retry = mails.why_not_retry(mail) is None
    return replace(
        row,
        retry_url=url_of("retry_email", mail, place) if can_retry else "",
        invite_url=employee_url("invite", employee) if employee and can_invite and not can_retry else "",
        handled_url=url_of("mark_email_handled", mail, place),
    )


def url_of(name: str, mail: OutgoingEmail, place: Place) -> str:
    """The address of a mail, or of an act upon it, at this employer or at the provider."""
    at = [place.public_id] if isinstance(place, Employer) else []
    return reverse(f"employer_portal:{name}", args=[*at, mail.pk])


def list_url(place: Place) -> str:
    if isinstance(place, Employer):
        return reverse("employer_portal:emails", args=[place.public_id])
    return reverse("employer_portal:provider_emails")


def employee_url(name: str, employee: Employee) -> str:
    return reverse(f"employer_portal:{name}", args=[employee.employer.public_id, employee.public_id])


def _name(mail: OutgoingEmail) -> str:
    if mail.employee is not None:
        return mail.employee.sorted_name
    if mail.account is not None:
        return mail.account.display_name
    return mail.to_address or _("nobody any more")
