"""Finds an e-mail text for an administrator, within reach; whatever lies outside does not exist: 404."""

from uuid import UUID

from django.conf import settings
from django.http import Http404

from accounts.views.page import PortalRequest
from employer_portal.reach import place_in_reach
from employer_portal.text_lists import WORDED
from employer_portal.text_panel import Which


def text_in_reach(request: PortalRequest, message: str, language: str, employer_id: UUID | None) -> Which:
    """That of a message that can be worded, in a language that we speak."""
    place = place_in_reach(request, employer_id)
    if message not in WORDED or language not in dict(settings.LANGUAGES):
        raise Http404
    return Which(place, message, language)
