"""The steps of a collective mutation in an installation, and what must be true when it is over."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import pairwise

from django.db import connection

from accounts.actor import Actor
from accounts.collective import confirm, preview, selection
from accounts.collective.verdicts import affected
from accounts.models import AccessBlock, CollectiveMutation, Employee, Employer, HistoryEntry
from emailtemplates.models import OutgoingEmail
from tests.faults.mail_server import MailServer
from tests.journeys.waiting import until

# So long takes each entry in the history: a chunk of thousands then takes seconds, in which something can break.
_SLOW = """
    CREATE OR REPLACE FUNCTION slow_entry() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_sleep(0.0002); RETURN NEW; END $$;
    CREATE TRIGGER slow_entry BEFORE INSERT ON accounts_historyentry FOR EACH ROW EXECUTE FUNCTION slow_entry()
"""


@contextmanager
def slow_chunks() -> Iterator[None]:
    """A database that needs seconds for a chunk."""
    with connection.cursor() as cursor:
        cursor.execute(_SLOW)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION slow_entry CASCADE")


def prepared(act: str, bakery: Employer, by: Actor, *, chunk_size: int = 0) -> CollectiveMutation:
    """For everybody of the bakery; the first chunk has this size, each that follows is twice as large."""
    everyone = selection.everyone([bakery])
    mutation = preview.prepare(act=act, place=bakery, selection=everyone, by=by)
    if mutation.state == "selecting":
        preview.freeze(mutation)
    CollectiveMutation.objects.filter(pk=mutation.pk).update(chunk_size=chunk_size)
    return mutation


def confirmed(mutation: CollectiveMutation, by: Actor) -> CollectiveMutation:
    said = confirm.Confirmation(reason="closed", number=affected(mutation.verdicts))
    assert confirm.confirm(mutation=mutation, by=by, confirmation=said)
    return mutation


def processed(mutation: CollectiveMutation) -> int:
    mutation.refresh_from_db()
    return mutation.processed


def until_done(mutation: CollectiveMutation, *, seconds: float = 120.0) -> None:
    until(lambda: processed(mutation) == mutation.selected and mutation.state == "done", "its end", seconds=seconds)


def assert_each_is_blocked_once(people: Collection[Employee], mutation: CollectiveMutation) -> None:
    """One block, one mail, one entry and one outcome each, and they belong together."""
    wanted = {person.pk for person in people}
    blocks = dict(AccessBlock.objects.values_list("employee", "pk"))
    assert (set(blocks), AccessBlock.objects.count()) == (wanted, len(wanted))
    mails, entries = OutgoingEmail.objects.all(), HistoryEntry.objects.exclude(employee=None)
    for rows, column in ((mails, "pk"), (entries, "mail"), (mutation.outcome_rows.filter(outcome="change"), "made")):
        assert dict(rows.values_list("employee", column)) == blocks
        assert rows.count() == len(wanted)
    assert mutation.outcomes_by_kind == {"change": len(wanted)}


def assert_told_the_truth(person: Employee, server: MailServer) -> None:
    """Block and unblock alternate; the mails came in that order, none twice, and the last one fits how it is now."""
    acts = list(HistoryEntry.objects.filter(employee=person).order_by("pk").values_list("act", flat=True))
    assert acts == ["access_blocked", "access_unblocked"] * (len(acts) // 2) + ["access_blocked"] * (len(acts) % 2)
    mails = {f"<{mail.pk}@example.nl>": mail for mail in OutgoingEmail.objects.filter(employee=person)}
    told = [mails[copy.message_id] for copy in server.to(person.email)]
    assert all(one.created_at < next_.created_at for one, next_ in pairwise(told))
    # Two blocks may follow each other: the end of the first was no longer true when it was to be told.
    assert all("access_blocked" in (one.message, next_.message) for one, next_ in pairwise(told))
    if AccessBlock.objects.filter(employee=person, lifted_at=None).exists():
        assert told[-1].message == "access_blocked"
    elif told:
        assert told[-1].message == "access_unblocked"
