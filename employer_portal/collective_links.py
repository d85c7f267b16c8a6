"""Addresses of collective mutations, at an employer or at the provider."""

from typing import Any

from django.urls import reverse

from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, Employer


def collective_url(name: str, place: Place, *args: Any) -> str:
    """The address of this name of collective_urls.py, at that employer or at the provider."""
    if isinstance(place, Employer):
        return reverse(f"employer_portal:{name}", args=[place.public_id, *args])
    return reverse(f"employer_portal:provider_{name}", args=args)


def mutation_url(name: str, mutation: CollectiveMutation) -> str:
    """The address of this mutation, or of an act upon it, at the place where it was made."""
    return collective_url(name, mutation.employer or mutation.provider, mutation.public_id)
