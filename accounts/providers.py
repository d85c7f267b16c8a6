"""Providers: making one. That is done by whoever installs Sleutelbos, not by an administrator."""

from django.db import transaction

from accounts import history
from accounts.actor import Actor
from accounts.models import Provider
from accounts.permissions import NotAllowed


class SlugTaken(Exception):
    """Another provider has this slug. Holds that provider's name."""


@transaction.atomic
def create_provider(*, name: str, slug: str, by: Actor) -> bool:
    """Make a payroll bureau, without administrators and employers yet. False if it was there already."""
    if by.user is not None:
        raise NotAllowed
    provider, created = Provider.objects.get_or_create(slug=slug, defaults={"name": name})
    if provider.name != name:
        raise SlugTaken(provider.name)
    if created:
        history.record("provider_created", about=provider, by=by)
    return created
