"""Which optional messages are on: as the employer has it, else the provider, else the catalogue."""

from collections.abc import Iterable
from typing import Any

from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import MessageSwitch


def is_on(message: str, *, provider_id: int | None, employer_id: int | None) -> bool:
    """Whether this message is sent for this employer; what is not optional always is."""
    if not MESSAGES[message].optional:
        return True
    chosen = _chosen(message, provider_id)
    return chosen.get(employer_id, chosen.get(None, MESSAGES[message].on_by_default))


def where_on(message: str, *, provider_id: int, employers: Iterable[int]) -> list[int]:
    """Of these employers of one provider, those where this message is sent."""
    if not MESSAGES[message].optional:
        return list(employers)
    chosen = _chosen(message, provider_id)
    otherwise = chosen.get(None, MESSAGES[message].on_by_default)
    return [employer for employer in employers if chosen.get(employer, otherwise)]


def set_switch(*, message: str, provider_id: int, employer_id: int | None, is_on: bool | None) -> None:
    """Switch a message for an employer, or with None for the whole provider. `is_on` None: as the level above has it."""
    at: dict[str, Any] = {"message": message, "provider_id": provider_id, "employer_id": employer_id}
    if is_on is None:
        MessageSwitch.objects.filter(**at).delete()
    else:
        MessageSwitch.objects.update_or_create(**at, defaults={"is_on": is_on})


def _chosen(message: str, provider_id: int | None) -> dict[int | None, bool]:
    """By employer; None is the provider itself."""
    return dict(MessageSwitch.objects.filter(message=message, provider=provider_id).values_list("employer_id", "is_on"))
