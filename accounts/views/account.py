"""Looking after one's own account."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import passwords, sign_in, usernames
from accounts.forms import ChangePasswordForm, ChangeUsernameForm
from accounts.models import User
from accounts.views.page import PortalRequest, posted, show, status_of


@require_safe
def account(request: PortalRequest) -> HttpResponse:
    return show(request, "accounts/account.html", {})


@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def change_username(request: PortalRequest) -> HttpResponse:
    form = ChangeUsernameForm(posted(request), initial={"username": request.user.username})
    if form.is_valid() and _current_password_fits(request, form):
        try:
            user = usernames.change_username(
                user=request.user, username=form.cleaned_data["username"], by=request.actor
            )
        except usernames.UsernameRefused as refused:
            form.add_error("username", str(refused))
        else:
            return _kept_in(request, user, _("Your username is now %(name)s.") % {"name": user.username})
    return show(request, "accounts/change_username.html", {"form": form}, status=status_of(form))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: PortalRequest) -> HttpResponse:
    form = ChangePasswordForm(posted(request))
    if form.is_valid() and _current_password_fits(request, form):
        try:
            user = passwords.change_password(
                user=request.user, password=form.cleaned_data["new_password"], by=request.actor
            )
        except ValidationError as refused:
            form.add_error("new_password", refused)
        else:
            return _kept_in(request, user, _("Your password has been changed."))
    return show(request, "accounts/change_password.html", {"form": form}, status=status_of(form))


def _current_password_fits(request: PortalRequest, form: ChangeUsernameForm | ChangePasswordForm) -> bool:
    try:
        passwords.require_current_password(request.user, form.cleaned_data["current_password"])
    except passwords.WrongPassword:
        form.add_error("current_password", _("This is not your current password."))
        return False
    return True


def _kept_in(request: PortalRequest, user: User, message: str) -> HttpResponse:
    """This browser stays signed in; every other one is out."""
    sign_in.keep_session(request.session, portal=request.portal, user=user)
    rotate_token(request)
    messages.success(request, message)
    return redirect(f"{request.portal}_portal:account")
