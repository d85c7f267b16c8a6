"""Taking mail out of the outbox: claim due rows, ask what is true now, send, note the outcome of each."""

import logging
import random
from collections import Counter, deque
from datetime import timedelta
from time import monotonic
from traceback import format_tb

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from emailtemplates import failures, leases, outbox
from emailtemplates.facts import Facts, NoLongerApplies, facts_about
from emailtemplates.mail_server import MailServer, Unreachable
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.rendering import as_email, render

logger = logging.getLogger(__name__)

# Few enough to finish within a lease, enough to make the claim cheap.
BATCH = 20
# A worker that is told to stop first finishes its task; a deploy does not want to wait longer.
SHIFT_SECONDS = 60.0
# The time a mail server asks for with "try later", doubled with each attempt.
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(minutes=30)
# What a mail server could not take in three days is no longer news.
GIVE_UP_AFTER = timedelta(days=3)


def deliver_due(*, limit: int | None = None) -> int:
    """Send what is due, or `limit` of it; returns how many mails were brought to an outcome."""
    return deliver_and_count(limit=limit).total()


def deliver_and_count(*, limit: int | None = None, shift: float = SHIFT_SECONDS) -> Counter[str]:
    """The same; returns how many came into which state. Rings again when its shift ends before the work does."""
    outcomes: Counter[str] = Counter()
    stop_at = monotonic() + shift
    server = MailServer()
    try:
        while batch := leases.claim(BATCH if limit is None else min(BATCH, limit - outcomes.total())):
            _deliver(batch, server, stop_at, outcomes)
            if monotonic() >= stop_at:
                outbox.ring()
                break
    except Unreachable as error:
        # Trying the rest would only wait for each in turn; the schedule comes back for them.
        logger.warning("The mail server cannot be used: %s", failures.reason(error.cause))
    finally:
        server.close()
    return outcomes


def _deliver(batch: deque[OutgoingEmail], server: MailServer, stop_at: float, outcomes: Counter[str]) -> None:
    """Each in turn; whatever happens, those that were not tried go back at once."""
    try:
        while batch and monotonic() < stop_at:
            leases.keep(batch)
            mail = batch.popleft()
            try:
                outcomes[_deliver_one(mail, server)] += 1
            except Unreachable:
                outcomes[MailState.QUEUED] += 1
                raise
            except leases.Fenced:
                logger.warning("Mail %s was taken over or cancelled while it was being sent.", mail.pk)
    finally:
        leases.give_back(batch)


def _deliver_one(mail: OutgoingEmail, server: MailServer) -> MailState:
    """One claimed mail, to its outcome. Raises Fenced; Unreachable after putting the mail back."""
    # The host's clock will do for days.
    if mail.first_attempt_at and timezone.now() - mail.first_attempt_at > GIVE_UP_AFTER:
        return _note(mail, MailState.FAILED, why=f"given up after 3 days: {mail.why}"[: failures.LONGEST_REASON])
    try:
        facts = _begin(mail)
        if isinstance(facts, NoLongerApplies):
            return MailState.CANCELLED
        rendered = render(
            mail.message, mail.language, facts.values, employer_id=mail.employer_id, provider_id=mail.provider_id
        )
        server.send(as_email(mail, rendered))
    except leases.Fenced:
        raise
    except Unreachable as error:
        # Not this mail's fault, so it need not wait longer each time.
        _queue_again(mail, error.cause, after=FIRST_DELAY)
        raise
    except Exception as error:  # noqa: BLE001 - one bad mail, whatever is wrong with it, must not stop its neighbours
        return _note_failure(mail, error)
    return _note(mail, MailState.SENT)


@transaction.atomic
def _begin(mail: OutgoingEmail) -> Facts | NoLongerApplies:
    """Decide, by what is true now, and make that known before a word goes over the wire."""
    facts = facts_about([mail])[mail.pk]
    if isinstance(facts, NoLongerApplies):
        _note(mail, MailState.CANCELLED, why=facts.why)
        return facts
    leases.update(
        mail,
        state=MailState.TRANSMITTING,
        lease_until=leases.in_(leases.LEASE),
        first_attempt_at=Coalesce("first_attempt_at", Now()),
        # Should this mail end its worker, then it stands behind its neighbours the next time.
        not_before=Now(),
    )
    mail.refresh_from_db(fields=["first_attempt_at"])
    return facts


def _note_failure(mail: OutgoingEmail, error: Exception) -> MailState:
    if failures.is_temporary(error):
        return _queue_again(mail, error, after=min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(mail.attempts - 1, 10)))
    # Never the message of the error: it may hold a name, an address or a link.
    logger.error("Mail %s failed: %s", mail.pk, type(error).__name__)
    if not isinstance(error, failures.REFUSALS):
        logger.error("".join(format_tb(error.__traceback__)))
    return _note(mail, MailState.FAILED, why=failures.reason(error))


def _queue_again(mail: OutgoingEmail, error: Exception, *, after: timedelta) -> MailState:
    # Spread, or everything that failed together comes back together.
    after *= random.uniform(0.5, 1.5)  # noqa: S311 - guards no secret
    logger.warning("Mail %s waits after attempt %s: %s", mail.pk, mail.attempts, type(error).__name__)
    leases.update(mail, state=MailState.QUEUED, not_before=leases.in_(after), why=failures.reason(error), **leases.NONE)
    return MailState.QUEUED


def _note(mail: OutgoingEmail, state: MailState, *, why: str = "") -> MailState:
    leases.update(mail, state=state, why=why, finished_at=Now(), **leases.NONE)
    return state
