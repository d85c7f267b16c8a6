"""What was promised against what was taken; and time that passes without anybody waiting for it."""

from collections import Counter
from datetime import timedelta
from functools import partial

from django.db.models.functions import Now

from emailtemplates import leases
from emailtemplates.clock import in_
from emailtemplates.models import UNDERWAY, MailHost, MailState, OutgoingEmail
from tests.faults import acts
from tests.faults.mail_server import MailServer
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

# What was measured in this test, in words; printed at the end of the run.
figures: list[str] = []

# A worker that lives is done with a batch long before.
_DEAD_AFTER = timedelta(seconds=6)


def drain(installation: Installation, *, seconds: float = 60.0) -> None:
    """Until every mail is in a final state. The two minutes that a dead worker's mails wait pass at once."""
    until(partial(_all_final, installation), "every mail in a final state", seconds=seconds)


def _all_final(installation: Installation) -> bool:
    if pass_time():
        acts.ring(installation)
    return all_final()


def all_final() -> bool:
    return not OutgoingEmail.objects.filter(state__in=UNDERWAY).exists()


def pass_time() -> bool:
    """Leases of dead workers are over, and what nobody knows of may be repeated. False: there is nothing of the kind."""
    abandoned = OutgoingEmail.objects.filter(finished_at=None, lease_until__lt=in_(leases.LEASE - _DEAD_AFTER))
    unknown = OutgoingEmail.objects.filter(state=MailState.UNCERTAIN, not_before__gt=Now())
    return abandoned.update(lease_until=Now()) + unknown.update(not_before=Now()) > 0


def end_leases() -> None:
    """Whoever has a mail in hand is as good as dead."""
    OutgoingEmail.objects.exclude(lease_until=None).update(lease_until=Now())


def probe_now(installation: Installation) -> None:
    """The breaker lets the next one try."""
    MailHost.objects.exclude(closed_until=None).update(closed_until=Now())
    acts.ring(installation)


def states() -> Counter[str]:
    return Counter(OutgoingEmail.objects.values_list("state", flat=True))


def duplicates(server: MailServer, *, intents: int) -> int:
    """Every mail that was promised was taken, and each copy more is byte for byte the first; returns how many of those."""
    copies = server.copies()
    assert (states()[MailState.SENT], len(copies)) == (intents, intents), f"{intents} were promised, {states()}"
    for each in copies.values():
        assert len({(copy.to, copy.content) for copy in each}) == 1, "copies that differ"
    more = len(server.taken) - len(copies)
    figures.append(f"{intents} promised, {len(copies)} arrived, {more} copies more")
    return more
