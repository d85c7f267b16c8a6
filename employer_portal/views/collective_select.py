"""Whom a collective mutation is for: the form, and the preview that is made from it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.collective import preview
from accounts.collective.act import Act
from accounts.collective.acts import OFFERED
from accounts.collective.selection import NothingSelected
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, Employer
from accounts.permissions import NotAllowed
from accounts.uploads import accepts_files
from accounts.views.page import PortalRequest
from employer_portal.collective_forms import SelectForm
from employer_portal.collective_links import collective_url, mutation_url
from employer_portal.collective_provider_form import ProviderSelectForm
from employer_portal.reach import may_act_at, place_in_reach
from employer_portal.views.desk import show_desk


@accepts_files
@require_http_methods(["GET", "HEAD", "POST"])
def select(request: PortalRequest, act: str, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    if act not in OFFERED:
        raise Http404
    if request.method != "POST":
        return _page(request, place, OFFERED[act], _form(place, initial=_from_list(request)))
    if not may_act_at(request, place):
        raise PermissionDenied
    if "find" in request.POST:
        typed = {**request.POST.dict(), "employers": request.POST.getlist("employers")}
        return _page(request, place, OFFERED[act], _form(place, initial=typed))
    form = _form(place, request.POST, request.FILES)
    made = _made_preview(request, place, act, form)
    return redirect(mutation_url("mutation", made)) if made else _page(request, place, OFFERED[act], form)


def _form(place: Place, *sent: Any, **kwargs: Any) -> SelectForm:
    return (SelectForm if isinstance(place, Employer) else ProviderSelectForm)(*sent, place=place, **kwargs)


def _from_list(request: PortalRequest) -> dict[str, Any]:
    """The filters of the list of employees, for who comes from there."""
    asked = {name: request.GET.get(name, "") for name in ("select", "state", "department")}
    on = {"in": "in_service_on", "out": "out_of_service_on"}.get(request.GET.get("service", ""))
    return {**asked, on: timezone.localdate()} if on else asked


def _made_preview(request: PortalRequest, place: Place, act: str, form: SelectForm) -> CollectiveMutation | None:
    """None: something has to be mended, and the form says what."""
    chosen = form.selection()
    if chosen is None:
        return None
    try:
        return preview.prepare(act=act, place=place, selection=chosen, by=request.actor)
    except NothingSelected as nothing:
        form.refuse(nothing.faults)
    except NotAllowed:
        raise PermissionDenied from None
    return None


def _page(request: PortalRequest, place: Place, act: Act, form: SelectForm) -> HttpResponse:
    context = {
        "place": place,
        "act": act,
        "form": form,
        "can_act": may_act_at(request, place),
        "collective": collective_url("collective", place),
        "at_collective": True,
    }
    status = 400 if form.errors else 200
    return show_desk(request, "employer_portal/collective_act.html", context, at=place, status=status)
