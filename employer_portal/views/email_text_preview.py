"""The preview of an e-mail text, for inside a frame: as it is now, or as it is being typed."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.html import format_html_join
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import email_texts
from accounts.models import Employer
from accounts.views.mail_frame import framed
from accounts.views.page import PortalRequest, show
from employer_portal.reach import may_act_at
from employer_portal.text_forms import PreviewForm
from employer_portal.text_panel import Which
from employer_portal.text_preview import Preview, preview_of, typed_in, why_url
from employer_portal.text_reach import text_in_reach


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: PortalRequest, message: str, language: str, employer_id: UUID | None = None) -> HttpResponse:
    """The mail itself; to htmx what stands above the frame. 422 with the faults if this text makes no mail."""
    which = text_in_reach(request, message, language, employer_id)
    if request.method != "POST":
        return _saved(request, which)
    if not may_act_at(request, which.at):
        raise PermissionDenied
    form = PreviewForm(request.POST)
    form.is_valid()  # what is wrong with the text is told by its preview
    found = preview_of(which, request.user, typed_in(form), form.cleaned_data)
    status = 200 if found.mail else 422
    if request.headers.get("HX-Request") == "true":
        return _facts(request, which, found, form, status)
    return _framed(found, form.cleaned_data.get("part"), status)


def _saved(request: PortalRequest, which: Which) -> HttpResponse:
    """As it is mailed now."""
    form = PreviewForm({**request.GET.dict(), "subject": "", "body": ""})
    form.is_valid()
    text = email_texts.text_at(**which._asdict())
    found = preview_of(which, request.user, text, form.cleaned_data, is_mailed=True)
    return _framed(found, form.cleaned_data.get("part"), 200)


def _facts(request: PortalRequest, which: Which, found: Preview, form: PreviewForm, status: int) -> HttpResponse:
    """With a hidden form in it that asks for the mail itself."""
    context = {
        "preview": found,
        "preview_url": request.path,
        "why_url": why_url(which, found.person),
        "typed": typed_in(form),
        "is_typed": True,
        "part": form.cleaned_data.get("part"),
        "employer": which.at if isinstance(which.at, Employer) else None,
    }
    return show(request, "employer_portal/_text_preview.html", context, status=status)


def _framed(found: Preview, part: str | None, status: int) -> HttpResponse:
    answer = framed(found.mail.html if found.mail else _faults(found))
    answer.status_code = status
    if found.mail and part == "plain":
        answer.content = found.mail.text.encode()
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer


def _faults(found: Preview) -> str:
    items = format_html_join("", "<li>{}</li>", ((words,) for words in found.faults))
    return f"<!DOCTYPE html><html><head><title>–</title></head><body><ul>{items}</ul></body></html>"
