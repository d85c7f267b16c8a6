"""What is true about a mail's person at the moment of sending: the placeholders, or why it no longer applies.

Named by settings.EMAIL_FACTS, because the mail path may not import this app.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from accounts import activation, mail_verdicts, password_links, sender_codes
from accounts.collective.acts import ACTS
from accounts.collective.verdicts import affected
from accounts.models import (
    AccessBlock,
    CollectiveMutation,
    Employee,
    Employer,
    Invitation,
    Language,
    MutationState,
    PasswordLink,
    Provider,
    User,
)
from accounts.models.employee import name_of
from emailtemplates.facts import Facts, NoLongerApplies, Source
from emailtemplates.models import OutgoingEmail, Sender
from emailtemplates.one_of import one_of
from emailtemplates.rendering import Rendered, render

Mails = Sequence[OutgoingEmail]
Own = Mapping[UUID, dict[str, str]]


class Person(NamedTuple):
    """As a mail names somebody."""

    name: str
    first_name: str
    username: str
    employer: str
    provider: str
    portal: str

    def placeholders(self) -> dict[str, str]:
        return {
            "WerkgeverNaam": self.employer,
            "ProviderNaam": self.provider,
            "WerknemerNaam": self.name,
            "Voornaam": self.first_name,
            "Aanhef": _("Dear %(name)s") % {"name": self.first_name},
            "PortaalLink": self.portal,
        }


def facts_about(mails: Mails) -> Mapping[UUID, Facts | NoLongerApplies]:
    """For each mail: every placeholder filled, with a link made on the spot; or why it must not be sent.

    A fixed number of queries, however many mails: one about the people and one for each message.
    """
    people = people_of(mails)
    facts: dict[UUID, Facts | NoLongerApplies] = {}
    for (message, language), alike in _grouped(mails).items():
        with translation.override(language):
            own = _OF_MESSAGE[message](alike)
            for mail in alike:
                pk = mail.pk
                person = people.get(pk)
                if person is None or pk not in own:
                    facts[pk] = NoLongerApplies(mail_verdicts.why_not(mail))
                else:
                    username = {"Gebruikersnaam": person.username} if message == "username" else {}
                    facts[pk] = Facts({**person.placeholders(), **username, **own[pk]})
    return facts


def preview(message: str, employee: Employee, own: Mapping[str, str]) -> Rendered:
    """The mail as this employee would get it now, with the message's own placeholders given."""
    language = employee.language or Language.DUTCH
    person = Person(
        name=employee.name,
        first_name=employee.first_name or employee.name,
        username=employee.account.username if employee.account else "",
        employer=employee.employer.name,
        provider=employee.employer.provider.name,
        portal=_portal("employee_portal"),
    )
    with translation.override(language):
        values = {**person.placeholders(), **own}
    return render(
        message, language, values, employer_id=employee.employer_id, provider_id=employee.employer.provider_id
    )


def people_of(mails: Mails) -> dict[UUID, Person]:
    """Whom each mail is to; without those that are gone."""
    return {**_employees(mails), **_administrators(mails), **_mailboxes(mails)}


def moment(when: datetime) -> str:
    """As a mail says a time."""
    return formats.date_format(timezone.localtime(when), "j F Y, H:i")


def changes() -> dict[str, str]:
    """What can have changed of somebody's credentials, as a mail says it."""
    return {
        "username": _("your username was changed"),
        "password": _("your password was changed"),
        "password_by_link": _("your password was changed by a link that we mailed"),
    }


def _grouped(mails: Mails) -> Mapping[tuple[str, str], list[OutgoingEmail]]:
    groups: dict[tuple[str, str], list[OutgoingEmail]] = defaultdict(list)
    for mail in mails:
        groups[mail.message, mail.language].append(mail)
    return groups


def _employees(mails: Mails) -> dict[UUID, Person]:
    columns = ("pk", "initials", "first_name", "prefix", "last_name", "account__username", "employer__name")
    found = Employee.objects.filter(one_of("pk", {mail.employee_id for mail in mails if mail.employee_id}))
    portal = _portal("employee_portal")
    people = {}
    for pk, initials, first, prefix, last, username, employer, provider in found.values_list(
        *columns, "employer__provider__name"
    ):
        name = name_of(first, initials, prefix, last)
        people[pk] = Person(name, first or name, username or "", employer, provider, portal)
    return {mail.pk: people[mail.employee_id] for mail in mails if mail.employee_id in people}


def _administrators(mails: Mails) -> dict[UUID, Person]:
    own = [mail for mail in mails if mail.employee_id is None and mail.account_id is not None]
    if not own:
        return {}
    accounts = User.objects.in_bulk({mail.account_id for mail in own})
    providers = Provider.objects.in_bulk({mail.provider_id for mail in own})
    portal = _portal("employer_portal")
    people = {}
    for mail in own:
        account, provider = accounts.get(mail.account_id), providers.get(mail.provider_id)
        if account is not None and provider is not None:
            name = account.display_name
            people[mail.pk] = Person(name, name, account.username, provider.name, provider.name, portal)
    return people


def _mailboxes(mails: Mails) -> dict[UUID, Person]:
    """A code goes to an address of the bureau or employer, and to whoever reads it."""
    own = [mail for mail in mails if mail.employee_id is None and mail.account_id is None]
    if not own:
        return {}
    providers = Provider.objects.in_bulk({mail.provider_id for mail in own})
    employers = Employer.objects.in_bulk({mail.employer_id for mail in own})
    portal = _portal("employer_portal")
    people = {}
    for mail in own:
        provider, employer = providers.get(mail.provider_id), employers.get(mail.employer_id)
        if provider is not None:
            name = (employer or provider).name
            people[mail.pk] = Person(name, name, "", provider.name, provider.name, portal)
    return people


def _portal(namespace: str) -> str:
    return settings.BASE_URL + reverse(f"{namespace}:home")


def _nothing(mails: Mails) -> Own:
    return {mail.pk: {} for mail in mails}


def _access_blocked(mails: Mails) -> Own:
    blocks = AccessBlock.objects.filter(one_of("pk", [mail.about for mail in mails]), lifted_at=None)
    reasons = dict(blocks.values_list("pk", "shown_reason"))
    return {mail.pk: {"Reden": reasons[mail.about]} for mail in mails if mail.about in reasons}


def _invitations(mails: Mails) -> Own:
    good = Invitation.objects.usable().in_bulk([mail.about for mail in mails])
    return {mail.pk: _invitation(good[mail.about]) for mail in mails if mail.about in good}


def _invitation(invitation: Invitation) -> dict[str, str]:
    path = reverse("employee_portal:activate", args=[activation.token_of(invitation)])
    return {"Link": settings.BASE_URL + path, "LinkGeldigTot": moment(invitation.expires_at)}


def _password_links(mails: Mails) -> Own:
    links = PasswordLink.objects.good().select_related("user").in_bulk([mail.about for mail in mails])
    return {mail.pk: _password_link(links[mail.about], mail) for mail in mails if mail.about in links}


def _password_link(link: PasswordLink, mail: OutgoingEmail) -> dict[str, str]:
    token = password_links.token_of(link)
    if mail.message == "administrator_invitation":
        path = reverse("employer_portal:activate", args=[token])
    else:
        path = reverse(
            "employee_portal:set_password" if mail.employee_id else "employer_portal:set_password", args=[token]
        )
    return {"Link": settings.BASE_URL + path, "LinkGeldigTot": moment(link.expires_at)}


def _credentials_changed(mails: Mails) -> Own:
    words = changes()
    changed = OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in mails]).values_list("pk", "created_at", "values")
    return {pk: {"Wijziging": words[values["change"]], "Tijdstip": moment(when)} for pk, when, values in changed}


def _sender_codes(mails: Mails) -> Own:
    senders = Sender.objects.filter(provider__in={mail.provider_id for mail in mails}).exclude(code_hash="")
    at: dict[tuple[int | None, int | None, str], Sender] = {
        (sender.provider_id, sender.employer_id, sender.address): sender for sender in senders
    }
    found = {mail.pk: at.get((mail.provider_id, mail.employer_id, mail.to_address)) for mail in mails}
    return {
        pk: {"Code": sender_codes.code_of(sender)}
        for pk, sender in found.items()
        if sender is not None and sender_codes.still_holds(sender)
    }


def _approvals(mails: Mails) -> Own:
    waiting = CollectiveMutation.objects.select_related("employer").filter(
        public_id__in=[mail.about for mail in mails], state=MutationState.WAITING
    )
    found = {mutation.public_id: mutation for mutation in waiting}
    return {mail.pk: _approval(found[mail.about]) for mail in mails if mail.about in found}


def _approval(mutation: CollectiveMutation) -> dict[str, str]:
    if mutation.employer is None:
        path = reverse("employer_portal:provider_mutation", args=[mutation.public_id])
    else:
        path = reverse("employer_portal:mutation", args=[mutation.employer.public_id, mutation.public_id])
    return {"Link": settings.BASE_URL + path, **approval_values(mutation)}


def approval_values(mutation: CollectiveMutation) -> dict[str, str]:
    """What the mail that asks for approval says about a mutation, but for the link."""
    return {
        "LinkGeldigTot": moment(mutation.approve_until) if mutation.approve_until else "",
        "Mutatie": str(ACTS[mutation.act].label),
        "Aantal": str(affected(mutation.verdicts)),
        "Aanvrager": mutation.maker_name,
        **({"WerkgeverNaam": mutation.employer.name} if mutation.employer else {}),
    }


_OF_MESSAGE: dict[str, Callable[[Mails], Any]] = {
    "invitation": _invitations,
    "access_blocked": _access_blocked,
    "access_unblocked": _nothing,
    "username": _nothing,
    "password_reset": _password_links,
    "administrator_invitation": _password_links,
    "credentials_changed": _credentials_changed,
    "collective_approval": _approvals,
    "sender_code": _sender_codes,
}
SOURCE = Source(
    facts_about=facts_about, may_be_handed_over=mail_verdicts.may_be_handed_over, why_not=mail_verdicts.why_not
)
