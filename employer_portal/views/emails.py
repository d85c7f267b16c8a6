"""Sent e-mails, at one employer or at the provider: the list, the work list, one mail, and the acts upon it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import mail_lists, mail_previews, mails
from accounts.access import ActRefused
from accounts.mail_lists import Place
from accounts.permissions import NotAllowed
from accounts.views.mail_frame import framed
from accounts.views.page import PortalRequest
from emailtemplates.models import OutgoingEmail
from employer_portal.mail_forms import EmailFilterForm
from employer_portal.mail_panel import panel_of
from employer_portal.mail_rows import list_url, row_of, rows_of, url_of, work_row_of
from employer_portal.paging import slice_of
from employer_portal.reach import mail_in_reach, place_in_reach
from employer_portal.views.desk import show_desk

WORK = "work"


@require_safe
def emails(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    if request.GET.get("list") == WORK:
        return _work_list(request, place)
    form = EmailFilterForm(request.GET)
    found = mail_lists.newest_first(mail_lists.found(place, form.wanted()))
    page = slice_of(found, request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"page": page, "rows": rows_of(page.object_list, place), "filter_form": form, "query": query.urlencode()}
    return _show_list(request, "employer_portal/emails.html", context, place)


def _work_list(request: PortalRequest, place: Place) -> HttpResponse:
    can_act = type(place).objects.managed_by(request.user).filter(pk=place.pk).exists()
    found = mail_lists.with_prospects(mail_lists.to_look_at(place))
    page = slice_of(found, request.GET.get("page"))
    rows = [work_row_of(mail, place, can_act=can_act) for mail in page.object_list]
    context = {"page": page, "rows": rows, "can_act": can_act}
    return _show_list(request, "employer_portal/emails_work.html", context, place)


def _show_list(request: PortalRequest, template: str, context: dict[str, Any], place: Place) -> HttpResponse:
    return show_desk(request, template, {**context, "place": place, "all_emails": list_url(place)}, at=place)


@require_safe
def email(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    return _email_page(request, place, mail_in_reach(place, email_id))


def _email_page(
    request: PortalRequest, place: Place, mail: OutgoingEmail, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    preview = mail_previews.preview_of(mail)
    context = {
        "place": place,
        "all_emails": list_url(place),
        "mail": mail,
        "row": row_of(mail, place),
        "panel": panel_of(mail, place, can_act=mails.may_manage_mail(request.actor, mail)),
        "subject": preview and preview.subject,
        "preview_url": preview and url_of("email_preview", mail, place),
        "refusal": refusal,
    }
    return show_desk(request, "employer_portal/email.html", context, at=place, status=status)


@require_safe
def email_preview(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    """What the mail says, for inside a frame; its link is blanked."""
    rendered = mail_previews.preview_of(mail_in_reach(place_in_reach(request, employer_id), email_id))
    if rendered is None:
        raise Http404
    return framed(rendered.html)


@require_POST
def retry_email(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    def act(mail: OutgoingEmail) -> str:
        if not mails.retry_mail(mail=mail, by=request.actor):
            return _("This e-mail was on its way already.")
        return _("The e-mail is sent again.")

    return _done(request, employer_id, email_id, act)


@require_POST
def cancel_email(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    def act(mail: OutgoingEmail) -> str:
        if not mails.cancel_mail(mail=mail, by=request.actor):
            return _("This e-mail was cancelled already.")
        return _("The e-mail is cancelled and will not be sent.")

    return _done(request, employer_id, email_id, act)


@require_POST
def try_address_again(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    def act(mail: OutgoingEmail) -> str:
        if not mails.try_address_again(mail=mail, by=request.actor):
            return _("This address was not held back.")
        return _("E-mail to this address is sent again from now on. What came back before is not.")

    return _done(request, employer_id, email_id, act)


@require_POST
def mark_handled(request: PortalRequest, email_id: UUID, employer_id: UUID | None = None) -> HttpResponse:
    def act(mail: OutgoingEmail) -> str:
        if not mails.mark_handled(mail=mail, by=request.actor):
            return _("This e-mail was not on the work list any more.")
        return _("Handled: the e-mail is off the work list.")

    return _done(request, employer_id, email_id, act)


def _done(
    request: PortalRequest, employer_id: UUID | None, email_id: UUID, act: Callable[[OutgoingEmail], str]
) -> HttpResponse:
    """Do it and go back to where it was asked; a refusal is shown on the page of the mail, with its reason."""
    place = place_in_reach(request, employer_id)
    mail = mail_in_reach(place, email_id)
    try:
        message = act(mail)
    except NotAllowed:
        raise PermissionDenied from None
    except ActRefused as refused:
        return _email_page(request, place, mail, refusal=str(refused), status=409)
    messages.success(request, message)
    if request.POST.get("back") == WORK:
        return redirect(f"{list_url(place)}?list={WORK}")
    return redirect(url_of("email", mail, place))
