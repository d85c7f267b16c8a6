"""Optional messages: on or off for a provider or an employer."""

from typing import Any

from django.db import transaction

from accounts import history
from accounts.actor import Actor
from accounts.models import Employer, Provider
from accounts.permissions import require_manager_of_employer, require_manager_of_provider
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import MessageSwitch
from emailtemplates.switches import set_switch


@transaction.atomic
def switch_message(*, at: Provider | Employer, message: str, is_on: bool | None, by: Actor) -> bool:
    """Switch an optional message on or off at this level; None: as the level above has it. False: nothing changed."""
    if isinstance(at, Provider):
        require_manager_of_provider(by, at)
    else:
        require_manager_of_employer(by, at)
    before = own_switches(at)[message]
    if before == is_on:
        return False
    set_switch(message=message, is_on=is_on, **_level(at))
    history.record("message_switched", about=at, by=by, before=_word(message, before), after=_word(message, is_on))
    return True


def own_switches(at: Provider | Employer) -> dict[str, bool | None]:
    """Every optional message as this level itself has it; None: as the level above."""
    chosen = dict(MessageSwitch.objects.filter(**_level(at)).values_list("message", "is_on"))
    return {key: chosen.get(key) for key, message in MESSAGES.items() if message.optional}


def _level(at: Provider | Employer) -> dict[str, Any]:
    if isinstance(at, Provider):
        return {"provider_id": at.pk, "employer_id": None}
    return {"provider_id": at.provider_id, "employer_id": at.pk}


def _word(message: str, is_on: bool | None) -> str:
    return f"{message}: {'as above' if is_on is None else 'on' if is_on else 'off'}"
