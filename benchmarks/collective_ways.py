"""Blocking people whose selection is frozen: ours, by hand-written SQL, and in two common ways."""

import os
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from celery import Celery
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from redis import Redis

from accounts.collective import confirm, running
from accounts.collective.verdicts import Verdict
from accounts.models import AccessBlock, CollectiveMutation, CollectiveOutcome, Employee, HistoryEntry
from benchmarks.collective_people import UUID_SQL, maker
from emailtemplates.models import MailState, OutgoingEmail

Way = Callable[[CollectiveMutation], None]
REASON = "reason"
BATCH = 1000
QUEUE = f"benchmark-collective-{os.getpid()}"


def ours(mutation: CollectiveMutation) -> None:
    """Confirmed by its maker, and then what a worker does."""
    said = confirm.Confirmation(reason=REASON, number=mutation.selected)
    confirm.confirm(mutation=mutation, by=maker(), confirmation=said)
    running.run(mutation)


def by_hand(mutation: CollectiveMutation) -> None:
    """What somebody would write who cared for nothing but speed: the same rows, of people about whom it asks nothing."""
    facts = {
        "mutation": mutation.pk, "act": _stored(mutation.public_id),
        "provider": mutation.provider_id, "employer": mutation.employer_id, "by": mutation.maker_id,
    }  # fmt: skip
    sql = {"uuid": UUID_SQL[connection.vendor], **_TIMES[connection.vendor]}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _BY_HAND:
            cursor.execute(statement.format(**sql), facts)


def _stored(key: UUID) -> UUID | str:
    return key if connection.vendor == "postgresql" else key.hex


_TIMES = {
    "postgresql": {"now": "statement_timestamp()", "later": "statement_timestamp() + interval '2 days'"},
    "sqlite": {"now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
               "later": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '2 days')"},
}  # fmt: skip
_BY_HAND = (
    """
    INSERT INTO accounts_collectiveoutcome (mutation_id, employee_id, outcome, made)
    SELECT mutation_id, employee_id, 'change', {uuid} FROM accounts_selectedemployee WHERE mutation_id = %(mutation)s
    """,
    """
    INSERT INTO accounts_accessblock (id, employee_id, act_id, blocked_at, blocked_by_id, blocked_by_name, reason, shown_reason)
    SELECT made, employee_id, %(act)s, {now}, %(by)s, 'Benchmark', 'reason', ''
    FROM accounts_collectiveoutcome WHERE mutation_id = %(mutation)s
    """,
    """
    INSERT INTO emailtemplates_outgoingemail (id, about, act_id, message, language, provider_id, employer_id, employee_id,
        account_id, to_address, "values", priority, created_at, not_before, expires_at, attempts, crashes, unknown_outcomes,
        esp_id, state, why)
    SELECT o.made, o.made, %(act)s, 'access_blocked', e.language, %(provider)s, %(employer)s, e.id,
        e.account_id, e.email, '{{}}', 5, {now}, {later}, {later}, 0, 0, 0, '', 'held', ''
    FROM accounts_collectiveoutcome o JOIN accounts_employee e ON e.id = o.employee_id WHERE o.mutation_id = %(mutation)s
    """,
    """
    INSERT INTO accounts_historyentry (public_id, at, act, act_id, provider_id, employer_id, employee_id, account_id, actor_id,
        actor_name, before, after, reason, mail_id)
    SELECT {uuid}, {now}, 'access_blocked', %(act)s, %(provider)s, %(employer)s, e.id, e.account_id, %(by)s,
        'Benchmark', 'active', 'blocked', 'reason', o.made
    FROM accounts_collectiveoutcome o JOIN accounts_employee e ON e.id = o.employee_id WHERE o.mutation_id = %(mutation)s
    """,
)


def in_objects(mutation: CollectiveMutation) -> None:
    """A common way: `bulk_create()` of objects, and `update()` of what remembers that it is done."""
    with transaction.atomic():
        people = list(_people(mutation))
        blocks = [_block(mutation, person) for person in people]
        AccessBlock.objects.bulk_create(blocks, batch_size=BATCH)
        pairs = list(zip(people, blocks, strict=True))
        OutgoingEmail.objects.bulk_create((_mail(mutation, *pair) for pair in pairs), batch_size=BATCH)
        HistoryEntry.objects.bulk_create((_entry(mutation, *pair) for pair in pairs), batch_size=BATCH)
        CollectiveOutcome.objects.bulk_create((_outcome(mutation, *pair) for pair in pairs), batch_size=BATCH)
        CollectiveMutation.objects.filter(pk=mutation.pk).update(processed=len(people))


def one_by_one(mutation: CollectiveMutation) -> None:
    """The most common way: each person's rows saved, and a Celery task put in the queue for the mail."""
    task = Celery(QUEUE, broker=settings.CELERY_BROKER_URL, set_as_current=False).signature(
        f"{QUEUE}.mail", queue=QUEUE
    )
    for person in _people(mutation):
        with transaction.atomic():
            block = _block(mutation, person)
            mail = _mail(mutation, person, block)
            for row in (block, mail, _entry(mutation, person, block), _outcome(mutation, person, block)):
                row.save(force_insert=True)
        task.delay(str(mail.pk))


def _people(mutation: CollectiveMutation) -> QuerySet[Employee]:
    return Employee.objects.filter(selections__mutation=mutation).order_by("pk")


def _block(mutation: CollectiveMutation, person: Employee) -> AccessBlock:
    return AccessBlock(
        employee=person,
        act_id=mutation.public_id,
        blocked_by_id=mutation.maker_id,
        blocked_by_name="Benchmark",
        reason=REASON,
    )


def _mail(mutation: CollectiveMutation, person: Employee, block: AccessBlock) -> OutgoingEmail:
    later = timezone.now() + timedelta(days=2)
    return OutgoingEmail(
        id=block.pk, about=block.pk, act_id=mutation.public_id, message="access_blocked", language=person.language,
        provider_id=mutation.provider_id, employer_id=mutation.employer_id, employee=person, account_id=person.account_id,
        to_address=person.email, state=MailState.HELD, not_before=later, expires_at=later,
    )  # fmt: skip


def _entry(mutation: CollectiveMutation, person: Employee, block: AccessBlock) -> HistoryEntry:
    return HistoryEntry(
        act="access_blocked", act_id=mutation.public_id, provider_id=mutation.provider_id, employer_id=mutation.employer_id,
        employee=person, account_id=person.account_id, actor_id=mutation.maker_id, actor_name="Benchmark",
        before="active", after="blocked", reason=REASON, mail_id=block.pk,
    )  # fmt: skip


def _outcome(mutation: CollectiveMutation, person: Employee, block: AccessBlock) -> CollectiveOutcome:
    return CollectiveOutcome(mutation=mutation, employee=person, outcome=Verdict.CHANGE, made=block.pk)


def forget_queue() -> None:
    """Leave nothing of this run in the broker."""
    if settings.REDIS_URL:
        with Redis.from_url(settings.REDIS_URL) as redis:
            redis.delete(QUEUE, f"_kombu.binding.{QUEUE}")
