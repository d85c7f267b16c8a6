"""What the page of a confirmed collective mutation says, and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, results
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, MutationState
from accounts.permissions import NotAllowed
from employer_portal import mail_words, result_words
from employer_portal.collective_links import collective_url

OVER = (MutationState.DONE, MutationState.CANCELLED)


@dataclass(frozen=True)
class Link:
    url: str
    label: str


@dataclass(frozen=True)
class Panel:
    label: str
    badge: str
    sentence: str
    explanation: str  # empty where there is nothing to add
    undoes: Link | None  # what this one took back
    undone_by: Link | None  # what took this one back
    urls: dict[str, str]
    can_act: bool
    can_approve: bool
    can_stop: bool
    can_undo: bool
    is_over: bool  # it ran, and its result can be read
    undelivered: str  # how many mails did not arrive, in a sentence; empty for none
    judged_anew: str  # how many people, in a sentence; empty for none


def panel_of(mutation: CollectiveMutation, place: Place, by: Actor) -> Panel:
    """Whether something is possible is asked of the function that would refuse it."""
    is_over, can_act = mutation.state in OVER, _may_act(mutation, by)
    can_undo = can_act and is_over and preview.why_not_undo(mutation) is None
    can_approve = can_act and approval.why_not_approve(mutation, by) is None
    return Panel(
        label=result_words.label_of(mutation),
        badge=result_words.BADGES[MutationState(mutation.state)],
        sentence=_sentence(mutation),
        explanation=_explanation(mutation, can_undo=can_undo),
        undoes=_link(mutation.undoes, place),
        undone_by=_link(_undone_by(mutation), place),
        urls={
            name: collective_url(f"mutation_{name}", place, mutation.public_id)
            for name in ("undo", "stop", "approve", "reject", "csv", "xlsx")
        },
        can_act=can_act,
        can_approve=can_approve,
        # Whoever can approve it says so by not approving.
        can_stop=can_act and not can_approve and confirm.why_not_stop(mutation) is None,
        can_undo=can_undo,
        is_over=is_over,
        undelivered=_undelivered(mutation) if is_over else "",
        judged_anew=_judged_anew(mutation) if is_over else "",
    )


def _may_act(mutation: CollectiveMutation, by: Actor) -> bool:
    try:
        approval.require_manager_of_all(mutation, by)
    except NotAllowed:
        return False
    return True


def _sentence(mutation: CollectiveMutation) -> str:
    match mutation.state:
        case MutationState.WAITING:
            return result_words.waits(mutation)
        case MutationState.RUNNING:
            return _("You can close this page: it goes on by itself.")
        case MutationState.REJECTED:
            return result_words.why_rejected(mutation)
    return result_words.what_happened(mutation)


def _explanation(mutation: CollectiveMutation, *, can_undo: bool) -> str:
    if mutation.state == MutationState.WAITING:
        return _waits_for(mutation)
    if mutation.state == MutationState.REJECTED:
        decision = results.decision_of(mutation)
        return _("Reason: %(reason)s") % {"reason": decision.reason} if decision and decision.reason else ""
    held_until = results.held_until(mutation)
    return result_words.hold_note(held_until) if can_undo else _going_out(held_until)


def _going_out(held_until: datetime | None) -> str:
    if held_until is None:
        return ""
    return _("The e-mails go out from %(time)s.") % {"time": result_words.clock_time(held_until)}


def _waits_for(mutation: CollectiveMutation) -> str:
    """Whom; more than a few names say nothing."""
    names = [user.display_name for user in approval.approvers(mutation)[:6]]
    if not names:
        return _("There is no second administrator any more who can approve it.")
    if len(names) == 6:
        names[5] = _("others")
    return _("Who can approve it: %(names)s.") % {"names": ", ".join(names)}


def _undone_by(mutation: CollectiveMutation) -> CollectiveMutation | None:
    """What took it back; a preview of that is nobody's business yet."""
    return CollectiveMutation.objects.filter(undoes=mutation).exclude(confirmed_at=None).first()


def _link(mutation: CollectiveMutation | None, place: Place) -> Link | None:
    if mutation is None:
        return None
    said = _("%(act)s, by %(who)s on %(when)s") % {
        "act": result_words.label_of(mutation),
        "who": mutation.maker_name,
        "when": mail_words.moment(mutation.confirmed_at),
    }
    return Link(collective_url("mutation", place, mutation.public_id), said)


def _undelivered(mutation: CollectiveMutation) -> str:
    count = results.count_undelivered(mutation)
    if not count:
        return ""
    said = ngettext("%(count)s e-mail did not arrive", "%(count)s e-mails did not arrive", count)
    return said % {"count": result_words.capped(count)}


def _judged_anew(mutation: CollectiveMutation) -> str:
    count = results.count_judged_anew(mutation)
    if count is None:
        return _("Who was judged otherwise than in the preview")
    said = ngettext(
        "%(count)s employee was judged otherwise than in the preview",
        "%(count)s employees were judged otherwise than in the preview",
        count,
    )
    return said % {"count": result_words.capped(count)} if count else ""
