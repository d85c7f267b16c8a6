"""Every message that is ever mailed: when it may be filled with what, and whether it can be switched or worded."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A worker takes the lowest number first: somebody sits waiting, somebody asked, the rest.
WAITED_FOR, ASKED_FOR, THE_REST = 0, 1, 5

# Until when it is worth handing over. Somebody who waits for a link asks for another one after a quarter of an hour, and
# must not be surprised by the first; what happened to one's access is still news after a weekend.
WHILE_WAITED_FOR, FOR_A_DAY, FOR_DAYS = timedelta(minutes=15), timedelta(days=1), timedelta(days=3)

COMMON = frozenset({"WerkgeverNaam", "ProviderNaam", "WerknemerNaam", "Voornaam", "Aanhef", "PortaalLink"})
LINK = frozenset({"Link", "LinkGeldigTot"})


@dataclass(frozen=True)
class Message:
    """One kind of mail. `placeholders` are those besides the common ones; `required` of them must be in its text."""

    key: str
    label: str | Promise
    placeholders: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    on_by_default: bool = True
    optional: bool = False  # a provider or employer may switch it
    overridable: bool = True  # a provider or employer may word it
    priority: int = THE_REST
    lifetime: timedelta = FOR_DAYS
    link_label: str | Promise = ""  # what stands on the button that {Link} becomes

    @property
    def known(self) -> frozenset[str]:
        """Every placeholder its text may hold."""
        return COMMON | self.placeholders


def _message(key: str, label: Promise, **facts: Any) -> tuple[str, Message]:
    return key, Message(key=key, label=label, **facts)


MESSAGES: dict[str, Message] = dict(
    [
        _message(
            "invitation",
            _("Invitation"),
            placeholders=LINK,
            required=frozenset({"Link"}),
            priority=ASKED_FOR,
            link_label=_("Set up your access"),
        ),
        _message("access_blocked", _("Access blocked"), placeholders=frozenset({"Reden"})),
        _message("access_unblocked", _("Access unblocked"), on_by_default=False, optional=True),
        _message(
            "access_end_announced",
            _("End of access announced"),
            placeholders=frozenset({"Einddatum", "AantalNietGedownload"}),
            required=frozenset({"Einddatum"}),
        ),
        _message(
            "username",
            _("Username"),
            placeholders=frozenset({"Gebruikersnaam"}),
            required=frozenset({"Gebruikersnaam"}),
            priority=ASKED_FOR,
            lifetime=FOR_A_DAY,
        ),
        _message(
            "password_reset",
            _("Forgotten password"),
            placeholders=LINK,
            required=frozenset({"Link"}),
            priority=WAITED_FOR,
            lifetime=WHILE_WAITED_FOR,
            link_label=_("Choose a new password"),
        ),
        _message(
            "credentials_changed",
            _("Sign-in details changed"),
            placeholders=frozenset({"Wijziging", "Tijdstip"}),
            on_by_default=False,
            optional=True,
        ),
        _message(
            "administrator_invitation",
            _("Invitation of an administrator"),
            placeholders=LINK,
            required=frozenset({"Link"}),
            overridable=False,
            priority=ASKED_FOR,
            link_label=_("Choose a password"),
        ),
        _message(
            "collective_approval",
            _("Approval of a collective mutation"),
            placeholders=frozenset({"Link", "LinkGeldigTot", "Mutatie", "Aantal", "Aanvrager"}),
            required=frozenset({"Link"}),
            overridable=False,
            priority=ASKED_FOR,
            link_label=_("Look at it"),
        ),
        _message(
            "sender_code",
            _("Code for the address of the sender"),
            placeholders=frozenset({"Code"}),
            required=frozenset({"Code"}),
            overridable=False,
            priority=WAITED_FOR,
            lifetime=FOR_A_DAY,
        ),
    ]
)
