"""Looking at the domains that providers and employers want to send from: on the button, and daily by the schedule.

DNS is asked outside every transaction: an answer may take seconds, and nobody is to wait for that.
"""

from datetime import timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from accounts import history
from accounts.actor import SCHEDULE, Actor
from accounts.models import Provider
from accounts.senders import Level, own_sender, require_manager
from emailtemplates import domains
from emailtemplates.clock import in_
from emailtemplates.domains import NO_VERDICT, Findings
from emailtemplates.models import Sender, SenderDomain
from emailtemplates.senders import domain_of

# A little less than a day, or the hourly look would slip by an hour every day.
LOOK_AGAIN_AFTER = timedelta(hours=23, minutes=30)
# With DNS away each domain takes seconds; a worker has mail to deliver as well, and in an hour there is a next time.
SHIFT_SECONDS = 300.0

_RECORDS = ("SPF", "DKIM", "DMARC")


class NoDomain(Exception):
    """This level has no address of its own."""


def look_at_domain(*, at: Level, by: Actor) -> bool:
    """Ask DNS about the domain of this level's own address. Whether all its records are right. Raises NoDomain."""
    require_manager(by, at)
    sender = own_sender(at)
    if not sender.address:
        raise NoDomain
    domain = domain_of(sender.address)
    findings = domains.look_up(domain)
    _note(sender.provider_id, domain, findings, about=at, by=by)
    return findings.right


def look_at_domains() -> int:
    """Ask DNS about every domain whose turn it is; returns how many. Forgets those that nobody sends from any more."""
    in_use = {
        (provider, domain_of(address))
        for provider, address in Sender.objects.exclude(address="").values_list("provider_id", "address")
    }
    stop_at, count = monotonic() + SHIFT_SECONDS, 0
    for provider, domain in _due(in_use):
        if monotonic() > stop_at:
            break
        findings = domains.look_up(domain)
        _note(provider, domain, findings, about=Provider.objects.get(pk=provider), by=SCHEDULE)
        count += 1
    known = SenderDomain.objects.values_list("pk", "provider_id", "domain")
    SenderDomain.objects.filter(pk__in=[pk for pk, *domain in known if tuple(domain) not in in_use]).delete()
    return count


def _due(in_use: set[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those that were never looked at, then the others; the one that waits longest first."""
    seen = list(SenderDomain.objects.order_by("checked_at").values_list("provider_id", "domain"))
    unanswered = Q(spf__in=NO_VERDICT) | Q(dkim__in=NO_VERDICT) | Q(dmarc__in=NO_VERDICT)
    due = SenderDomain.objects.filter(Q(checked_at__lt=in_(-LOOK_AGAIN_AFTER)) | unanswered).order_by("checked_at")
    return [
        *sorted(in_use - set(seen)),
        *(each for each in due.values_list("provider_id", "domain") if each in in_use),
    ]


@transaction.atomic
def _note(provider: int, domain: str, findings: Findings, *, about: Level, by: Actor) -> None:
    """Write down what DNS said. Into the history goes what is other than it was.

    Where DNS itself was the trouble a domain stays proven by the last time it answered, for as long as a proof lasts.
    """
    rows = SenderDomain.objects.filter(provider=provider, domain=domain)
    known = rows.select_for_update().first()
    before = _words(domain, Findings(known.spf, known.dkim, known.dmarc)) if known else ""
    if known is None:
        SenderDomain.objects.get_or_create(provider_id=provider, domain=domain)
    rows.update(spf=findings.spf, dkim=findings.dkim, dmarc=findings.dmarc)
    if findings.conclusive or known is None or known.proven_at is None:
        rows.update(checked_at=Now(), proven_at=Coalesce("proven_at", Now()) if findings.right else None)
    after = _words(domain, findings)
    if before != after:
        history.record("sender_domain_checked", about=about, by=by, before=before, after=after)


def _words(domain: str, findings: Findings) -> str:
    """Such as «delinde.nl: SPF ✓, DKIM ✗, DMARC ✓»."""
    marks = (f"{name} {'✗' if fault else '✓'}" for name, fault in zip(_RECORDS, findings, strict=True))
    return f"{domain}: {', '.join(marks)}"
