"""Addresses of e-mail texts, at an employer or at the provider."""

from typing import Any

from django.urls import reverse

from accounts.mail_lists import Place
from accounts.models import Employer


def text_url(name: str, place: Place, *args: Any) -> str:
    """The address of this name of text_urls.py, at that employer or at the provider."""
    if isinstance(place, Employer):
        return reverse(f"employer_portal:{name}", args=[place.public_id, *args])
    return reverse(f"employer_portal:provider_{name}", args=args)
