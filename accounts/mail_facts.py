"""What is true about a mail's person at the moment of sending: the placeholders, or why it no longer applies.

Named by settings.EMAIL_FACTS, because the mail path may not import this app.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import activation, password_links
from accounts.models import AccessBlock, Employee, Language, PasswordLink, Provider, User
from emailtemplates.facts import Facts, NoLongerApplies
from emailtemplates.models import OutgoingEmail
from emailtemplates.rendering import Rendered, render


def facts_about(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """For each mail: every placeholder filled, with a link made on the spot; or why it must not be sent."""
    return {mail.pk: _facts(mail) for mail in mails}


def preview(message: str, employee: Employee, own: Mapping[str, str]) -> Rendered:
    """The mail as this employee would get it now, with the message's own placeholders given."""
    language = employee.language or Language.DUTCH
    with translation.override(language):
        return render(message, language, {**_of_employee(employee), **own})


def _facts(mail: OutgoingEmail) -> Facts | NoLongerApplies:
    with translation.override(mail.language):
        own = _OF_MESSAGE[mail.message](mail)
        if isinstance(own, NoLongerApplies):
            return own
        return Facts({**_common(mail), **own})


def _common(mail: OutgoingEmail) -> dict[str, str]:
    if mail.employee_id is not None:
        return _of_employee(Employee.objects.select_related("employer__provider").get(mails=mail))
    assert mail.account is not None and mail.provider is not None  # noqa: S101, PT018 - mail is for one or the other
    return _of_administrator(mail.account, mail.provider)


def _of_employee(employee: Employee) -> dict[str, str]:
    return {
        "WerkgeverNaam": employee.employer.name,
        "ProviderNaam": employee.employer.provider.name,
        "WerknemerNaam": employee.name,
        "Voornaam": employee.first_name or employee.name,
        "Aanhef": _salutation(employee.first_name or employee.name),
        "PortaalLink": settings.BASE_URL + reverse("employee_portal:home"),
    }


def _of_administrator(account: User, provider: Provider) -> dict[str, str]:
    return {
        "WerkgeverNaam": provider.name,
        "ProviderNaam": provider.name,
        "WerknemerNaam": account.display_name,
        "Voornaam": account.display_name,
        "Aanhef": _salutation(account.display_name),
        "PortaalLink": settings.BASE_URL + reverse("employer_portal:home"),
    }


def _salutation(name: str) -> str:
    return _("Dear %(name)s") % {"name": name}


def _invitation(mail: OutgoingEmail) -> dict[str, str] | NoLongerApplies:
    try:
        invitation = activation.find_by_id(_row(mail))
    except activation.InvitationNotValid:
        return NoLongerApplies(gettext_noop("the invitation ended meanwhile"))
    path = reverse("employee_portal:activate", args=[activation.token_of(invitation)])
    return {"Link": settings.BASE_URL + path, "LinkGeldigTot": _moment(invitation.expires_at)}


def _access_blocked(mail: OutgoingEmail) -> dict[str, str] | NoLongerApplies:
    # Held until the mail is marked as being sent: an unblock comes before that or after it, never in between.
    block = AccessBlock.objects.select_for_update().get(pk=_row(mail))
    if block.lifted_at is not None:
        return NoLongerApplies(gettext_noop("unblocked meanwhile"))
    return {"Reden": block.shown_reason}


def _access_unblocked(mail: OutgoingEmail) -> dict[str, str] | NoLongerApplies:
    # Held until the mail is marked as being sent: an unblock comes before that or after it, never in between.
    block = AccessBlock.objects.select_for_update().get(pk=_row(mail))
    if AccessBlock.objects.filter(employee=block.employee_id, lifted_at=None).exists():
        return NoLongerApplies(gettext_noop("blocked again meanwhile"))
    # The mail about a block has the block's id.
    if not OutgoingEmail.objects.filter(pk=block.pk).exclude(first_attempt_at=None).exists():
        return NoLongerApplies(gettext_noop("the mail about the block was never sent"))
    return {}


def _username(mail: OutgoingEmail) -> dict[str, str] | NoLongerApplies:
    employee = Employee.objects.with_access().filter(mails=mail).select_related("account").first()
    if employee is None or employee.account is None:
        return NoLongerApplies(gettext_noop("blocked meanwhile"))
    return {"Gebruikersnaam": employee.account.username}


def _password_link(mail: OutgoingEmail) -> dict[str, str] | NoLongerApplies:
    try:
        link = password_links.find_by_id(_row(mail))
    except password_links.LinkNotValid:
        return NoLongerApplies(gettext_noop("the link ended meanwhile"))
    return {"Link": settings.BASE_URL + _path(link, mail), "LinkGeldigTot": _moment(link.expires_at)}


def _path(link: PasswordLink, mail: OutgoingEmail) -> str:
    token = password_links.token_of(link)
    if mail.message == "administrator_invitation":
        return reverse("employer_portal:activate", args=[token])
    return reverse("employee_portal:set_password" if mail.employee_id else "employer_portal:set_password", args=[token])


def _credentials_changed(mail: OutgoingEmail) -> dict[str, str]:
    changes = {
        "username": _("your username was changed"),
        "password": _("your password was changed"),
        "password_by_link": _("your password was changed by a link that we mailed"),
    }
    return {"Wijziging": changes[mail.values["change"]], "Tijdstip": _moment(mail.created_at)}


def _row(mail: OutgoingEmail) -> UUID:
    assert mail.about is not None  # noqa: S101 - these messages are never put in the outbox without it
    return mail.about


def _moment(when: datetime) -> str:
    return formats.date_format(timezone.localtime(when), "j F Y, H:i")


_OF_MESSAGE: dict[str, Callable[[OutgoingEmail], dict[str, str] | NoLongerApplies]] = {
    "invitation": _invitation,
    "access_blocked": _access_blocked,
    "access_unblocked": _access_unblocked,
    "username": _username,
    "password_reset": _password_link,
    "administrator_invitation": _password_link,
    "credentials_changed": _credentials_changed,
}
