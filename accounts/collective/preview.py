"""The preview: whom it is for is frozen, each with the verdict of that moment. Nothing is changed yet."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.utils.translation import gettext as _

from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective.act import Cases
from accounts.collective.acts import ACTS
from accounts.collective.conditions import IS_ADMINISTRATOR
from accounts.collective.selection import NothingSelected, Selection
from accounts.collective.verdicts import EFFECTIVE, Verdict, kind_of
from accounts.insert_select import insert_select
from accounts.models import CollectiveMutation, Employee, Employer, MutationState, Provider, SelectedEmployee
from accounts.models.employee import EmployeeQuerySet
from accounts.permissions import NotAllowed
from emailtemplates import doorbell
from emailtemplates.clock import in_

# Long enough to look through it; short enough that it still is what will happen.
VALID_FOR = timedelta(minutes=15)
# Frozen while the browser waits: well within a second. Of more a worker does it.
AT_ONCE = 10_000


@transaction.atomic
def prepare(*, act: str, place: Employer | Provider, selection: Selection, by: Actor) -> CollectiveMutation:
    """Freeze whom an act is for and judge each of them, or leave that to a worker when they are many."""
    _require_manager_of(selection.employers, place, by)
    mutation = _begin(act, place, by, selection=selection.as_json())
    if selection.how in ("ticked", "numbers") or _are_few(selection):
        _freeze(mutation, selection.employees())
        if not mutation.selected:
            raise NothingSelected(_("Nobody fits what you chose."))
    else:
        doorbell.ring("accounts.tasks.run_collective_mutations")
    return mutation


@transaction.atomic
def prepare_undo(*, mutation: CollectiveMutation, by: Actor) -> CollectiveMutation:
    """The preview of taking a mutation back: whom it changed, and whom nobody changed since."""
    place = mutation.employer or mutation.provider
    _require_manager_of(mutation.selection["employers"], place, by)
    # Held, and then the previews of the same: two who take it back take turns, and one being confirmed is not removed.
    for rows in ({"pk": mutation.pk}, {"undoes": mutation}):
        list(CollectiveMutation.objects.select_for_update().filter(**rows).values_list("pk"))
    if refusal := why_not_undo(mutation):
        raise ActRefused(refusal)
    # An earlier preview that nobody confirmed: each mutation is undone once.
    CollectiveMutation.objects.filter(undoes=mutation, confirmed_at=None).delete()
    undo = _begin(ACTS[mutation.act].undo, place, by, selection={**mutation.selection, "how": "undo"}, undoes=mutation)
    if mutation.selected <= AT_ONCE:
        freeze(undo)
    else:
        doorbell.ring("accounts.tasks.run_collective_mutations")
    return undo


def why_not_undo(mutation: CollectiveMutation) -> str | None:
    """None: possible, once, after it ran."""
    if not ACTS[mutation.act].undo:
        return _("This mutation itself took something back.")
    if mutation.state not in (MutationState.DONE, MutationState.CANCELLED):
        return _("It is not finished yet.")
    if CollectiveMutation.objects.filter(undoes=mutation).exclude(confirmed_at=None).exists():
        return _("It was taken back already.")
    return None


@transaction.atomic
def freeze(mutation: CollectiveMutation) -> None:
    """Freeze and judge what a mutation remembers of its selection. Twice: once."""
    rows = CollectiveMutation.objects.select_for_update(skip_locked=True, of=("self",))
    held = rows.select_related("undoes", "maker").filter(pk=mutation.pk, state=MutationState.SELECTING).first()
    if held is None:  # done already, or another worker is doing it
        return
    _freeze(held, _people_of(held))
    mutation.refresh_from_db()


def _people_of(mutation: CollectiveMutation) -> EmployeeQuerySet:
    if mutation.undoes_id is None:
        return Selection.from_json(mutation.selection).employees()
    return Employee.objects.filter(outcomes__mutation=mutation.undoes_id, outcomes__outcome__in=EFFECTIVE)


def _freeze(mutation: CollectiveMutation, people: EmployeeQuerySet) -> None:
    act = ACTS[mutation.act]
    verdict = judgement([*common_cases(mutation), *act.cases(mutation)])
    mutation.selected = insert_select(
        SelectedEmployee,
        rows=people,
        values={
            "mutation": mutation.pk,
            "employee": F("pk"),
            "employer": F("employer"),
            "verdict": verdict,
            "warning": _warning(act.warnings(mutation)),
        },
    )
    mutation.verdicts = _count(mutation)
    mutation.state = MutationState.PREVIEW
    mutation.save(update_fields=["selected", "verdicts", "state"])
    CollectiveMutation.objects.filter(pk=mutation.pk).update(valid_until=in_(VALID_FOR))
    mutation.refresh_from_db(fields=["valid_until"])


def judgement(cases: Cases) -> Case:
    """The first case that fits a person, else that they will be changed."""
    return Case(
        *(When(condition, then=Value(code)) for condition, code in cases),
        default=Value(Verdict.CHANGE),
        output_field=CharField(),
    )


def common_cases(mutation: CollectiveMutation) -> Cases:
    """What stops every act: whoever may not act there any more, and accounts that administer, one's own among them."""
    allowed = mutation.selection["employers"]
    if mutation.maker is not None:
        managed = Employer.objects.managed_by(mutation.maker).filter(pk__in=allowed)
        allowed = list(managed.values_list("pk", flat=True))
    return [(~Q(employer__in=allowed), Verdict.NO_RIGHT), (Q(IS_ADMINISTRATOR), Verdict.ADMINISTRATOR)]


def _warning(cases: Cases) -> Case | str:
    if not cases:
        return ""
    whens = (When(condition, then=Value(code)) for condition, code in cases)
    return Case(*whens, default=Value(""), output_field=CharField())


def _count(mutation: CollectiveMutation) -> dict[str, int]:
    rows = (
        SelectedEmployee.objects.filter(mutation=mutation).values_list("verdict", "warning").annotate(people=Count("*"))
    )
    counts: Counter[str] = Counter()
    for verdict, warning, count in rows:
        counts[kind_of(verdict, warning).value] += count
    return dict(counts)


def _begin(act: str, place: Employer | Provider, by: Actor, **facts: Any) -> CollectiveMutation:
    at = {"employer": place, "provider": place.provider} if isinstance(place, Employer) else {"provider": place}
    return CollectiveMutation.objects.create(
        act=act,
        **at,
        maker=by.user,
        maker_name=by.name,
        maker_address=by.address,
        **facts,
    )


def _are_few(selection: Selection) -> bool:
    everyone = Employee.objects.filter(employer__in=selection.employers).order_by()
    return everyone[: AT_ONCE + 1].count() <= AT_ONCE


def _require_manager_of(employers: Iterable[int], place: Employer | Provider, by: Actor) -> None:
    """Of each of these employers, which must lie at that place."""
    wanted = set(employers)
    lying = Employer.objects.filter(pk=place.pk) if isinstance(place, Employer) else place.employers.all()
    reached = lying if by.user is None else lying & Employer.objects.managed_by(by.user)
    if not wanted or reached.filter(pk__in=wanted).count() != len(wanted):
        raise NotAllowed
