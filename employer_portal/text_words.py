"""Words about e-mail texts: what each placeholder is, and where a field comes from."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mail_lists import Place
from accounts.models import Provider
from emailtemplates.catalogue import COMMON, Message
from emailtemplates.texts import TextLevel

# As payroll people would explain it to each other.
_MEANINGS: dict[str, Promise] = {
    "Aanhef": gettext_lazy("Salutation: “Dear” and the first name"),
    "Voornaam": gettext_lazy("First name of the employee"),
    "WerknemerNaam": gettext_lazy("Whole name of the employee"),
    "WerkgeverNaam": gettext_lazy("Name of the employer"),
    "ProviderNaam": gettext_lazy("Name of the provider"),
    "PortaalLink": gettext_lazy("Address of the employee portal"),
    "Link": gettext_lazy("The personal link; it becomes a button"),
    "LinkGeldigTot": gettext_lazy("Until when the link works"),
    "Reden": gettext_lazy("The reason shown to the employee, if one was filled in"),
    "Einddatum": gettext_lazy("The day on which access ends"),
    "AantalNietGedownload": gettext_lazy("How many documents were never downloaded"),
    "Gebruikersnaam": gettext_lazy("Username of the employee"),
    "Wijziging": gettext_lazy("What was changed"),
    "Tijdstip": gettext_lazy("When it was changed"),
}


@dataclass(frozen=True)
class Chip:
    """A placeholder to put into a text."""

    placeholder: str
    meaning: str
    required: bool


@dataclass(frozen=True)
class Badge:
    """Where a field comes from: a shape and a word."""

    icon: str
    label: str
    own: bool


def chips_of(message: Message) -> list[Chip]:
    """What the text may hold: what it must hold first, then what only this message knows, then the common ones."""

    def order(name: str) -> tuple[bool, bool, str]:
        return name not in message.required, name in COMMON, name

    names = sorted(message.known, key=order)
    return [Chip(f"{{{name}}}", str(_MEANINGS.get(name, "")), name in message.required) for name in names]


def badge_of(level: TextLevel, place: Place) -> Badge:
    own = TextLevel.PROVIDER if isinstance(place, Provider) else TextLevel.EMPLOYER
    if level == own:
        return Badge("leased", _("own text"), own=True)
    if level == TextLevel.PROVIDER:
        return Badge("desk", _("from provider"), own=False)
    return Badge("document", _("standard"), own=False)
