"""Stand-in for what the application knows about a mail: settings.EMAIL_FACTS names one of these functions."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from emailtemplates.facts import Facts, NoLongerApplies
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
    "Wijziging": "je wachtwoord is gewijzigd",
    "Tijdstip": "23 november 2026, 10:14",
}


def everything(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    return {mail.pk: Facts(VALUES) for mail in mails}


def nothing_applies(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    return {mail.pk: NoLongerApplies("unblocked meanwhile") for mail in mails}


def broken_for_anna(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """Fails in the database for one person, which spoils the transaction as well."""
    if any(mail.to_address == "anna@example.nl" for mail in mails):
        OutgoingEmail.objects.bulk_create(mails)  # they exist already
    return everything(mails)


def taken_over_meanwhile(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """Another worker claims the mail while this one thinks about it."""
    OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in mails]).update(lease_token=UUID(int=1))
    return everything(mails)
