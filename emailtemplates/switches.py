"""Which optional messages are on: as the employer has it, else the provider, else the catalogue."""

from typing import Any

from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import MessageSwitch


def is_on(message: str, *, provider_id: int | None, employer_id: int | None) -> bool:
    """Whether this message is sent for this employer; what is not optional always is."""
    if not MESSAGES[message].optional:
        return True
    chosen: dict[int | None, bool] = dict(
        MessageSwitch.objects.filter(message=message, provider=provider_id).values_list("employer_id", "is_on")
    )
    return chosen.get(employer_id, chosen.get(None, MESSAGES[message].on_by_default))


def set_switch(*, message: str, provider_id: int, employer_id: int | None, is_on: bool | None) -> None:
    """Switch a message for an employer, or with None for the whole provider. `is_on` None: as the level above has it."""
    at: dict[str, Any] = {"message": message, "provider_id": provider_id, "employer_id": employer_id}
    if is_on is None:
        MessageSwitch.objects.filter(**at).delete()
    else:
        MessageSwitch.objects.update_or_create(**at, defaults={"is_on": is_on})
