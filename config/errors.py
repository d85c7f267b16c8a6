"""Pages for what went wrong before a view was reached."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one whose session ended."""
    return render(request, "403_csrf.html", status=403)
