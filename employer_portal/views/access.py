"""The acts upon one employee's access. Each view does one act, and says what happened."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access, invitations, mail_facts, mails
from accounts.models import Employee
from accounts.permissions import NotAllowed
from accounts.views.mail_frame import framed
from accounts.views.page import PortalRequest
from employer_portal.forms import BlockForm, UnblockForm
from employer_portal.reach import employee_in_reach
from employer_portal.views.employees import employee_page


@require_POST
def block_access(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)
    form = BlockForm(request.POST)
    if not form.is_valid():
        return employee_page(request, person, open_dialog="block_access", block_form=form, status=422)

    def act() -> str:
        if not access.block_access(employee=person, by=request.actor, **form.cleaned_data):
            return _("The access of %(name)s was already blocked.")
        if form.cleaned_data["do_not_mail"] or not person.email:
            return _("%(name)s has no access any more. No e-mail is sent.")
        return _("%(name)s has no access any more and gets an e-mail about it.")

    return _done(request, person, act)


@require_safe
def block_access_preview(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    """The mail that a block would send, without the reason that is still being typed."""
    person = employee_in_reach(request, employer_id, employee_id)
    return framed(mail_facts.preview("access_blocked", person, {"Reden": ""}).html)


@require_POST
def unblock_access(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)
    form = UnblockForm(request.POST)
    form.is_valid()  # a tick box only: whatever was sent is a yes or a no

    def act() -> str:
        if not access.unblock_access(employee=person, by=request.actor, **form.cleaned_data):
            return _("The access of %(name)s was not blocked.")
        return _("%(name)s can sign in again with the same username and password.")

    return _done(request, person, act)


@require_POST
def resend_username(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)

    def act() -> str:
        access.resend_username(employee=person, by=request.actor)
        return _("%(name)s gets an e-mail with the username.")

    return _done(request, person, act)


@require_POST
def invite(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)

    def act() -> str:
        invitations.invite(employee=person, by=request.actor)
        return _("%(name)s gets an invitation by e-mail.")

    return _done(request, person, act)


@require_POST
def withdraw_invitation(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)

    def act() -> str:
        if not invitations.withdraw(employee=person, by=request.actor):
            return _("%(name)s had no open invitation.")
        return _("The invitation of %(name)s has been withdrawn.")

    return _done(request, person, act)


@require_POST
def try_address_again(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)

    def act() -> str:
        if not mails.try_address_of_employee_again(employee=person, by=request.actor):
            return _("The address of %(name)s was not held back.")
        return _("E-mail to the address of %(name)s is sent again from now on. What came back before is not.")

    return _done(request, person, act)


def _done(request: PortalRequest, person: Employee, act: Callable[[], str]) -> HttpResponse:
    """Do it and show the person's page again; a refusal is shown there too, with its reason."""
    try:
        message = act()
    except NotAllowed:
        raise PermissionDenied from None
    except access.ActRefused as refused:
        return employee_page(request, person, refusal=str(refused), status=409)
    messages.success(request, message % {"name": person.name})
    return redirect("employer_portal:employee", person.employer.public_id, person.public_id)
