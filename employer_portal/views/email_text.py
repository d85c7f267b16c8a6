"""One e-mail text: changing it, putting a version back, going back to the level above."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import email_texts, step_up
from accounts.email_texts import NoSuchVersion, NotProper, SomebodyElseSaved
from accounts.views.page import PortalRequest
from emailtemplates.models.texts import EmailText
from emailtemplates.text_rules import FIELDS
from employer_portal.reach import may_act_at
from employer_portal.text_forms import ABOVE, RestoreForm, TextForm, words_of
from employer_portal.text_links import text_url
from employer_portal.text_lists import outdated_fields
from employer_portal.text_page import text_context
from employer_portal.text_panel import Which, shown_text
from employer_portal.text_reach import text_in_reach
from employer_portal.views.desk import show_desk


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def email_text(request: PortalRequest, message: str, language: str, employer_id: UUID | None = None) -> HttpResponse:
    which = text_in_reach(request, message, language, employer_id)
    own = email_texts.own_text(**which._asdict())
    if request.method != "POST":
        return _page(request, which, own)
    _require_manager(request, which)
    form = _form(request, which, own, request.POST)
    if not _is_proper(request, which, form):
        return _page(request, which, own, form=form, status=422)
    try:
        saved = _save(request, which, own, form)
    except SomebodyElseSaved as other:
        return _page(request, which, other.theirs, form=form, is_theirs=True, status=409)
    done = _("Saved. E-mails that still wait get this text too.") if saved else _("This was saved already.")
    return _back(request, which, done)


@sensitive_post_parameters("password")
@require_POST
def restore(request: PortalRequest, message: str, language: str, employer_id: UUID | None = None) -> HttpResponse:
    which = text_in_reach(request, message, language, employer_id)
    _require_manager(request, which)
    own = email_texts.own_text(**which._asdict())
    form = RestoreForm(request.POST, ask_password=_asks_password(request))
    if not form.is_valid() or not _password_fits(request, form):
        return _page(request, which, own, restore_form=form, status=422)
    try:
        restored = _restore(request, which, form.cleaned_data)
    except NoSuchVersion:
        raise Http404 from None
    except NotProper as refused:
        refusals = [words_of(fault) for fault in refused.faults]
        return _page(request, which, own, refusals=refusals, status=422)
    done = _("Put back. E-mails that still wait get this text too.") if restored else _("It is so already.")
    return _back(request, which, done)


def _require_manager(request: PortalRequest, which: Which) -> None:
    """Somebody who may only look is not told what is wrong with what was sent."""
    if not may_act_at(request, which.at):
        raise PermissionDenied


def _save(request: PortalRequest, which: Which, own: EmailText, form: TextForm) -> bool:
    expected = form.cleaned_data["version"]
    return email_texts.save_text(
        **which._asdict(),
        subject=form.cleaned_data["subject"],
        body=form.cleaned_data["body"],
        by=request.actor,
        expected_version=own.version if expected is None else expected,
        compared=form.cleaned_data.get("compared", False),
    )


def _restore(request: PortalRequest, which: Which, chosen: dict[str, Any]) -> bool:
    if chosen["version"] == ABOVE:
        fields = [chosen["field"]] if chosen["field"] else FIELDS
        return email_texts.back_to_above(**which._asdict(), by=request.actor, fields=fields)
    return email_texts.restore_version(**which._asdict(), number=int(chosen["version"]), by=request.actor)


def _is_proper(request: PortalRequest, which: Which, form: TextForm) -> bool:
    """Whether it can be saved. Every fault is named at once, that of the password as well."""
    valid = form.is_valid()
    typed = {name: form.cleaned_data.get(name, "") for name in ("subject", "body")}
    form.refuse(email_texts.faults(at=which.at, message=which.message, **typed))
    return _password_fits(request, form) and valid and not form.errors


def _password_fits(request: PortalRequest, form: TextForm | RestoreForm) -> bool:
    password = form.cleaned_data.get("password")
    if password is None:
        return "password" not in form.fields
    if not step_up.confirm(request.session, request.portal, request.user, password):
        form.add_error("password", _("This is not your password."))
        return False
    # Should something else be refused, it is not asked a second time.
    del form.fields["password"]
    return True


def _asks_password(request: PortalRequest) -> bool:
    return not step_up.is_fresh(request.session, request.portal)


def _form(request: PortalRequest, which: Which, own: EmailText, *sent: Any) -> TextForm:
    text = shown_text(own, email_texts.text_above(**which._asdict()))
    return TextForm(
        *sent,
        initial={"subject": text.subject, "body": text.body, "version": own.version},
        ask_password=_asks_password(request),
        outdated=bool(outdated_fields(own)),
        can_act=may_act_at(request, which.at),
    )


def _page(
    request: PortalRequest,
    which: Which,
    own: EmailText,
    *,
    form: TextForm | None = None,
    restore_form: RestoreForm | None = None,
    refusals: list[str] | None = None,
    is_theirs: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page of this text as it is now. `is_theirs`: it became so while the one in the form was being changed."""
    context = {
        **text_context(which, own, request.user, form=form, is_theirs=is_theirs, page=request.GET.get("page")),
        "form": form or _form(request, which, own),
        "restore_form": restore_form or RestoreForm(ask_password=_asks_password(request)),
        "refusals": refusals,
        "can_act": may_act_at(request, which.at),
    }
    return show_desk(request, "employer_portal/email_text.html", context, at=which.at, status=status)


def _back(request: PortalRequest, which: Which, done: str) -> HttpResponse:
    messages.success(request, done)
    return redirect(text_url("email_text", *which))
