"""Four eyes: above an employer's ceiling a second administrator approves before a collective mutation runs."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import history
from accounts.access import ActRefused
from accounts.actor import SCHEDULE, Actor
from accounts.collective.verdicts import EFFECTIVE, affected
from accounts.models import (
    CollectiveCeiling,
    CollectiveMutation,
    Employee,
    Employer,
    MutationState,
    Provider,
    Role,
    SelectedEmployee,
    User,
)
from accounts.permissions import NotAllowed, require_manager_of_provider
from accounts.recipients import recipient_of_account
from emailtemplates import doorbell, outbox
from emailtemplates.clock import database_now

# A week has working days for everybody, also around a weekend.
APPROVE_WITHIN = timedelta(days=7)
# Everybody beyond them sees it in the list.
MOST_ASKED = 20


def is_needed(mutation: CollectiveMutation) -> bool:
    """Whether it changes more people, at any one employer, than the ceiling there."""
    ceilings = {
        ceiling.employer_id: ceiling
        for ceiling in CollectiveCeiling.objects.filter(employer__in=mutation.selection["employers"])
    }
    if not ceilings:
        return False
    changed = _counts(SelectedEmployee.objects.filter(mutation=mutation, verdict__in=EFFECTIVE, employer__in=ceilings))
    return any(_is_above(ceilings[employer], count) for employer, count in changed.items())


def _is_above(ceiling: CollectiveCeiling, count: int) -> bool:
    if ceiling.number is not None and count > ceiling.number:
        return True
    if ceiling.percent is None:
        return False
    return count * 100 > ceiling.percent * Employee.objects.filter(employer=ceiling.employer_id).count()


def _counts(rows: QuerySet[SelectedEmployee]) -> dict[int, int]:
    return dict(rows.values_list("employer").annotate(people=Count("*")).order_by())


def approvers(mutation: CollectiveMutation) -> QuerySet[User]:
    """Managers of all its employers, its maker not among them."""
    whole_provider = Q(administrators__provider=mutation.provider_id, administrators__employer=None)
    rights = whole_provider
    if mutation.employer_id is not None:
        rights |= Q(administrators__employer=mutation.employer_id)
    managers = User.objects.filter(rights, administrators__role=Role.MANAGER).distinct().order_by("pk")
    return managers if mutation.maker is None else managers.exclude(pk=mutation.maker.pk)


def ask(mutation: CollectiveMutation) -> None:
    """Tell them by mail. In the transaction of the confirmation."""
    for user in approvers(mutation)[:MOST_ASKED]:
        to = recipient_of_account(user)
        if to is not None:
            outbox.enqueue("collective_approval", to=to, act_id=mutation.public_id, about=mutation.public_id)


def why_not_approve(mutation: CollectiveMutation, by: Actor) -> str | None:
    """None: possible, for a second manager, within a week."""
    if mutation.state != MutationState.WAITING:
        return _("It does not wait for approval.")
    if mutation.approve_until is None or mutation.approve_until <= database_now():
        return _("It waited longer than a week. It has to be made anew.")
    if by.user is not None and by.user.pk == mutation.maker_id:
        return _("Somebody else has to approve what you made.")
    return None


@transaction.atomic
def decide(*, mutation: CollectiveMutation, by: Actor, approved: bool, reason: str = "") -> bool:
    """Approve it, so that it runs, or refuse it for good. False: that was decided the same way before."""
    require_manager_of_all(mutation, by)
    mutation = (
        CollectiveMutation.objects.select_for_update(of=("self",))
        .select_related("employer", "provider")
        .get(pk=mutation.pk)
    )
    was_approved = mutation.state != MutationState.REJECTED
    if mutation.approver is not None and mutation.approver == by.user and was_approved == approved:
        return False
    if refusal := why_not_approve(mutation, by):
        raise ActRefused(refusal)
    decision = {"approver": by.user, "approver_name": by.name}
    rows = CollectiveMutation.objects.filter(pk=mutation.pk)
    if approved:
        rows.update(state=MutationState.RUNNING, **decision)
        doorbell.ring("accounts.tasks.run_collective_mutations")
    else:
        rows.update(state=MutationState.REJECTED, finished_at=Now(), **decision)
    note("collective_approved" if approved else "collective_rejected", mutation, by, reason=reason)
    return True


@transaction.atomic
def end_unapproved() -> int:
    """Those that waited for a week end as not approved; returns how many."""
    late = CollectiveMutation.objects.filter(state=MutationState.WAITING, approve_until__lte=Now())
    ended = list(late.select_for_update(skip_locked=True, of=("self",)).select_related("employer", "provider"))
    for mutation in ended:
        note("collective_rejected", mutation, SCHEDULE)
    rows = CollectiveMutation.objects.filter(pk__in=[mutation.pk for mutation in ended])
    return rows.update(state=MutationState.REJECTED, finished_at=Now())


@transaction.atomic
def set_ceiling(*, employer: Employer, number: int | None, percent: int | None, by: Actor) -> bool:
    """Above so many people, or so many per cent, a second administrator approves; None twice: nobody. False: unchanged.

    For managers of the provider: who could lift the ceiling at the employer would need no second one.
    """
    require_manager_of_provider(by, employer.provider)
    ceiling = CollectiveCeiling.objects.filter(employer=employer).first()
    before = (ceiling.number, ceiling.percent) if ceiling else (None, None)
    if before == (number, percent):
        return False
    if number is None and percent is None:
        CollectiveCeiling.objects.filter(employer=employer).delete()
    else:
        CollectiveCeiling.objects.update_or_create(employer=employer, defaults={"number": number, "percent": percent})
    history.record("ceiling_changed", about=employer, by=by, before=_words(*before), after=_words(number, percent))
    return True


def _words(number: int | None, percent: int | None) -> str:
    return " / ".join([*([str(number)] if number is not None else []), *([f"{percent}%"] if percent else [])])


def require_manager_of_all(mutation: CollectiveMutation, by: Actor) -> None:
    wanted = set(mutation.selection["employers"])
    if by.user is None:
        return
    if Employer.objects.managed_by(by.user).filter(pk__in=wanted).count() != len(wanted):
        raise NotAllowed


def note(act: str, mutation: CollectiveMutation, by: Actor, *, reason: str = "") -> None:
    """One entry about the mutation as a whole, at the place where it was made."""
    about: Employer | Provider = mutation.employer or mutation.provider
    what = f"{mutation.act}: {affected(mutation.verdicts)}"
    history.record(act, about=about, by=by, act_id=mutation.public_id, after=what, reason=reason)
