"""The address where a mail service tells what became of our mails."""

import logging
from importlib import import_module

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from emailtemplates import tracking

logger = logging.getLogger(__name__)

# Of the view that reads events about mails that went out. Found by name, because Anymail's own list of addresses would
# load what each mail service needs.
_NAMES_OF_READERS = ("TrackingWebhookView", "CombinedWebhookView")


class CannotConfirm(Exception):
    """Amazon asked to confirm where its events go, and could not be reached for the answer."""


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "HEAD"])  # some look with HEAD whether there is such an address
def email_events(request: HttpRequest, esp: str) -> HttpResponse:
    """Only of the mail service that EMAIL_URL names, with the secret that it names."""
    view = _reader(esp)
    if request.method == "HEAD":
        return HttpResponse()
    if _must_be_asked_for_the_secret(request, esp):
        return _answer("The secret is missing.", 401, {"WWW-Authenticate": 'Basic realm="webhook"'})
    try:
        # Anymail compares in constant time, and checks the mail service's signature.
        view.run_validators(request)
    except Exception as error:  # noqa: BLE001 - whatever makes it unreadable, it is not to be believed
        return _refused(request, esp, error)
    try:
        events = _events(view, request)
    except CannotConfirm:
        return _answer("Not confirmed; try again.", 503)
    except Exception as error:  # noqa: BLE001 - the same
        return _refused(request, esp, error)
    # A fault of the database is answered 503, and the mail service tells it again.
    tracking.apply(events)
    return _answer("Thank you.", 200)


def _reader(esp: str) -> AnymailCoreWebhookView:
    """Anymail's own view, for reading only: its signals would lose an event when the database is away."""
    anymail = getattr(settings, "ANYMAIL", {})
    if f"anymail.backends.{esp}.EmailBackend" != settings.EMAIL_BACKEND or not anymail.get("WEBHOOK_SECRET"):
        raise Http404
    try:
        module = import_module(f"anymail.webhooks.{esp}")
    except ModuleNotFoundError as error:  # a mail service without events
        raise Http404 from error
    kind = next(each for name, each in vars(module).items() if name.endswith(_NAMES_OF_READERS))
    view: AnymailCoreWebhookView = kind()
    return view


def _must_be_asked_for_the_secret(request: HttpRequest, esp: str) -> bool:
    """Amazon gives it only when asked; to all others this is a wrong secret like any other."""
    return esp == "amazon_ses" and "Authorization" not in request.headers


def _events(view: AnymailCoreWebhookView, request: HttpRequest) -> list[AnymailTrackingEvent]:
    try:
        return list(view.parse_events(request))
    except Exception as error:
        # The only reading that makes a call, to Amazon itself and only for who knows the secret.
        if type(error).__module__.startswith("botocore"):
            logger.error("The events of Amazon could not be confirmed: %s", type(error).__name__)
            raise CannotConfirm from error
        raise


def _refused(request: HttpRequest, esp: str, error: Exception) -> HttpResponse:
    """400 and not 403, at which some never try again: the secret may be about to be put right."""
    # Never the error's own words: they may hold the secret or the body.
    logger.warning("An event of %s was refused: %s", esp, type(error).__name__)
    believed = not isinstance(error, AnymailWebhookValidationFailure)
    return _answer("Not understood." if believed else "The secret or the signature is wrong.", 400)


def _answer(words: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain", headers=headers)
