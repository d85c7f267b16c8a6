"""Writes down that a mail was taken, each by itself: one prepared statement, sent off without waiting for its answer.

Done for every mail, so the ORM would take longer than the mail server. On PostgreSQL the statement leaves at once
(libpq's pipeline mode) and is carried out while the next mail is on its way, whatever becomes of this process; the
answers are read at the end of the batch.
"""

from collections import deque
from select import select
from typing import Any
from weakref import WeakSet

import psycopg
import psycopg.errors
from django.db import connection
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from emailtemplates.leases import Fenced
from emailtemplates.mail_server import Taken
from emailtemplates.models import OutgoingEmail

# So many answers of the database may wait to be read; its buffers hold many times that.
MOST_UNREAD = 50

_NAME = b"note_taken"
_SENT = (
    f"UPDATE {OutgoingEmail._meta.db_table} SET state = 'sent', why = %s, esp_id = %s, sent_at = {{now}},"  # noqa: S608
    " finished_at = {now}, lease_token = NULL, lease_until = NULL"
    " WHERE id = %s AND lease_token = %s AND state = 'transmitting'"
)
_ON_SQLITE = _SENT.format(now="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')")
_ON_POSTGRESQL = (_SENT.format(now="statement_timestamp()") % ("$1", "$2", "$3", "$4")).encode()
_prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()


def write(mail: OutgoingEmail, taken: Taken) -> None:
    """Write it down and wait for it. Raises Fenced if the mail is no longer this worker's."""
    if connection.vendor == "postgresql":
        lines = Lines()
        lines.write(mail, taken)
        if lines.read():
            raise Fenced
        return
    with connection.cursor() as cursor:
        if not cursor.execute(_ON_SQLITE, _values(mail, taken)).rowcount:
            raise Fenced


class Lines:
    """Sent off one by one; `read` waits for the answers, and must have been called before anything else is asked."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._link: psycopg.Connection[Any] = connection.connection
        self._wrapped = connection.wrap_database_errors
        self._unread: deque[OutgoingEmail] = deque()
        self._fenced: list[OutgoingEmail] = []

    def write(self, mail: OutgoingEmail, taken: Taken) -> None:
        pgconn = self._link.pgconn
        with self._wrapped:
            if not self._unread:
                self._begin()
            pgconn.send_query_prepared(_NAME, [value.encode() for value in _values(mail, taken)])
            pgconn.pipeline_sync()  # a transaction of its own, sent off now
            self._unread.append(mail)
            if len(self._unread) > MOST_UNREAD:
                self._read_one()

    def read(self) -> list[OutgoingEmail]:
        """Those that are no longer this worker's: what it knew of them was dropped."""
        with self._wrapped:
            while self._unread:
                self._read_one()
            if self._link.pgconn.pipeline_status:
                self._link.pgconn.exit_pipeline_mode()
        fenced, self._fenced = self._fenced, []
        return fenced

    def _begin(self) -> None:
        if self._link not in _prepared:
            self._check(self._link.pgconn.prepare(_NAME, _ON_POSTGRESQL))
            _prepared.add(self._link)
        self._link.pgconn.enter_pipeline_mode()

    def _read_one(self) -> None:
        result = self._check(self._result())
        if not result.command_tuples:
            self._fenced.append(self._unread[0])
        self._unread.popleft()
        # After each answer comes the end of it, and the end of its transaction.
        if self._result() is not None or self._result() is None:
            raise psycopg.OperationalError("the connection is lost")

    def _result(self) -> PGresult | None:
        """The next answer. Waited for here: while libpq waits no other thread of this process runs, not even the one
        whose transaction this waits for."""
        pgconn = self._link.pgconn
        while pgconn.is_busy():
            select([pgconn.socket], [], [])
            pgconn.consume_input()
        return pgconn.get_result()

    def _check(self, result: PGresult | None) -> PGresult:
        if result is None or self._link.pgconn.status != ConnStatus.OK:
            # Of a server that is gone there is no code to tell errors apart by.
            raise psycopg.OperationalError("the connection is lost")
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, encoding=self._link.info.encoding)
        return result


def _values(mail: OutgoingEmail, taken: Taken) -> list[str]:
    assert mail.lease_token is not None  # noqa: S101 - it was claimed
    return [taken.answer, taken.esp_id, mail.pk.hex, mail.lease_token.hex]
