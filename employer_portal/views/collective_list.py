"""The collective mutations of an employer, or of the provider over several employers; and the acts to begin one with."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.collective.acts import OFFERED
from accounts.collective.approval import why_not_approve
from accounts.collective.results import shown_at
from accounts.collective.verdicts import affected
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, MutationState
from accounts.models.collective import UNCONFIRMED
from accounts.views.page import PortalRequest
from employer_portal import result_words
from employer_portal.collective_links import collective_url
from employer_portal.paging import slice_of
from employer_portal.reach import place_in_reach
from employer_portal.views.desk import show_desk

# Whoever has more of them to decide on finds the rest in the list.
MOST_WAITING = 20


@dataclass(frozen=True)
class Offer:
    """An act of the menu."""

    url: str
    label: str
    does: str
    dangerous: bool


@dataclass(frozen=True)
class Row:
    mutation: CollectiveMutation
    url: str
    label: str
    badge: str
    selected: str
    changed: str  # empty before anybody can be


@require_safe
def mutations(request: PortalRequest, employer_id: UUID | None = None) -> HttpResponse:
    place = place_in_reach(request, employer_id)
    shown = shown_at(CollectiveMutation.objects.at(place).shown_to(request.user))
    page = slice_of(shown, request.GET.get("page"))
    can_act = type(place).objects.managed_by(request.user).filter(pk=place.pk).exists()
    waiting = shown.filter(state=MutationState.WAITING)[:MOST_WAITING] if can_act else []
    context = {
        "place": place,
        "page": page,
        "rows": [_row_of(mutation, place) for mutation in page.object_list],
        "for_you": [_row_of(each, place) for each in waiting if why_not_approve(each, request.actor) is None],
        "offers": _offers(place) if can_act else [],
        "can_act": can_act,
        "at_collective": True,
    }
    return show_desk(request, "employer_portal/mutations.html", context, at=place)


def _offers(place: Place) -> list[Offer]:
    return [
        Offer(collective_url("collective_act", place, act.key), str(act.label), str(result_words.DOES.get(act.key, "")), act.dangerous)
        for act in OFFERED.values()
    ]  # fmt: skip


def _row_of(mutation: CollectiveMutation, place: Place) -> Row:
    begun = mutation.state not in (*UNCONFIRMED, MutationState.WAITING, MutationState.REJECTED)
    selecting = mutation.state == MutationState.SELECTING
    return Row(
        mutation=mutation,
        url=collective_url("mutation", place, mutation.public_id),
        label=result_words.label_of(mutation),
        badge=result_words.BADGES[MutationState(mutation.state)],
        selected="" if selecting else result_words.number(mutation.selected),
        changed=result_words.number(affected(mutation.outcomes_by_kind)) if begun else "",
    )
