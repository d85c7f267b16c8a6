"""What is true about a mail at the moment of sending. Who knows that lives higher up, so it is named by a setting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from emailtemplates.models import OutgoingEmail


@dataclass(frozen=True)
class Facts:
    values: Mapping[str, str]  # every placeholder of the message, by name


@dataclass(frozen=True)
class NoLongerApplies:
    why: str  # such as "unblocked meanwhile"


@dataclass(frozen=True)
class Source:
    """The three things that are asked about mails; settings.EMAIL_FACTS names the one that answers."""

    # For each mail: what to fill in, or why it must not be sent.
    facts_about: Callable[[Sequence[OutgoingEmail]], Mapping[UUID, Facts | NoLongerApplies]]
    # The condition under which these mails may be handed over. Asked inside the transaction that does, and keeps what
    # it depends on from changing until that ends.
    may_be_handed_over: Callable[[Sequence[OutgoingEmail]], Q]
    # Why that condition does not hold for this one.
    why_not: Callable[[OutgoingEmail], str]


def source() -> Source:
    found = import_string(settings.EMAIL_FACTS)
    assert isinstance(found, Source)  # noqa: S101 - a fault of the wiring
    return found
