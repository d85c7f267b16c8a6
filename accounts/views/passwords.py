"""Forgotten password: ask for a link, follow it, choose a password."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import password_links
from accounts.forms import ForgottenPasswordForm, NewPasswordForm
from accounts.middleware import client_address
from accounts.models import PasswordLink
from accounts.views.page import PortalRequest, posted, show, status_of

# Stands where the token stood, once the browser showed it: no secret stays in an address bar, a history or a log.
FOLLOWED = "link"
SESSION_KEY = "password_link"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_password(request: PortalRequest) -> HttpResponse:
    """The same answer for every name; a worker finds out whose it is."""
    form = ForgottenPasswordForm(posted(request))
    asked = form.is_valid()
    if asked:
        password_links.request_password(
            username=form.cleaned_data["username"], portal=request.portal, address=client_address(request)
        )
    return show(request, "accounts/forgotten_password.html", {"form": form, "asked": asked}, status=status_of(form))


@login_not_required
@sensitive_post_parameters("new_password", "new_password_again")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: PortalRequest, token: str, *, invited: bool = False) -> HttpResponse:
    """GET and HEAD use nothing up; a POST with a new password does, once."""
    try:
        link = _link(request, token)
    except password_links.LinkNotValid:
        return show(request, "accounts/link_not_valid.html", {"kind": "password"}, status=410)
    if token != FOLLOWED and request.method != "POST":
        request.session.cycle_key()
        request.session[SESSION_KEY] = str(link.pk)
        return redirect(request.view_name, FOLLOWED)
    form = NewPasswordForm(posted(request))
    if form.is_valid():
        try:
            password_links.use(
                link_id=link.pk, password=form.cleaned_data["new_password"], address=client_address(request)
            )
        except password_links.LinkNotValid:
            return show(request, "accounts/link_not_valid.html", {"kind": "password"}, status=410)
        except ValidationError as refused:
            form.add_error("new_password", refused)
        else:
            request.session.pop(SESSION_KEY, None)
            messages.success(request, _("Your password has been set. You can sign in with it now."))
            return redirect(f"{request.portal}_portal:sign_in")
    context = {"form": form, "username": link.user.username, "invited": invited}
    return show(request, "accounts/set_password.html", context, status=status_of(form))


def _link(request: PortalRequest, token: str) -> PasswordLink:
    if token != FOLLOWED:
        return password_links.find(token)
    followed = request.session.get(SESSION_KEY)
    if followed is None:
        raise password_links.LinkNotValid
    return password_links.find_by_id(UUID(followed))
