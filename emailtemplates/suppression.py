"""Addresses that do not take mail: they get no more until somebody says to try again, or payroll has another address."""

from django.db.models import QuerySet

from emailtemplates.models import OutgoingEmail, SuppressedAddress


def suppress(mail: OutgoingEmail, *, why: str) -> None:
    """Send nothing more to the address of this mail."""
    if mail.provider_id is not None:
        SuppressedAddress.objects.get_or_create(
            provider_id=mail.provider_id, address=mail.to_address.lower(), defaults={"why": why}
        )


def suppressed(*, provider_id: int, address: str) -> QuerySet[SuppressedAddress]:
    """The row that keeps mail from this address; empty when there is none."""
    return SuppressedAddress.objects.filter(provider=provider_id, address=address.lower())


def try_again(*, provider_id: int, address: str) -> bool:
    """Take the address for good again. False if it was not suppressed."""
    return bool(suppressed(provider_id=provider_id, address=address).delete()[0])
