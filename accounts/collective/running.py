"""Runs confirmed mutations: in chunks that are each one transaction, resumed wherever they ended.

State, history, mails and outcomes of a chunk are committed together with how far the mutation is, so whatever is killed,
the next worker goes on behind the last chunk that was committed.
"""

import logging
from collections import Counter
from dataclasses import replace
from time import monotonic

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Now

from accounts.actor import Actor
from accounts.collective import approval, preview
from accounts.collective.act import Chunk
from accounts.collective.acts import ACTS
from accounts.collective.verdicts import Verdict, kind_of
from accounts.insert_select import insert_select
from accounts.models import CollectiveMutation, CollectiveOutcome, Employee, MutationState, SelectedEmployee
from accounts.models.employee import EmployeeQuerySet
from emailtemplates import doorbell
from emailtemplates.stopping import stopping

logger = logging.getLogger(__name__)

# As quick as all at once, and nobody who signs in meanwhile waits longer than a tenth of a second.
CHUNK = 5000
# Then other work of this worker gets its turn; what is left is rung for again.
AT_MOST_SECONDS = 20.0
_BY_INDEX = (
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off;"
    " SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off"
)


def run_due() -> None:
    """What a worker does: previews that were left to it, and what was confirmed, in turns of a chunk each."""
    approval.end_unapproved()
    _freeze_due()
    last_moment = monotonic() + AT_MOST_SECONDS
    # In turns: a mutation of a dozen people does not wait behind one of a million.
    while sum(run_chunk(mutation_id) for mutation_id in _running()):
        if stopping.is_set():
            return
        if monotonic() > last_moment:
            doorbell.publish("accounts.tasks.run_collective_mutations")
            return


def _freeze_due() -> None:
    for mutation in CollectiveMutation.objects.filter(state=MutationState.SELECTING).order_by("pk"):
        try:
            preview.freeze(mutation)
        except DatabaseError as error:  # one that cannot be frozen holds up nothing that was confirmed
            logger.error("The preview of mutation %s failed: %s", mutation.pk, type(error).__name__)


def _running() -> list[int]:
    running = CollectiveMutation.objects.filter(state=MutationState.RUNNING).order_by("confirmed_at")
    return list(running.values_list("pk", flat=True))


def run(mutation: CollectiveMutation) -> None:
    """All of one mutation, now, in this process; a worker that has it in hand may do part of it."""
    while run_chunk(mutation.pk, wait=True):
        pass
    mutation.refresh_from_db()


def run_chunk(mutation_id: int, *, wait: bool = False) -> bool:
    """The next people of a mutation. False: nothing is left to do here, or somebody else is doing it."""
    size, position = 0, 0
    try:
        with transaction.atomic():
            mutation = _held(mutation_id, wait=wait)
            if mutation is None:
                return False
            _look_up_by_index()
            size, position = mutation.chunk_size or CHUNK, mutation.position
            return _do_next(mutation, size)
    except (OperationalError, InterfaceError):
        raise  # of the database and not of a person: the next tick tries again
    except DatabaseError as error:
        logger.warning("A chunk of %s people of mutation %s failed: %s", size, mutation_id, type(error).__name__)
        _after_failure(mutation_id, size, position)
        return True


def _held(mutation_id: int, *, wait: bool) -> CollectiveMutation | None:
    """The mutation, while it runs, for this worker alone; None when another one has it in hand."""
    rows = CollectiveMutation.objects.select_for_update(skip_locked=not wait, of=("self",))
    return rows.select_related("maker").filter(pk=mutation_id, state=MutationState.RUNNING).first()


def _do_next(mutation: CollectiveMutation, size: int) -> bool:
    rows = SelectedEmployee.objects.filter(mutation=mutation, employee__gt=mutation.position)
    first_rows = rows.order_by("employee_id").values("employee_id")[:size]
    found = first_rows.aggregate(last=Max("employee_id"), count=Count("*"))
    if not found["count"]:
        _finish(mutation)
        return False
    chunk = Chunk(mutation, _actor(mutation), first=mutation.position + 1, last=found["last"])
    people = _selected(chunk)
    _hold(people)
    _judge(chunk, people)
    chunk = replace(chunk, outcomes=_outcomes(chunk))
    ACTS[mutation.act].run(chunk)
    _advance(mutation, chunk, processed=found["count"], size=size)
    return True


def _look_up_by_index() -> None:
    """Plan what this transaction does as for a chunk: by index, whatever PostgreSQL knows of how many rows there are.

    Of rows that were made a minute ago it knows nothing, and a guess that is wrong reads whole tables for every chunk.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_BY_INDEX)


def _hold(people: EmployeeQuerySet) -> None:
    """In one order, as every act upon one person holds it: two that overlap take turns."""
    held = people.order_by("pk").select_for_update(no_key=True, of=("self",)).values("pk")
    sql, parameters = held.query.sql_with_params()
    with connection.cursor() as cursor:  # counted there: thousands of ids that nobody reads need not travel
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) held", parameters)  # noqa: S608 - as the ORM wrote it


def _actor(mutation: CollectiveMutation) -> Actor:
    return Actor(user=mutation.maker, name=mutation.maker_name, address=mutation.maker_address)


def _selected(chunk: Chunk) -> EmployeeQuerySet:
    return Employee.objects.filter(
        selections__mutation=chunk.mutation,
        selections__employee__gte=chunk.first,
        selections__employee__lte=chunk.last,
    )


def _judge(chunk: Chunk, people: EmployeeQuerySet) -> None:
    """The verdict of this moment. It is what is done, whatever the preview said."""
    act, mutation = ACTS[chunk.mutation.act], chunk.mutation
    moved = (~Q(employer=F("selections__employer")), Verdict.MOVED)
    insert_select(
        CollectiveOutcome,
        rows=people,
        values={
            "mutation": mutation.pk,
            "employee": F("pk"),
            "outcome": preview.judgement([moved, *preview.common_cases(mutation), *act.cases(mutation)]),
            "made": act.made(mutation),
        },
    )


def _outcomes(chunk: Chunk) -> dict[str, int]:
    """How many people have which."""
    rows = chunk.mutation.outcome_rows.filter(employee__gte=chunk.first, employee__lte=chunk.last)
    return dict(rows.values_list("outcome").annotate(people=Count("*")).order_by())


def _advance(mutation: CollectiveMutation, chunk: Chunk, *, processed: int, size: int) -> None:
    counts = Counter(mutation.outcomes_by_kind)
    for outcome, count in chunk.outcomes.items():
        counts[kind_of(outcome).value] += count
    CollectiveMutation.objects.filter(pk=mutation.pk).update(
        position=chunk.last,
        processed=mutation.processed + processed,
        outcomes_by_kind=dict(counts),
        chunk_size=min(CHUNK, size * 2),
        started_at=mutation.started_at or Now(),
        progressed_at=Now(),
    )


def _finish(mutation: CollectiveMutation) -> None:
    CollectiveMutation.objects.filter(pk=mutation.pk).update(state=MutationState.DONE, finished_at=Now())


@transaction.atomic
def _after_failure(mutation_id: int, size: int, position: int) -> None:
    """Somebody among them cannot be changed: look for that person in smaller chunks, then pass them over."""
    mutation = _held(mutation_id, wait=True)
    # Another worker tried the same people meanwhile and went on: what failed here says nothing about the next.
    if mutation is None or mutation.position != position:
        return
    rows = SelectedEmployee.objects.filter(mutation=mutation, employee__gt=mutation.position)
    next_one = rows.order_by("employee_id").first()
    if size > 1 or next_one is None:
        CollectiveMutation.objects.filter(pk=mutation.pk).update(chunk_size=max(1, size // 10))
        return
    CollectiveOutcome.objects.create(mutation=mutation, employee_id=next_one.employee_id, outcome=Verdict.FAILED)
    chunk = Chunk(mutation, _actor(mutation), mutation.position + 1, next_one.employee_id, {Verdict.FAILED: 1})
    _advance(mutation, chunk, processed=1, size=1)
