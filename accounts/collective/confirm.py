"""From preview to running: confirmed by its maker, above a ceiling approved by a second administrator; and stopping it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import approval
from accounts.collective.acts import ACTS
from accounts.collective.preview import why_not_undo
from accounts.collective.verdicts import affected
from accounts.models import CollectiveMutation, MutationState
from accounts.permissions import NotAllowed
from emailtemplates import doorbell
from emailtemplates.clock import database_now, in_

# Above so many, who confirms types how many they are: a number is not clicked away.
TYPED_ABOVE = 100


@dataclass(frozen=True)
class Confirmation:
    """What its maker says about it. `number`: how many people it will change, typed."""

    reason: str = ""
    shown_reason: str = ""
    do_not_mail: bool = False
    number: int | None = None


class WrongNumber(ActRefused):
    """The number that was typed is not that of the preview."""


def why_not_confirm(mutation: CollectiveMutation) -> str | None:
    """None: possible, for its maker."""
    if mutation.state == MutationState.SELECTING:
        return _("The preview is not ready yet.")
    if mutation.valid_until is not None and mutation.valid_until <= database_now():
        return _("This preview is older than 15 minutes. Make a new one.")
    if not affected(mutation.verdicts):
        return _("There is nobody to change.")
    return why_not_undo(mutation.undoes) if mutation.undoes is not None else None


@transaction.atomic
def confirm(*, mutation: CollectiveMutation, by: Actor, confirmation: Confirmation) -> bool:
    """Have it run, or ask for the approval that it needs. False: it was confirmed before. Its work is a worker's."""
    mutation = held(mutation)
    _require_maker(mutation, by)
    if mutation.state not in (MutationState.SELECTING, MutationState.PREVIEW):
        return False
    if refusal := why_not_confirm(mutation):
        raise ActRefused(refusal)
    count = affected(mutation.verdicts)
    if by.user is not None and count > TYPED_ABOVE and confirmation.number != count:
        raise WrongNumber(_("Type how many people this changes: %(count)s.") % {"count": count})
    if ACTS[mutation.act].needs_reason and not confirmation.reason:
        raise ActRefused(_("Fill in a reason."))
    needs_approval = by.user is not None and approval.is_needed(mutation)
    if needs_approval and not approval.approvers(mutation).exists():
        raise ActRefused(_("This is above the ceiling, and there is no second administrator who can approve it."))
    CollectiveMutation.objects.filter(pk=mutation.pk).update(
        state=MutationState.WAITING if needs_approval else MutationState.RUNNING,
        approve_until=in_(approval.APPROVE_WITHIN) if needs_approval else None,
        confirmed_at=Now(),
        reason=confirmation.reason,
        shown_reason=confirmation.shown_reason,
        do_not_mail=confirmation.do_not_mail,
    )
    _note("collective_confirmed", mutation, by, reason=confirmation.reason)
    if needs_approval:
        approval.ask(mutation)
    else:
        start()
    return True


def held(mutation: CollectiveMutation) -> CollectiveMutation:
    """As it is now, until the transaction ends. Refused when a newer preview of the same took its place."""
    rows = CollectiveMutation.objects.select_for_update(of=("self",))
    found = rows.select_related("employer", "provider", "maker", "undoes").filter(pk=mutation.pk).first()
    if found is None:
        raise ActRefused(_("This preview was replaced by a newer one."))
    return found


def start() -> None:
    """Have a worker do what there is to do, once the present transaction is committed."""
    doorbell.ring("accounts.tasks.run_collective_mutations")


def why_not_stop(mutation: CollectiveMutation) -> str | None:
    """None: possible, while it runs or waits. What was done stays done."""
    if mutation.state not in (MutationState.RUNNING, MutationState.WAITING):
        return _("It is not running any more, so there is nothing to stop.")
    return None


@transaction.atomic
def stop(*, mutation: CollectiveMutation, by: Actor) -> bool:
    """Stop it after the chunk that is being done. False: somebody did already."""
    approval.require_manager_of_all(mutation, by)
    mutation = held(mutation)
    if mutation.cancelled_by_name:
        return False
    if refusal := why_not_stop(mutation):
        raise ActRefused(refusal)
    # No chunk is being done now: each holds this row until it is committed.
    CollectiveMutation.objects.filter(pk=mutation.pk).update(
        state=MutationState.CANCELLED, cancelled_by_name=by.name, finished_at=Now()
    )
    _note("collective_stopped", mutation, by)
    return True


def _require_maker(mutation: CollectiveMutation, by: Actor) -> None:
    if mutation.maker != by.user:
        raise NotAllowed
    approval.require_manager_of_all(mutation, by)


def _note(act: str, mutation: CollectiveMutation, by: Actor, *, reason: str = "") -> None:
    approval.note(act, mutation, by, reason=reason)
