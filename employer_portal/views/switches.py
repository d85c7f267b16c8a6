"""The settings of the provider and of one employer: which optional messages are on, and in whose name mail goes out."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Employer, Provider
from accounts.permissions import NotAllowed
from accounts.senders import may_manage
from accounts.switches import own_switches, switch_message
from accounts.views.page import PortalRequest, posted
from employer_portal.approval_forms import CeilingForm
from employer_portal.ceiling_panel import ceiling_panel
from employer_portal.forms import SwitchForm
from employer_portal.reach import employer_in_reach, provider_in_reach
from employer_portal.sender_forms import CodeForm, SenderForm
from employer_portal.sender_panel import sender_panel
from employer_portal.views.desk import show_desk

_WORDS = {None: "", True: "on", False: "off"}


@require_http_methods(["GET", "HEAD", "POST"])
def provider_settings(request: PortalRequest) -> HttpResponse:
    return _settings(request, provider_in_reach(request))


@require_http_methods(["GET", "HEAD", "POST"])
def employer_settings(request: PortalRequest, employer_id: UUID) -> HttpResponse:
    return _settings(request, employer_in_reach(request, employer_id))


def settings_page(
    request: PortalRequest,
    at: Provider | Employer,
    *,
    form: SwitchForm | None = None,
    sender_form: SenderForm | None = None,
    code_form: CodeForm | None = None,
    ceiling_form: CeilingForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, with the form that was sent where it comes back with errors, or the reason why something cannot be."""
    at_employer = isinstance(at, Employer)
    context = {
        "title": at.name,
        "employer": at if at_employer else None,
        "of_provider": not at_employer,
        "can_act": may_manage(request.actor, at),
        "settings_url": _address(at),
        "sender_urls": {act: _address(at, act) for act in ("sender", "sender_code", "sender_confirm", "sender_check")},
        "form": form or _switch_form(request, at, sent=False),
        "sender": sender_panel(at, form=sender_form, code_form=code_form),
        "ceiling": ceiling_panel(request, at, form=ceiling_form),
        "refusal": refusal,
    }
    return show_desk(request, "employer_portal/switches.html", context, at=at, status=status)


def back_to_settings(at: Provider | Employer) -> HttpResponse:
    return redirect(_address(at))


def _address(at: Provider | Employer, page: str = "settings") -> str:
    if isinstance(at, Employer):
        return reverse(f"employer_portal:employer_{page}", args=[at.public_id])
    return reverse(f"employer_portal:provider_{page}")


def _settings(request: PortalRequest, at: Provider | Employer) -> HttpResponse:
    form = _switch_form(request, at, sent=True)
    if not form.is_valid():
        return settings_page(request, at, form=form, status=422 if form.errors else 200)
    choices = {word: is_on for is_on, word in _WORDS.items()}
    try:
        # What was not sent was not chosen, and stays as it is.
        for message in form.cleaned_data.keys() & request.POST.keys():
            switch_message(at=at, message=message, is_on=choices[form.cleaned_data[message]], by=request.actor)
    except NotAllowed:
        raise PermissionDenied from None
    messages.success(request, _("Saved."))
    return redirect(request.get_full_path())


def _switch_form(request: PortalRequest, at: Provider | Employer, *, sent: bool) -> SwitchForm:
    """As it was sent, if this is the page it is sent to; otherwise as things are."""
    above = _("As the provider has it") if isinstance(at, Employer) else _("Standard (off)")
    initial = {message: _WORDS[is_on] for message, is_on in own_switches(at).items()}
    return SwitchForm(posted(request) if sent else None, above=above, initial=initial)
