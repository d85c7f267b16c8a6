"""Stand-in for what the application knows about a mail: settings.EMAIL_FACTS names one of these sources."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django.db.models import Q

from emailtemplates.facts import Facts, NoLongerApplies, Source
from emailtemplates.models import OutgoingEmail

LINK = "http://localhost/employee/set-password/secret-token/"

VALUES = {
    "WerkgeverNaam": "Bakkerij Van Dam",
    "ProviderNaam": "Salarisbureau De Linde",
    "WerknemerNaam": "Anna de Vries",
    "Voornaam": "Anna",
    "Aanhef": "Beste Anna",
    "PortaalLink": "http://localhost/employee/",
    "Link": LINK,
    "LinkGeldigTot": "27 november 2026, 10:14",
    "Reden": "Je bent uit dienst.",
    "Einddatum": "31 december 2026",
    "AantalNietGedownload": "3",
    "Gebruikersnaam": "anna",
    "Code": "01234567",
    "Mutatie": "Toegang blokkeren",
    "Aantal": "120",
    "Aanvrager": "C. de Wit",
    "Wijziging": "je wachtwoord is gewijzigd",
    "Tijdstip": "23 november 2026, 10:14",
}


def _all_known(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    return {mail.pk: Facts(VALUES) for mail in mails}


def _none_applies(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    return {mail.pk: NoLongerApplies("unblocked meanwhile") for mail in mails}


def _broken_for_anna(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """Fails in the database for one person, which spoils the transaction as well."""
    if any(mail.to_address == "anna@example.nl" for mail in mails):
        OutgoingEmail.objects.bulk_create(mails)  # they exist already
    return _all_known(mails)


def _taken_over_meanwhile(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """Another worker claims the mails while this one thinks about them."""
    OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in mails]).update(lease_token=UUID(int=1))
    return _all_known(mails)


def _source(
    facts_about: Callable[[Sequence[OutgoingEmail]], Mapping[UUID, Facts | NoLongerApplies]], condition: Q | None = None
) -> Source:
    return Source(facts_about, lambda _mails: condition or Q(pk__isnull=False), lambda _mail: "unblocked meanwhile")


everything = _source(_all_known)
nothing_applies = _source(_none_applies)
# By the facts it applies; by the time it is to be handed over it does not.
nothing_may_go = _source(_all_known, ~Q(message="access_blocked"))
broken_for_anna = _source(_broken_for_anna)
taken_over_meanwhile = _source(_taken_over_meanwhile)
