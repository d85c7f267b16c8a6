"""The addresses of e-mail texts: below an employer and below the provider."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from employer_portal.views import email_text, email_text_preview, email_texts

_TEXT = "<slug:message>/<slug:language>/"
_Pages = list[tuple[str, Callable[..., HttpResponseBase], str]]
_PAGES: _Pages = [
    ("", email_texts.email_texts, "email_texts"),
    (_TEXT, email_text.email_text, "email_text"),
    (f"{_TEXT}preview/", email_text_preview.preview, "email_text_preview"),
    (f"{_TEXT}restore/", email_text.restore, "email_text_restore"),
]
# Whoever gets a mail has an employer.
_OF_EMPLOYER: _Pages = [("<slug:message>/why/<uuid:employee_id>/", email_texts.why, "email_text_why")]


def text_urls(*, of_provider: bool = False) -> list[URLPattern]:
    """The patterns; those of the provider have its name before their own, and no employer in the address."""
    if of_provider:
        return [path(address, view, name=f"provider_{name}") for address, view, name in _PAGES]
    return [path(address, view, name=name) for address, view, name in (*_PAGES, *_OF_EMPLOYER)]
