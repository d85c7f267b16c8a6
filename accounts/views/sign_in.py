"""Sign in, sign out."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sign_in as signing
from accounts.forms import SignInForm
from accounts.views.page import PortalRequest, posted, show, status_of


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: PortalRequest) -> HttpResponse:
    form = SignInForm(posted(request))
    if form.is_valid():
        found = signing.authenticate(portal=request.portal, **form.cleaned_data)
        if found is not None:
            user, issued_at = found
            signing.open_session(request.session, portal=request.portal, user=user, issued_at=issued_at)
            rotate_token(request)
            return redirect(_where_to(request))
        form.refuse()
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))[:2000]}
    return show(request, "accounts/sign_in.html", context, status=status_of(form))


@login_not_required
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    signing.close_session(request.session, portal=request.portal)
    return redirect(f"{request.portal}_portal:sign_in")


def _where_to(request: PortalRequest) -> str:
    """The page the person came for if it is a closed page of this portal; else home."""
    wanted = request.POST.get("next", "")
    home = reverse(f"{request.portal}_portal:home")
    return wanted if wanted.startswith(home) and _is_closed_page(wanted) else home


def _is_closed_page(path: str) -> bool:
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return False
    try:
        view = resolve(path.partition("?")[0]).func
    except Resolver404:
        return False
    return getattr(view, "login_required", True)
