"""Notes what came of a mail, each by itself, as soon as it is known."""

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from time import monotonic, sleep
from traceback import format_tb
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from emailtemplates import commits, failures, leases, suppression, taken
from emailtemplates.clock import in_
from emailtemplates.failures import Failure
from emailtemplates.mail_server import Taken
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.taken import Lines

logger = logging.getLogger(__name__)

# The time a mail server asks for with "try later", doubled with each attempt.
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(minutes=30)
# A database that restarts is back by then; later than that the lease is over soon, and the outcome uncertain.
DATABASE_PATIENCE_SECONDS = 60.0

T = TypeVar("T")


class Notebook:
    """What came of the mails of one batch; kept in mind until the database has it on disk.

    Only this worker knows what the mail server said. Should the database crash, all of it is written down once more.
    """

    def __init__(self) -> None:
        self._noted: list[tuple[OutgoingEmail, Taken | Exception]] = []
        self._lines: Lines | None = None
        self._by_lines = connection.vendor == "postgresql"
        self._fenced: list[OutgoingEmail] = []

    def note(self, mail: OutgoingEmail, result: Taken | Exception) -> MailState:
        """Write down what came of a mail, by itself. Raises Fenced if it is known to be no longer this worker's."""
        self._noted.append((mail, result))
        try:
            if self._by_lines and isinstance(result, Taken):
                self._lines = self._lines or Lines()
                self._lines.write(mail, result)
                return MailState.SENT
            self._read()
            return note(mail, result)
        except (OperationalError, InterfaceError) as error:
            return self._patiently(lambda: _state_of(mail), error)

    def close(self) -> list[OutgoingEmail]:
        """Wait until the disk has it. Returns the mails that turned out to be no longer this worker's."""
        if self._noted:
            try:
                self._read()
                self._wait_for_disk()
            except (OperationalError, InterfaceError) as error:
                self._patiently(self._wait_for_disk, error)
        return self._fenced

    def _read(self) -> None:
        if self._lines is not None:
            self._fenced += self._lines.read()

    @transaction.atomic
    def _wait_for_disk(self) -> None:
        commits.wait_for_disk()
        # A transaction that changes nothing waits for nothing.
        OutgoingEmail.objects.filter(pk=self._noted[-1][0].pk).update(attempts=F("attempts"))

    def _patiently(self, write: Callable[[], T], error: Exception) -> T:
        """Once the database is back: all that was noted, and then this."""
        give_up_at = monotonic() + DATABASE_PATIENCE_SECONDS
        while not connection.in_atomic_block and monotonic() < give_up_at:
            logger.warning("The outcome of a mail waits for the database (%s).", type(error).__name__)
            connection.close()
            self._lines = None
            sleep(0.5)  # a worker that is stopping waits as well
            try:
                for mail, result in self._noted:
                    with suppress(leases.Fenced):  # it may have been written down before the crash
                        note(mail, result)
                return write()
            except (OperationalError, InterfaceError) as again:
                error = again
        raise error


def note(mail: OutgoingEmail, result: Taken | Exception) -> MailState:
    """Write down what came of one mail. Raises Fenced if it is no longer this worker's."""
    if isinstance(result, Taken):
        taken.write(mail, result)
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


def _state_of(mail: OutgoingEmail) -> MailState:
    return MailState(OutgoingEmail.objects.values_list("state", flat=True).get(pk=mail.pk))
