"""The addresses of e-mail texts: the same below an employer and below the provider."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from employer_portal.views import email_text, email_text_preview, email_texts

_TEXT = "<slug:message>/<slug:language>/"
_PAGES: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
    ("", email_texts.email_texts, "email_texts"),
    (_TEXT, email_text.email_text, "email_text"),
    (f"{_TEXT}preview/", email_text_preview.preview, "email_text_preview"),
    (f"{_TEXT}restore/", email_text.restore, "email_text_restore"),
    ("<slug:message>/why/<uuid:employee_id>/", email_texts.why, "email_text_why"),
]


def text_urls(*, prefix: str = "") -> list[URLPattern]:
    """The patterns, with this before each name; where no employer stands in the address, it is about the provider."""
    return [path(address, view, name=f"{prefix}{name}") for address, view, name in _PAGES]
