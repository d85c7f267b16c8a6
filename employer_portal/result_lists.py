"""What the page of a confirmed collective mutation lists: how far it is, its people, or its mails that did not arrive."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.collective import results
from accounts.collective.results import Wanted
from accounts.collective.verdicts import Kind
from accounts.mail_lists import Place, with_prospects
from accounts.models import CollectiveMutation
from accounts.people import folded
from accounts.views.page import PortalRequest
from employer_portal import result_words
from employer_portal.collective_links import collective_url
from employer_portal.forms import SearchForm
from employer_portal.mail_rows import work_row_of
from employer_portal.paging import slice_of
from employer_portal.preview_panel import Tile
from employer_portal.result_rows import rows_of, tiles_of


@dataclass(frozen=True)
class Progress:
    url: str
    processed: int
    selected: int
    counted: str  # so many of so many
    tiles: list[Tile]
    left: str


def progress_of(mutation: CollectiveMutation, place: Place) -> Progress:
    counted = _("%(done)s of %(all)s employees") % {
        "done": result_words.number(mutation.processed),
        "all": result_words.number(mutation.selected),
    }
    return Progress(
        url=collective_url("mutation_progress", place, mutation.public_id),
        processed=mutation.processed,
        selected=mutation.selected,
        counted=counted,
        tiles=tiles_of(mutation),
        left=result_words.time_left(mutation),
    )


def list_of(request: PortalRequest, mutation: CollectiveMutation, place: Place) -> dict[str, Any]:
    """A page of its people, and what was looked for."""
    form = SearchForm(request.GET)
    kind = request.GET.get("kind", "")
    wanted = Wanted(
        kind=kind if kind in (*Kind, results.NOT_REACHED) else "",
        anew=request.GET.get("anew") == "1",
        search=folded(form.cleaned_data["q"]) if form.is_valid() else "",
    )
    page = slice_of(results.with_people(results.found(mutation, wanted)), request.GET.get("page"))
    return {
        "tiles": _filters(mutation),
        "kind": "anew" if wanted.anew else wanted.kind,
        "wanted": wanted,
        "q": request.GET.get("q", ""),
        "page": page,
        "rows": rows_of(mutation, results.people_of(mutation, page.object_list), place),
    }


def work_of(request: PortalRequest, mutation: CollectiveMutation, place: Place, *, can_act: bool) -> dict[str, Any]:
    """A page of its mails that did not arrive, with what to do about each."""
    page = slice_of(with_prospects(results.undelivered(mutation)), request.GET.get("page"))
    rows = [work_row_of(mail, place, can_act=can_act) for mail in page.object_list]
    return {"work": True, "tiles": _filters(mutation), "kind": "work", "page": page, "rows": rows}


def _filters(mutation: CollectiveMutation) -> list[Tile]:
    """Everybody, and then the kinds that there are."""
    everybody = Tile("", _("Everybody"), result_words.number(mutation.selected), "people")
    return [everybody, *tiles_of(mutation)]
