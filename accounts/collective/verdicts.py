"""What a collective mutation will do about one person, or did, and why: codes, their words, and the kind of each."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    CHANGE = "change", _("will change")
    WITHDRAW = "withdraw", _("open invitation is withdrawn")
    # Nothing to do.
    ALREADY_BLOCKED = "already_blocked", _("already blocked")
    NOT_BLOCKED = "not_blocked", _("not blocked")
    NO_ACCESS = "no_access", _("has no access")
    HAS_ACCESS = "has_access", _("has access already")
    ALREADY_INVITED = "already_invited", _("was invited already, and can still answer")
    ALREADY_WAITING = "already_waiting", _("this e-mail is already on its way")
    CHANGED_SINCE = "changed_since", _("changed by somebody since")
    ALREADY_LEFT = "already_left", _("the e-mail had left already")
    # Stopped.
    NO_ADDRESS = "no_address", _("has no e-mail address")
    BLOCKED = "blocked", _("is blocked")
    NEVER_SIGNED_IN = "never_signed_in", _("never signed in")
    MOVED = "moved", _("belongs to another employer by now")
    NO_RIGHT = "no_right", _("the maker may not act here any more")
    ADMINISTRATOR = "administrator", _("the account is an administrator's")
    FAILED = "failed", _("could not be changed; the rest went on")


class Caution(models.TextChoices):
    NO_ADDRESS = "no_address", _("no e-mail address, so not told")
    SHARED_ADDRESS = "shared_address", _("shares the e-mail address with somebody")
    BUSINESS_ADDRESS = "business_address", _("address at the employer itself, perhaps closed by now")
    OUT_OF_SERVICE = "out_of_service", _("out of service")


class Kind(models.TextChoices):
    """A verdict has one of these, and so their counts add up to the selection. An outcome never is a warning."""

    CHANGE = "change", _("will change")
    WARNING = "warning", _("will change, with a warning")
    WITHDRAW = "withdraw", _("open invitation is withdrawn")
    NOTHING = "nothing", _("nothing to do")
    STOPPED = "stopped", _("not possible")


# What changes somebody.
EFFECTIVE = (Verdict.CHANGE, Verdict.WITHDRAW)
_NOTHING = (
    Verdict.ALREADY_BLOCKED, Verdict.NOT_BLOCKED, Verdict.NO_ACCESS, Verdict.HAS_ACCESS, Verdict.ALREADY_INVITED,
    Verdict.ALREADY_WAITING, Verdict.CHANGED_SINCE, Verdict.ALREADY_LEFT,
)  # fmt: skip


def kind_of(verdict: str, warning: str = "") -> Kind:
    """A code that an older or newer version wrote counts as stopped."""
    if verdict == Verdict.CHANGE:
        return Kind.WARNING if warning else Kind.CHANGE
    if verdict == Verdict.WITHDRAW:
        return Kind.WITHDRAW
    return Kind.NOTHING if verdict in _NOTHING else Kind.STOPPED


def codes_of(kind: str) -> list[str]:
    """The verdicts of this kind; of «warning» and «change» it is the warning that tells them apart."""
    wanted = Kind.CHANGE if kind == Kind.WARNING else kind
    return [verdict.value for verdict in Verdict if kind_of(verdict) == wanted]


def affected(counts: Mapping[str, int]) -> int:
    """Of counts by kind: how many people something happens to."""
    return sum(counts.get(kind, 0) for kind in (Kind.CHANGE, Kind.WARNING, Kind.WITHDRAW))
