"""A mail of the outbox, to be read by an administrator: the text for that person, with every secret blanked.

No link is made here, not even to be thrown away: what it is made of is never asked for.
"""

from collections.abc import Callable
from html import escape
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.mail_facts import approval_values, changes, moment, people_of
from accounts.models import AccessBlock, CollectiveMutation, HistoryEntry, Invitation, PasswordLink
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import REMOVED, OutgoingEmail
from emailtemplates.rendering import Rendered, render

Row = TypeVar("Row", bound=Model)


def preview_of(mail: OutgoingEmail) -> Rendered | None:
    """The mail as its person reads it. None: what it was about is gone, or its retention time is over."""
    person = people_of([mail]).get(mail.pk)
    own = _OF_MESSAGE.get(mail.message)
    if person is None or own is None or mail.why == REMOVED:
        return None
    blanks = {"Link": _("[link]"), "Code": _("[code]")}
    with translation.override(mail.language):
        known = own(mail)
        if known is None:
            return None
        values = {**person.placeholders(), **known}
    rendered = render(
        mail.message,
        mail.language,
        {**values, **{name: words for name, words in blanks.items() if name in MESSAGES[mail.message].known}},
        employer_id=mail.employer_id,
        provider_id=mail.provider_id,
    )
    # A button that leads nowhere.
    nowhere = f' href="{escape(blanks["Link"])}"'
    return Rendered(subject=rendered.subject, html=rendered.html.replace(nowhere, ""), text=rendered.text)


def _row(rows: QuerySet[Row], mail: OutgoingEmail) -> Row | None:
    """What the mail tells of."""
    return rows.filter(pk=mail.about).first() if mail.about else None


def _nothing(mail: OutgoingEmail) -> dict[str, str]:
    return {}


def _access_blocked(mail: OutgoingEmail) -> dict[str, str] | None:
    block = _row(AccessBlock.objects.all(), mail)
    return {"Reden": block.shown_reason} if block else None


def _username(mail: OutgoingEmail) -> dict[str, str] | None:
    """The name of now would be a wrong answer to what was mailed before it changed."""
    changed = HistoryEntry.objects.filter(employee=mail.employee_id, act="username_changed", at__gt=mail.created_at)
    if mail.account is None or changed.exists():
        return {"Gebruikersnaam": _("[username]")}
    return {"Gebruikersnaam": mail.account.username}


def _invitation(mail: OutgoingEmail) -> dict[str, str] | None:
    invitation = _row(Invitation.objects.all(), mail)
    return {"LinkGeldigTot": moment(invitation.expires_at)} if invitation else None


def _password_link(mail: OutgoingEmail) -> dict[str, str] | None:
    link = _row(PasswordLink.objects.all(), mail)
    return {"LinkGeldigTot": moment(link.expires_at)} if link else None


def _approval(mail: OutgoingEmail) -> dict[str, str] | None:
    mutations = CollectiveMutation.objects.select_related("employer")
    mutation = mutations.filter(public_id=mail.about).first() if mail.about else None
    return approval_values(mutation) if mutation else None


def _credentials_changed(mail: OutgoingEmail) -> dict[str, str] | None:
    change = changes().get(mail.values.get("change", ""))
    return {"Wijziging": change, "Tijdstip": moment(mail.created_at)} if change else None


_OF_MESSAGE: dict[str, Callable[[OutgoingEmail], Any]] = {
    "invitation": _invitation,
    "access_blocked": _access_blocked,
    "access_unblocked": _nothing,
    "username": _username,
    "password_reset": _password_link,
    "administrator_invitation": _password_link,
    "credentials_changed": _credentials_changed,
    "collective_approval": _approval,
    "sender_code": _nothing,
}
