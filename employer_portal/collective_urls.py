"""The addresses of collective mutations: the same below an employer and below the provider."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from employer_portal.views import collective_list, collective_preview, collective_result, collective_select

_MUTATION = "<uuid:mutation_id>/"
# One that is an id is a mutation; what is left over may be an act.
_PAGES: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
    ("", collective_list.mutations, "collective"),
    (_MUTATION, collective_preview.mutation, "mutation"),
    (f"{_MUTATION}run/", collective_preview.run, "mutation_run"),
    (f"{_MUTATION}sample/", collective_preview.sample, "mutation_sample"),
    (f"{_MUTATION}undo/", collective_result.undo, "mutation_undo"),
    (f"{_MUTATION}stop/", collective_result.stop, "mutation_stop"),
    (f"{_MUTATION}approve/", collective_result.approve, "mutation_approve"),
    (f"{_MUTATION}reject/", collective_result.reject, "mutation_reject"),
    (f"{_MUTATION}progress/", collective_result.progress, "mutation_progress"),
    (f"{_MUTATION}result.csv", collective_result.result_csv, "mutation_csv"),
    (f"{_MUTATION}result.xlsx", collective_result.result_xlsx, "mutation_xlsx"),
    ("<slug:act>/", collective_select.select, "collective_act"),
]


def collective_urls(*, prefix: str = "") -> list[URLPattern]:
    """The patterns, with this before each name; where no employer stands in the address, it is about the provider."""
    return [path(address, view, name=f"{prefix}{name}") for address, view, name in _PAGES]
