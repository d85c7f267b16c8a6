"""Pages for what went wrong before or in a view."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import server_error

# A database that restarts is back by then.
RETRY_AFTER_SECONDS = 10


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one whose session ended."""
    return render(request, "403_csrf.html", status=403)


def failure(request: HttpRequest) -> HttpResponse:
    """A fault of ours, 500; without a database for a moment, 503: nothing was done, and trying again is of use."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        # Without the request: what templates ask of it, such as its messages, stands in the database.
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return server_error(request)
