"""Which optional messages are on, for the provider and for one employer."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Employer, Provider
from accounts.permissions import NotAllowed
from accounts.switches import own_switches, switch_message
from accounts.views.page import PortalRequest, posted, show, status_of
from employer_portal.forms import SwitchForm
from employer_portal.reach import employer_in_reach, provider_in_reach


@require_http_methods(["GET", "HEAD", "POST"])
def provider_settings(request: PortalRequest) -> HttpResponse:
    provider = provider_in_reach(request)
    return _switches(request, provider, above=_("Standard (off)"))


@require_http_methods(["GET", "HEAD", "POST"])
def employer_settings(request: PortalRequest, employer_id: UUID) -> HttpResponse:
    employer = employer_in_reach(request, employer_id)
    return _switches(request, employer, above=_("As the provider has it"))


def _switches(request: PortalRequest, at: Provider | Employer, *, above: str) -> HttpResponse:
    words = {None: "", True: "on", False: "off"}
    initial = {message: words[is_on] for message, is_on in own_switches(at).items()}
    form = SwitchForm(posted(request), above=above, initial=initial)
    if form.is_valid():
        choices = {word: is_on for is_on, word in words.items()}
        try:
            # What was not sent was not chosen, and stays as it is.
            for message in form.cleaned_data.keys() & request.POST.keys():
                word = form.cleaned_data[message]
                switch_message(at=at, message=message, is_on=choices[word], by=request.actor)
        except NotAllowed:
            raise PermissionDenied from None
        messages.success(request, _("Saved."))
        return redirect(request.get_full_path())
    at_employer = isinstance(at, Employer)
    context = {"form": form, "title": at.name, "employer": at if at_employer else None, "of_provider": not at_employer}
    context["can_act"] = type(at).objects.managed_by(request.user).filter(pk=at.pk).exists()
    return show(request, "employer_portal/switches.html", context, status=status_of(form))
