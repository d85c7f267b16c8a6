"""What stands before every view: the gate, and headers that keep answers private."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.views.defaults import permission_denied

from accounts.actor import Actor
from accounts.gate import EMPLOYEE, EMPLOYER
from accounts.sign_in import who_is_in
from accounts.uploads import takes_files

Answer = Callable[[HttpRequest], HttpResponse]


class GateMiddleware:
    """Lets nobody past who is not in, except to views marked `login_not_required`; sets who it is on the request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = AnonymousUser()
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        namespace = request.resolver_match.namespace
        request.portal = EMPLOYEE if namespace == "employee_portal" else EMPLOYER
        request.view_name = request.resolver_match.view_name
        if not getattr(view, "login_required", True):
            return None
        admission = who_is_in(request.session, portal=request.portal)
        if admission is None:
            if request.headers.get("HX-Request") == "true":
                # A part of a page cannot become the sign-in page; the whole can.
                return HttpResponse(status=401, headers={"HX-Refresh": "true"})
            back = request.get_full_path() if request.method == "GET" else reverse(f"{namespace}:home")
            return redirect_to_login(back, reverse(f"{namespace}:sign_in"), "next")
        request.user = admission.user
        request.employees = admission.employees
        request.actor = Actor.of(admission.user, client_address(request))
        translation.activate(admission.user.language)
        return None


class SafeAnswersMiddleware:
    """No copy of an answer stays behind; other sites cannot post here or use what is here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._refusal(request) or self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        """For what must not be read at all: a body larger than the view it is meant for takes."""
        length = _length_of(request)
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and length > _most_for(request):
            return HttpResponse("Too large.\n", status=413, content_type="text/plain")
        # Browsers say where a form was sent from; older ones say nothing, and there the CSRF check remains.
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return permission_denied(request, PermissionDenied())
        return None


def _length_of(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def _most_for(request: HttpRequest) -> int:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    # None is larger than what Django keeps in memory, so that no file is ever written to disk.
    return settings.FILE_UPLOAD_MAX_MEMORY_SIZE if takes_files(view) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def client_address(request: HttpRequest) -> str | None:
    """Where the request came from: as many from the right as we have proxies of our own; the rest anybody can write."""
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.TRUSTED_PROXIES and len(forwarded) >= settings.TRUSTED_PROXIES:
        address = forwarded[-settings.TRUSTED_PROXIES].strip()
    try:
        # A zone ("%eth0") means something to its own host only, and can be as long as one likes.
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None
