"""Taking mail out of the outbox: claim due rows, ask what is true now, send, note the outcome of each."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from emailtemplates import commits, failures, handover, hosts, leases, outbox, outcomes
from emailtemplates.facts import Facts, NoLongerApplies, source
from emailtemplates.failures import Failure, Unreachable
from emailtemplates.mail_server import MailServer, Taken, Written
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.rendering import render_text
from emailtemplates.senders import senders_of
from emailtemplates.stopping import stopping
from emailtemplates.texts import Key, resolve_all
from emailtemplates.wire import Letter

logger = logging.getLogger(__name__)

# A worker that is told to stop first finishes its task; a deploy does not want to wait longer.
SHIFT_SECONDS = 60.0
# A batch grows while it is done within the first, shrinks when it takes the second, and is cut off there: what was
# decided about a mail is still true when it leaves, and who is waited for waits behind no more than this.
BATCH_SECONDS, LONGEST_BATCH_SECONDS = 0.25, 1.0
FIRST_BATCH, LARGEST_BATCH = 32, 500

Ready = list[tuple[Letter, Written]]
Note = Callable[[OutgoingEmail, Taken | Exception], MailState]


def deliver_due(*, limit: int | None = None) -> int:
    """Send what is due, or `limit` of it; returns how many mails were brought to an outcome."""
    return deliver_and_count(limit=limit).total()


def deliver_and_count(*, limit: int | None = None, shift: float = SHIFT_SECONDS) -> Counter[str]:
    """The same; returns how many came into which state. Rings again when its shift ends before the work does."""
    counts: Counter[str] = Counter()
    server = MailServer()
    try:
        recovered = leases.recover_now_and_then()
        if leases.due().exists() and (leave := hosts.leave()) is not hosts.Leave.CLOSED:
            with commits.without_waiting():
                _deliver_in_batches(
                    server, counts, limit=limit, stop_at=monotonic() + shift, leave=leave, suspect_first=recovered
                )
    except Unreachable as error:
        # Trying the rest would only wait for each in turn; somebody tries one of them after a while.
        logger.warning("The mail server cannot be used: %s", failures.reason(error))
        hosts.note_trouble(error)
    except (OperationalError, InterfaceError) as error:
        # What was in hand comes up again when its lease is over.
        logger.error("The database cannot be used: %s", type(error).__name__)
        connection.close()
    finally:
        server.close()
    return counts


def _deliver_in_batches(
    server: MailServer,
    counts: Counter[str],
    *,
    limit: int | None,
    stop_at: float,
    leave: hosts.Leave,
    suspect_first: bool,
) -> None:
    size = FIRST_BATCH if leave is hosts.Leave.OPEN else 1
    while not stopping.is_set():
        allowed = hosts.take(size if limit is None else min(size, limit - counts.total()))
        began = monotonic()
        batch = _next_batch(allowed, suspect_first=suspect_first)
        suspect_first = False
        if not batch and not _waits_for_allowance(allowed, limit, counts):
            return
        if batch:
            counts += _deliver(batch, server)
            if leave is hosts.Leave.PROBE:
                hosts.note_recovery()
                leave = hosts.Leave.OPEN
            if len(batch) == FIRST_BATCH:
                outbox.ring()  # there is more than one can carry
            size = _next_size(size, monotonic() - began)
        if monotonic() >= stop_at:
            outbox.ring()
            return


def _next_batch(allowed: int, *, suspect_first: bool) -> list[OutgoingEmail]:
    """What comes next; a mail whose worker died is taken now and then, or it would wait for all its neighbours."""
    if not allowed:
        return []
    suspect = leases.claim_alone() if suspect_first else []
    return suspect or leases.claim(allowed) or leases.claim_alone()


def _next_size(size: int, seconds: float) -> int:
    if seconds < BATCH_SECONDS:
        return min(LARGEST_BATCH, size * 4)
    return max(1, size // 2) if seconds > LONGEST_BATCH_SECONDS else size


def _waits_for_allowance(allowed: int, limit: int | None, counts: Counter[str]) -> bool:
    """Whether there is mail that the agreed rate does not allow yet; then some time has passed."""
    if allowed or (limit is not None and counts.total() >= limit) or not leases.due().exists():
        return False
    stopping.wait(1 / max(settings.EMAIL_RATE or 1, 1))
    return True


def _deliver(batch: Sequence[OutgoingEmail], server: MailServer) -> Counter[str]:
    """One batch, to an outcome for each; returns the states. Raises Unreachable after letting go of all that remains."""
    counts: Counter[str] = Counter()
    try:
        ready = list(_written(batch, server, counts))
        if ready:
            server.open()
            dates, ended = handover.hand_over([letter.mail for letter, _content in ready])
            counts += Counter(ended.values())
            for letter, _content in ready:
                if letter.mail.pk not in dates and letter.mail.pk not in ended:
                    _warn_taken_over(letter.mail)
            _send([each for each in ready if each[0].mail.pk in dates], dates, server, counts)
    except BaseException:
        leases.give_back(batch)
        raise
    return counts


def _send(ready: Ready, dates: Mapping[UUID, datetime], server: MailServer, counts: Counter[str]) -> None:
    """Those that were handed over, one after the other; when that takes too long the rest goes back."""
    began = monotonic()
    trouble: Exception | None = None
    waiting = deque(letter.mail for letter, _content in ready)
    notebook = outcomes.Notebook()
    for result in server.send([(letter, written, dates[letter.mail.pk]) for letter, written in ready]):
        mail = waiting.popleft()
        _note(mail, result, notebook.note, counts)
        if isinstance(result, Exception) and failures.judge(result) in (Failure.UNREACHABLE, Failure.SYSTEMIC):
            trouble = trouble or result
        if waiting and trouble is None and (stopping.is_set() or monotonic() - began > LONGEST_BATCH_SECONDS):
            server.hang_up()
            break
    for mail in notebook.close():
        counts[MailState.SENT] -= 1
        _warn_taken_over(mail)
    if waiting:
        leases.take_back(waiting)
    if trouble is not None:
        raise trouble if isinstance(trouble, Unreachable) else Unreachable(trouble)


def _note(mail: OutgoingEmail, result: Taken | Exception, note: Note, counts: Counter[str]) -> None:
    try:
        counts[note(mail, result)] += 1
    except leases.Fenced:
        _warn_taken_over(mail)


def _warn_taken_over(mail: OutgoingEmail) -> None:
    logger.warning("Mail %s was taken over or ended meanwhile; what this worker knows of it is dropped.", mail.pk)


def _written(
    batch: Sequence[OutgoingEmail], server: MailServer, counts: Counter[str]
) -> Iterator[tuple[Letter, Written]]:
    """Those that still apply, ready to go; the others come into their final state."""
    facts = _facts_about(batch)
    senders = senders_of({(mail.provider_id, mail.employer_id) for mail in batch})
    texts = resolve_all({_key(mail) for mail in batch})
    for mail in batch:
        known = facts[mail.pk]
        try:
            if isinstance(known, NoLongerApplies):
                handover.end(mail, MailState.SUPERSEDED, why=known.why)
                counts[MailState.SUPERSEDED] += 1
            elif isinstance(known, Facts):
                rendered = render_text(texts[_key(mail)], mail.message, mail.language, known.values)
                letter = Letter(mail, rendered, senders[mail.provider_id, mail.employer_id])
                yield letter, server.written(letter)
            else:
                raise known
        except leases.Fenced:
            _warn_taken_over(mail)
        except Exception as error:  # noqa: BLE001 - one bad mail, whatever is wrong with it, must not stop its neighbours
            _note(mail, error, outcomes.note, counts)


def _key(mail: OutgoingEmail) -> Key:
    return Key(mail.message, mail.language, mail.employer_id, mail.provider_id)


def _facts_about(batch: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies | Exception]:
    """What is true about each; if asking for all of them fails, each is asked for by itself, and some get the error."""
    try:
        with transaction.atomic():
            return source().facts_about(batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if len(batch) == 1:
            return {batch[0].pk: error}
    return {pk: known for mail in batch for pk, known in _facts_about([mail]).items()}
