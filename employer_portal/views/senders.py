"""The sender of e-mails, at the provider and at one employer. The page itself is that of the switches."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import sender_codes, sender_domains, senders
from accounts.permissions import NotAllowed
from accounts.senders import Level
from accounts.views.page import PortalRequest
from employer_portal.reach import employer_in_reach, provider_in_reach
from employer_portal.sender_forms import CodeForm, SenderForm
from employer_portal.views.switches import back_to_settings, settings_page

_REFUSALS: dict[type[Exception], Promise] = {
    senders.NothingToConfirm: gettext_lazy("There is no address here that waits to be confirmed."),
    senders.NoCode: gettext_lazy("This code does not work any more. Have a new one mailed."),
    sender_codes.TooMany: gettext_lazy("So many codes were mailed today that we stop for now. Try again tomorrow."),
    sender_domains.NoDomain: gettext_lazy("There is no address here whose domain could be looked at."),
}


@require_POST
def change_sender(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    at = _level(request, employer_id)
    form = SenderForm(request.POST)
    if not form.is_valid():
        return settings_page(request, at, sender_form=form, status=422)
    name, address = form.cleaned_data["sender_name"], form.cleaned_data["sender_address"]

    def act() -> str:
        if not senders.change_sender(at=at, name=name, address=address, by=request.actor):
            return _("This was saved already.")
        if address and senders.own_sender(at).confirmed_at is None:
            return _("Saved. Fill in the code that we mailed to the address.")
        return _("Saved.")

    return _done(request, at, act)


@require_POST
def mail_code(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    at = _level(request, employer_id)

    def act() -> str:
        if not senders.mail_code(at=at, by=request.actor):
            return _("A code was mailed less than a minute ago. Have a look in that mailbox first.")
        return _("A new code is on its way. Earlier codes do not work any more.")

    return _done(request, at, act)


@require_POST
def confirm_sender(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    at = _level(request, employer_id)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return settings_page(request, at, code_form=form, status=422)

    def act() -> str:
        left = senders.confirm_sender(at=at, code=form.cleaned_data["code"], by=request.actor)
        if left is None:
            return _("The address is confirmed.")
        form.refuse(tries_left=left)
        return ""

    return _done(request, at, act, form)


@require_POST
def check_domain(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    at = _level(request, employer_id)

    def act() -> str:
        if sender_domains.look_at_domain(at=at, by=request.actor):
            return _("All three DNS records are right.")
        return _("Not all DNS records are right yet. A change can take some hours to be seen everywhere.")

    return _done(request, at, act)


def _level(request: PortalRequest, employer_id: UUID | None) -> Level:
    """Where one may act; somebody who may only look is not told what is wrong with what was sent."""
    at = provider_in_reach(request) if employer_id is None else employer_in_reach(request, employer_id)
    if not senders.may_manage(request.actor, at):
        raise PermissionDenied
    return at


def _done(request: PortalRequest, at: Level, act: Callable[[], str], form: CodeForm | None = None) -> HttpResponse:
    """Do it and show the settings again; a refusal is shown there too, with its reason."""
    try:
        message = act()
    except NotAllowed:
        raise PermissionDenied from None
    except tuple(_REFUSALS) as refused:
        return settings_page(request, at, refusal=str(_REFUSALS[type(refused)]), status=409)
    if form is not None and form.errors:
        return settings_page(request, at, code_form=form, status=422)
    messages.success(request, message)
    return back_to_settings(at)
