"""A confirmed collective mutation: it waits for approval, runs, or is over; and what can be done about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import step_up
from accounts.access import ActRefused
from accounts.collective import approval, confirm, preview
from accounts.collective.export import TooManyRows
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, MutationState
from accounts.models.collective import UNCONFIRMED
from accounts.permissions import NotAllowed
from accounts.views.page import PortalRequest, show
from employer_portal.approval_forms import ApproveForm, RejectForm
from employer_portal.collective_links import collective_url
from employer_portal.reach import mutation_in_reach, place_in_reach
from employer_portal.result_files import csv_file, xlsx_file
from employer_portal.result_lists import list_of, progress_of, work_of
from employer_portal.result_panel import panel_of
from employer_portal.views.desk import show_desk

UNDELIVERED = "undelivered"


def result_page(
    request: PortalRequest,
    place: Place,
    mutation: CollectiveMutation,
    *,
    approve_form: ApproveForm | None = None,
    reject_form: RejectForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a mutation that was confirmed; with the forms that came back, or the reason why something cannot be."""
    panel = panel_of(mutation, place, request.actor)
    context: dict[str, Any] = {
        "place": place,
        "mutation": mutation,
        "panel": panel,
        "collective": collective_url("collective", place),
        "here": collective_url("mutation", place, mutation.public_id),
        "at_collective": True,
        "refusal": refusal,
    }
    if mutation.state == MutationState.RUNNING:
        context |= {"progress": progress_of(mutation, place)}
    elif panel.is_over and request.GET.get("mail") == UNDELIVERED:
        context |= work_of(request, mutation, place, can_act=panel.can_act)
    else:
        context |= list_of(request, mutation, place)
    if panel.can_approve:
        ask_password = not step_up.is_fresh(request.session, request.portal)
        context |= {
            "approve_form": approve_form or ApproveForm(ask_password=ask_password),
            "reject_form": reject_form or RejectForm(),
        }
    return show_desk(request, "employer_portal/mutation_result.html", context, at=place, status=status)


@require_safe
def progress(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    """The part of the page that shows how far it is; once it is over, the whole page is to be loaded anew."""
    place, mutation = _found(request, employer_id, mutation_id)
    if mutation.state != MutationState.RUNNING:
        return HttpResponseClientRefresh()
    return show(request, "employer_portal/_progress.html", {"progress": progress_of(mutation, place)})


@require_safe
def result_csv(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponseBase:
    return csv_file(*_over(request, employer_id, mutation_id))


@require_safe
def result_xlsx(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponseBase:
    mutation, place = _over(request, employer_id, mutation_id)
    try:
        return xlsx_file(mutation, place)
    except TooManyRows:
        refusal = _("A spreadsheet holds no more than 1,000,000 employees. Take the CSV file instead.")
        return result_page(request, place, mutation, refusal=refusal, status=409)


@require_POST
def undo(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    """Make the preview of taking it back, and go there; nothing is changed yet."""

    def act(mutation: CollectiveMutation) -> CollectiveMutation:
        return preview.prepare_undo(mutation=mutation, by=request.actor)

    return _done(request, employer_id, mutation_id, act)


@require_POST
def stop(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    def act(mutation: CollectiveMutation) -> CollectiveMutation:
        stopped = confirm.stop(mutation=mutation, by=request.actor)
        messages.success(
            request, _("It is stopped. What was done stays done.") if stopped else _("It was stopped already.")
        )
        return mutation

    return _done(request, employer_id, mutation_id, act)


@require_POST
def approve(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    place, mutation = _found_to_decide(request, employer_id, mutation_id)
    form = ApproveForm(request.POST, ask_password=not step_up.is_fresh(request.session, request.portal))
    if not form.is_valid() or not _has_right_password(request, form):
        return result_page(request, place, mutation, approve_form=form, status=422)

    def act(mutation: CollectiveMutation) -> CollectiveMutation:
        if approval.decide(mutation=mutation, by=request.actor, approved=True):
            messages.success(request, _("Approved. It starts now."))
        return mutation

    return _done(request, employer_id, mutation_id, act)


@require_POST
def reject(request: PortalRequest, mutation_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    place, mutation = _found_to_decide(request, employer_id, mutation_id)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return result_page(request, place, mutation, reject_form=form, status=422)

    def act(mutation: CollectiveMutation) -> CollectiveMutation:
        if approval.decide(mutation=mutation, by=request.actor, approved=False, reason=form.cleaned_data["reason"]):
            messages.success(request, _("Not approved. Nobody was changed."))
        return mutation

    return _done(request, employer_id, mutation_id, act)


def _has_right_password(request: PortalRequest, form: ApproveForm) -> bool:
    """Whether it was given right, where it was asked; the form says so when it was not."""
    password = form.cleaned_data.get("password")
    if password is None or step_up.confirm(request.session, request.portal, request.user, password):
        return True
    form.add_error("password", _("This is not your password."))
    return False


def _found(request: PortalRequest, employer_id: UUID | None, mutation_id: UUID) -> tuple[Place, CollectiveMutation]:
    """A mutation that was confirmed; a preview has no result."""
    place = place_in_reach(request, employer_id)
    mutation = mutation_in_reach(request, place, mutation_id)
    if mutation.state in UNCONFIRMED:
        raise Http404
    return place, mutation


def _over(request: PortalRequest, employer_id: UUID | None, mutation_id: UUID) -> tuple[CollectiveMutation, Place]:
    """A mutation that ran; before that there is nothing to write in a file."""
    place, mutation = _found(request, employer_id, mutation_id)
    if mutation.state not in (MutationState.DONE, MutationState.CANCELLED):
        raise Http404
    return mutation, place


def _found_to_decide(
    request: PortalRequest, employer_id: UUID | None, mutation_id: UUID
) -> tuple[Place, CollectiveMutation]:
    """For who may act there; somebody who may only look is not told what is wrong with what was sent."""
    place, mutation = _found(request, employer_id, mutation_id)
    try:
        approval.require_manager_of_all(mutation, request.actor)
    except NotAllowed:
        raise PermissionDenied from None
    return place, mutation


def _done(
    request: PortalRequest,
    employer_id: UUID | None,
    mutation_id: UUID,
    act: Callable[[CollectiveMutation], CollectiveMutation],
) -> HttpResponse:
    """Do it and go to the mutation that it gives; a refusal is shown on the page of this one, with its reason."""
    place, mutation = _found(request, employer_id, mutation_id)
    try:
        shown = act(mutation)
    except NotAllowed:
        raise PermissionDenied from None
    except ActRefused as refused:
        return result_page(request, place, mutation, refusal=str(refused), status=409)
    return redirect(collective_url("mutation", place, shown.public_id))
