"""Following an invitation: date of birth first, then a username and password, or the account one has."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import activation, passwords, sign_in
from accounts.forms import ActivateForm, DateOfBirthForm, SignInForm
from accounts.middleware import client_address
from accounts.models import Invitation, User
from accounts.usernames import UsernameRefused, canonical
from accounts.views.page import PortalRequest, posted, show, status_of
from accounts.views.passwords import FOLLOWED
from emailtemplates.clock import database_now

SESSION_KEY = "invitation"  # which invitation this browser followed, and whether the date of birth was right


@login_not_required
@sensitive_post_parameters("new_password", "new_password_again", "password", "date_of_birth")
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: PortalRequest, token: str) -> HttpResponse:
    """One address, two steps: until the date of birth was right, that is all there is to fill in."""
    try:
        invitation = _invitation(request, token)
        if token != FOLLOWED and request.method != "POST":
            _remember(request, invitation, born=False)
            return redirect(request.view_name, FOLLOWED)
        known = request.session.get(SESSION_KEY, {})
        if known.get("id") == str(invitation.pk) and known.get("born"):
            return _choose_account(request, invitation)
        return _date_of_birth(request, invitation)
    except activation.InvitationNotValid:
        return show(request, "accounts/link_not_valid.html", {"kind": "activation"}, status=410)


def _date_of_birth(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    form = DateOfBirthForm(posted(request))
    if form.is_valid():
        tries_left = activation.check_date_of_birth(
            invitation_id=invitation.pk,
            date_of_birth=form.cleaned_data["date_of_birth"],
            address=client_address(request),
        )
        if tries_left is None:
            _remember(request, activation.find_by_id(invitation.pk), born=True)
            return redirect(request.view_name, FOLLOWED)
        if tries_left == 0:
            raise activation.InvitationNotValid
        form.add_error("date_of_birth", _wrong_date(tries_left))
    context = {"form": form, "employer_name": invitation.employee.employer.name}
    return show(request, "accounts/activate_birth.html", context, status=status_of(form))


def _wrong_date(tries_left: int) -> str:
    return ngettext(
        "This is not the date of birth that your employer has. You can try once more.",
        "This is not the date of birth that your employer has. You can try %(left)s more times.",
        tries_left,
    ) % {"left": tries_left}


def _choose_account(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    has_account = "existing" in request.POST
    form = ActivateForm(None if has_account else posted(request))
    existing_form = SignInForm(posted(request) if has_account else None, auto_id="existing_%s")
    user = _linked(request, invitation, existing_form) if has_account else _activated(request, invitation, form)
    if user is not None:
        request.session.pop(SESSION_KEY, None)
        sign_in.open_session(request.session, portal=request.portal, user=user, issued_at=database_now())
        rotate_token(request)
        messages.success(request, _("Welcome. From now on you sign in with your username and password."))
        return redirect(f"{request.portal}_portal:home")
    context = {
        "form": form,
        "existing_form": existing_form,
        "open_existing": has_account,
        "employee": invitation.employee,
    }
    status = max(status_of(form), status_of(existing_form))
    return show(request, "accounts/activate_account.html", context, status=status)


def _activated(request: PortalRequest, invitation: Invitation, form: ActivateForm) -> User | None:
    """The new account, or None with the form saying what to mend."""
    if not form.is_valid():
        return None
    try:
        return activation.activate(
            invitation_id=invitation.pk,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["new_password"],
            address=client_address(request),
        )
    except UsernameRefused as refused:
        form.add_error("username", str(refused))
    except ValidationError as refused:
        form.add_error("new_password", refused)
    return None


def _linked(request: PortalRequest, invitation: Invitation, form: SignInForm) -> User | None:
    """The existing account, now of this employee too, or None with the form saying what to mend.

    Asks the password only: whoever is blocked at another employer may still enter at this one.
    """
    if not form.is_valid():
        return None
    user = User.objects.filter(username_key=canonical(form.cleaned_data["username"])).first()
    if not passwords.fits(form.cleaned_data["password"], user=user) or user is None:
        form.refuse()
        return None
    try:
        activation.link_account(invitation_id=invitation.pk, user=user, address=client_address(request))
    except activation.AlreadyEmployeeHere:
        form.refuse()
        return None
    return user


def _invitation(request: PortalRequest, token: str) -> Invitation:
    if token != FOLLOWED:
        return activation.find(token)
    followed = request.session.get(SESSION_KEY)
    if followed is None:
        raise activation.InvitationNotValid
    return activation.find_by_id(UUID(followed["id"]))


def _remember(request: PortalRequest, invitation: Invitation, *, born: bool) -> None:
    # Whoever knew the key of this session before knows nothing now.
    request.session.cycle_key()
    request.session[SESSION_KEY] = {"id": str(invitation.pk), "born": born}
