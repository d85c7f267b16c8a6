"""What is true about a mail at the moment of sending. Who knows that lives higher up, so it is named by a setting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from emailtemplates.models import OutgoingEmail


@dataclass(frozen=True)
class Facts:
    values: Mapping[str, str]  # every placeholder of the message, by name


@dataclass(frozen=True)
class NoLongerApplies:
    why: str  # such as "unblocked meanwhile"


def facts_about(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    """For each mail: what to fill in, or why it must not be sent. Asked inside the transaction that starts sending."""
    ask: Callable[[Sequence[OutgoingEmail]], Mapping[UUID, Facts | NoLongerApplies]]
    ask = import_string(settings.EMAIL_FACTS)
    return ask(mails)
