"""A collective mutation that nobody confirmed yet: who is in it, what will happen, and confirming it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import step_up
from accounts.access import ActRefused
from accounts.collective import confirm, results
from accounts.collective import sample as samples
from accounts.collective.acts import ACTS
from accounts.collective.verdicts import Kind
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, MutationState
from accounts.models.collective import UNCONFIRMED
from accounts.people import folded
from accounts.permissions import NotAllowed
from accounts.views.mail_frame import framed
from accounts.views.page import PortalRequest
from employer_portal.collective_links import collective_url, mutation_url
from employer_portal.confirm_form import ConfirmForm
from employer_portal.forms import SearchForm
from employer_portal.paging import slice_of
from employer_portal.preview_panel import button_of, rows_of, sentence_of, tiles_of
from employer_portal.reach import may_act_at, mutation_in_reach, place_in_reach
from employer_portal.views.collective_result import result_page
from employer_portal.views.desk import show_desk


@require_safe
def mutation(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    found = mutation_in_reach(request, place, mutation_id)
    if found.state in UNCONFIRMED:
        return _preview_page(request, place, found)
    return result_page(request, place, found)


@sensitive_post_parameters("password")
@require_POST
def run(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    """Confirm it. What was confirmed before stays as it is, and is shown."""
    place = place_in_reach(request, employer_id)
    found = mutation_in_reach(request, place, mutation_id)
    if not may_act_at(request, place):
        raise PermissionDenied
    if found.state not in UNCONFIRMED:
        return redirect(mutation_url("mutation", found))
    form = _form(request, found, request.POST)
    refusal = _refusal(request, found, form) if form.is_valid() and _password_fits(request, form) else ""
    if not form.errors and not refusal:
        return redirect(mutation_url("mutation", found))
    return _preview_page(request, place, found, form=form, refusal=refusal, status=422)


@require_safe
def sample(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    """The mail that the first of them would get, for inside a frame."""
    found = mutation_in_reach(request, place_in_reach(request, employer_id), mutation_id)
    person = samples.person_of(found)
    if person is None:
        raise Http404
    return framed(samples.mail_to(person, found).html)


def _form(request: PortalRequest, found: CollectiveMutation, *sent: Any) -> ConfirmForm:
    fresh = step_up.is_fresh(request.session, request.portal)
    return ConfirmForm(*sent, mutation=found, ask_password=not fresh)


def _password_fits(request: PortalRequest, form: ConfirmForm) -> bool:
    password = form.cleaned_data.get("password")
    if password is None:
        return True
    if not step_up.confirm(request.session, request.portal, request.user, password):
        form.add_error("password", _("This is not your password."))
        return False
    # Should something else be refused, it is not asked a second time.
    del form.fields["password"]
    return True


def _refusal(request: PortalRequest, found: CollectiveMutation, form: ConfirmForm) -> str:
    """Confirm it; why it was refused, or nothing."""
    try:
        confirm.confirm(mutation=found, by=request.actor, confirmation=form.confirmation())
    except NotAllowed:
        raise PermissionDenied from None
    except confirm.WrongNumber as wrong:
        form.add_error("number", str(wrong))
    except ActRefused as refused:
        return str(refused)
    return ""


def _preview_page(
    request: PortalRequest,
    place: Place,
    found: CollectiveMutation,
    *,
    form: ConfirmForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    selecting = found.state == MutationState.SELECTING
    context = {
        "place": place,
        "mutation": found,
        "act": ACTS[found.act],
        "here": mutation_url("mutation", found),
        "collective": collective_url("collective", place),
        "at_collective": True,
        "selecting": selecting,
        **({} if selecting else _preview(request, place, found)),
        "form": form or _form(request, found),
        "refusal": refusal,
    }
    return show_desk(request, "employer_portal/mutation_preview.html", context, at=place, status=status)


def _preview(request: PortalRequest, place: Place, found: CollectiveMutation) -> dict[str, Any]:
    person = samples.person_of(found)
    search = SearchForm(request.GET)
    q = search.cleaned_data["q"] if search.is_valid() else ""
    kind = request.GET.get("kind", "")
    kind = kind if kind in Kind else ""
    rows = results.with_people(results.found(found, results.Wanted(kind=kind, search=folded(q))))
    page = slice_of(rows, request.GET.get("page"))
    return {
        "sentence": sentence_of(found, sample_for=person),
        "button": button_of(found),
        "tiles": tiles_of(found),
        "kind": kind,
        "q": q,
        "page": page,
        "rows": rows_of(page.object_list, place),
        "sample_for": person,
        "subject": person and samples.mail_to(person, found).subject,
        "why_not": confirm.why_not_confirm(found),
        "again": _again(found, place),
        "can_act": may_act_at(request, place),
    }


def _again(found: CollectiveMutation, place: Place) -> str:
    """Where a new one is made."""
    return (
        mutation_url("mutation", found.undoes) if found.undoes else collective_url("collective_act", place, found.act)
    )
