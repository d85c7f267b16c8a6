"""The e-mail texts of an employer or the provider as a list; and why somebody gets the text that they get."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import Language
from accounts.views.page import PortalRequest
from employer_portal.reach import employee_in_reach, place_in_reach
from employer_portal.text_links import text_url
from employer_portal.text_lists import WORDED, rows_of
from employer_portal.text_panel import Which
from employer_portal.text_why import fields_of
from employer_portal.views.desk import show_desk


@require_safe
def email_texts(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    context = {"place": place, "rows": rows_of(place), "at_texts": True}
    return show_desk(request, "employer_portal/email_texts.html", context, at=place)


@require_safe
def why(request: PortalRequest, employer_id: UUID, message: str, employee_id: UUID) -> HttpResponse:
    """Of one employee and message: where each field of the mail comes from."""
    person = employee_in_reach(request, employer_id, employee_id)
    if message not in WORDED:
        raise Http404
    place, language = person.employer, person.language or Language.DUTCH
    which = Which(place, message, language)
    context = {
        "place": place,
        "person": person,
        "label": WORDED[message].label,
        "language_name": dict(settings.LANGUAGES)[language],
        "fields": fields_of(which),
        "texts_url": text_url("email_texts", place),
        "preview_url": text_url("email_text_preview", place, message, language) + f"?person={person.public_id}",
        "at_texts": True,
    }
    return show_desk(request, "employer_portal/email_text_why.html", context, at=place)
