"""An outbox full of mails about a block, as the set-based act makes it, and back to that after each round."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import connection

from accounts import access
from accounts.actor import Actor
from accounts.models import Employee, Employer, Provider
from emailtemplates.facts import Facts, source
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.rendering import Rendered, render, render_text
from emailtemplates.senders import senders_of
from emailtemplates.texts import Key, resolve_all
from emailtemplates.wire import Letter, as_bytes

TABLE = OutgoingEmail._meta.db_table
AS_QUEUED = "benchmark_as_queued"


def fill(count: int) -> None:
    """So many employees of one employer, all blocked by one act; keeps what that left in the outbox."""
    from benchmarks.collective import make_employees  # sets up Django with whatever settings are named then

    employer = make_employees(count)
    Provider.objects.update(name="Salarisbureau De Brug")
    Employer.objects.update(name="Bakkerij Vermeer")
    employees = Employee.objects.filter(employer=employer)
    access.block_all(employees=employees, by=Actor(user=None, name="benchmark"), reason="r", shown_reason="Uit dienst")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {AS_QUEUED} AS SELECT * FROM {TABLE}")
        cursor.execute("VACUUM ANALYZE")


def reset(count: int) -> None:
    """The first so many mails as the act left them, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {AS_QUEUED} LIMIT {count}")
        cursor.execute(f"VACUUM ANALYZE {TABLE}")
        cursor.execute("CHECKPOINT")


def under_way() -> bool:
    return OutgoingEmail.objects.filter(finished_at=None).exists()


def expect_sent(count: int) -> None:
    sent = OutgoingEmail.objects.filter(state=MailState.SENT).exclude(sent_at=None).count()
    if (sent, OutgoingEmail.objects.count()) != (count, count):
        raise SystemExit(f"{sent} of {OutgoingEmail.objects.count()} mails sent, expected {count}")


def facts_about(mails: list[OutgoingEmail]) -> Mapping[UUID, Facts]:
    return {pk: known for pk, known in source().facts_about(mails).items() if isinstance(known, Facts)}


def rendered(mail: OutgoingEmail, known: Facts) -> Rendered:
    return render(mail.message, mail.language, known.values, employer_id=mail.employer_id, provider_id=mail.provider_id)


def all_rendered(mails: Iterable[OutgoingEmail], facts: Mapping[UUID, Facts]) -> list[Rendered]:
    """A batch, as the delivery does it: each text is looked up once."""
    keys = [(mail, Key(mail.message, mail.language, mail.employer_id, mail.provider_id)) for mail in mails]
    texts = resolve_all({key for _, key in keys})
    return [render_text(texts[key], mail.message, mail.language, facts[mail.pk].values) for mail, key in keys]


def content_of(rows: Iterable[OutgoingEmail]) -> list[bytes]:
    """From rows to bytes, the whole way."""
    mails = list(rows)
    facts = facts_about(mails)
    senders = senders_of({(mail.provider_id, mail.employer_id) for mail in mails})
    return [
        as_bytes(Letter(mail, text, senders[mail.provider_id, mail.employer_id]))
        for mail, text in zip(mails, all_rendered(mails, facts), strict=True)
    ]
