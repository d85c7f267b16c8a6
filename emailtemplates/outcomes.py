"""Notes what came of a mail, each by itself, as soon as it is known."""

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from traceback import format_tb
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
import psycopg.errors
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from emailtemplates import commits, failures, leases, suppression
from emailtemplates.clock import in_
from emailtemplates.failures import Failure
from emailtemplates.mail_server import Taken
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.stopping import stopping

logger = logging.getLogger(__name__)

# The time a mail server asks for with "try later", doubled with each attempt.
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(minutes=30)
# A database that restarts is back by then; later than that the lease is over soon, and the outcome uncertain.
DATABASE_PATIENCE_SECONDS = 60.0

_SENT = (
    f"UPDATE {OutgoingEmail._meta.db_table} SET state = 'sent', why = %s, esp_id = %s, sent_at = {{now}},"  # noqa: S608
    " finished_at = {now}, lease_token = NULL, lease_until = NULL"
    " WHERE id = %s AND lease_token = %s AND state = 'transmitting'"
)
_ON_SQLITE = _SENT.format(now="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')")
_ON_POSTGRESQL = _SENT.format(now="statement_timestamp()") % ("$1", "$2", "$3", "$4")
_prepared_on: WeakSet[psycopg.Connection[Any]] = WeakSet()
T = TypeVar("T")


class Notebook:
    """What came of the mails of one batch; kept in mind until the database has it on disk.

    Only this worker knows what the mail server said. Should the database crash, all of it is written down once more.
    """

    def __init__(self) -> None:
        self._noted: list[tuple[OutgoingEmail, Taken | Exception]] = []

    def note(self, mail: OutgoingEmail, result: Taken | Exception) -> MailState:
        """Write down what came of a mail, by itself. Raises Fenced if it is no longer this worker's."""
        self._noted.append((mail, result))
        return self._patiently(lambda: _write(mail, result))

    def close(self) -> None:
        """Wait until the disk has it."""
        if self._noted:
            self._patiently(self._wait_for_disk)

    @transaction.atomic
    def _wait_for_disk(self) -> None:
        commits.wait_for_disk()
        # A transaction that changes nothing waits for nothing.
        OutgoingEmail.objects.filter(pk=self._noted[-1][0].pk).update(attempts=F("attempts"))

    def _patiently(self, write: Callable[[], T]) -> T:
        """Write although the database goes away meanwhile."""
        give_up_at = monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                return write()
            except (OperationalError, InterfaceError) as error:
                if monotonic() > give_up_at or connection.in_atomic_block:
                    raise
                logger.warning("The outcome of a mail waits for the database (%s).", type(error).__name__)
                connection.close()
                stopping.wait(0.5)
                write = self._after_all_before(write)

    def _after_all_before(self, write: Callable[[], T]) -> Callable[[], T]:
        def written_again() -> T:
            for mail, result in self._noted[:-1]:
                with suppress(leases.Fenced):
                    _write(mail, result)
            return write()

        return written_again


def note(mail: OutgoingEmail, result: Taken | Exception) -> MailState:
    """Write down what came of one mail that was not handed over with others. Raises Fenced."""
    return _write(mail, result)


def _write(mail: OutgoingEmail, result: Taken | Exception) -> MailState:
    if isinstance(result, Taken):
        _write_taken(mail, result)
        return MailState.SENT
    failure = failures.judge(result)
    # Never the message of the error: it may hold a name, an address or a link.
    logger.warning("Mail %s, attempt %s: %s, %s", mail.pk, mail.attempts, failure.name, type(result).__name__)
    if not isinstance(result, failures.REFUSALS):
        logger.error("".join(format_tb(result.__traceback__)))
    state, values = _after(mail, failure)
    leases.update(mail, state=state, why=failures.reason(result), **values, **leases.NONE)
    if failure is Failure.BAD_ADDRESS:
        suppression.suppress(mail, why=failures.reason(result))
    return state


def _after(mail: OutgoingEmail, failure: Failure) -> tuple[MailState, dict[str, Any]]:
    ended = {"finished_at": Now(), "attention_at": Now()}
    match failure:
        case Failure.BAD_ADDRESS:
            return MailState.BOUNCED, ended
        case Failure.BAD_MAIL:
            return MailState.FAILED, ended
        case Failure.UNCERTAIN:
            counted = {"unknown_outcomes": F("unknown_outcomes") + 1}
            if mail.unknown_outcomes:  # a copy more would help nobody
                return MailState.FAILED, {**ended, **counted}
            return MailState.UNCERTAIN, {"not_before": in_(leases.REPEAT_AFTER), **counted}
        case Failure.LATER:
            return MailState.QUEUED, {"not_before": in_(_delay(mail.attempts))}
        case Failure.UNREACHABLE | Failure.SYSTEMIC:
            # Not this mail's fault, and it need not wait longer each time: the host has a waiting time of its own.
            return MailState.QUEUED, {"attempts": F("attempts") - 1}


def _delay(attempts: int) -> timedelta:
    """Spread, or everything that failed together comes back together."""
    delay: timedelta = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 10))
    return delay * random.uniform(0.5, 1.5)  # noqa: S311 - guards no secret


def _write_taken(mail: OutgoingEmail, taken: Taken) -> None:
    """Written out, because it is done for each mail by itself and the ORM would take longer than the mail server."""
    assert mail.lease_token is not None  # noqa: S101 - it was claimed
    values = [taken.answer, taken.esp_id, mail.pk.hex, mail.lease_token.hex]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            written = _prepared(connection.connection, values)
        else:
            with connection.cursor() as cursor:
                written = cursor.execute(_ON_SQLITE, values).rowcount
    if not written:
        raise leases.Fenced


def _prepared(link: psycopg.Connection[Any], values: list[str]) -> int:
    """By a statement that the server has read once per connection; psycopg's cursors take three times as long."""
    if link not in _prepared_on:
        _checked(link, link.pgconn.prepare(b"note_taken", _ON_POSTGRESQL.encode()))
        _prepared_on.add(link)
    result = link.pgconn.exec_prepared(b"note_taken", [value.encode() for value in values])
    return _checked(link, result).command_tuples or 0


def _checked(link: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result, encoding=link.info.encoding)
    return result
