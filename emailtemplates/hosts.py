"""What all workers together know of the mail server: is it any use to try now, and how many mails may go?"""

import random
from datetime import timedelta
from enum import Enum, auto

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from emailtemplates import failures
from emailtemplates.clock import in_
from emailtemplates.models import MailHost

# What our set-up causes is not mended by asking again and again.
SYSTEMIC_PROBE = timedelta(minutes=1)
# A server that is away for a moment is soon found again, and one that is away for an hour is asked six times a minute.
FIRST_PROBE, LONGEST_PROBE = timedelta(seconds=1.25), timedelta(seconds=10)
# Longer than a probe can take, so that there is one at a time.
PROBE_LEASE = timedelta(seconds=settings.EMAIL_TIMEOUT * 2)


class Leave(Enum):
    OPEN = auto()
    PROBE = auto()  # trouble is known; this worker may try one mail
    CLOSED = auto()


def name() -> str:
    """The mail server or mail service of the settings."""
    if settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return settings.EMAIL_BACKEND.removesuffix(".EmailBackend").rpartition(".")[2]


def leave() -> Leave:
    """Whether this worker may try. Of all that ask while there is trouble, one a while may."""
    host = MailHost.objects.filter(name=name())
    if not host.exclude(closed_until=None).exists():
        return Leave.OPEN
    return Leave.PROBE if host.filter(closed_until__lte=Now()).update(closed_until=in_(PROBE_LEASE)) else Leave.CLOSED


def note_trouble(error: Exception) -> None:
    """No mail at all can leave now: let everybody wait, and one try again after a while."""
    systemic = failures.judge(error) is failures.Failure.SYSTEMIC
    host, _created = MailHost.objects.get_or_create(name=name())
    pause = SYSTEMIC_PROBE if systemic else min(LONGEST_PROBE, FIRST_PROBE * 2 ** min(host.failures, 10))
    # Spread, or many installations come back at one server together.
    pause *= random.uniform(0.8, 1.2)  # noqa: S311 - guards no secret
    MailHost.objects.filter(pk=host.pk).update(
        closed_until=in_(pause),
        failures=F("failures") + 1,
        systemic=systemic,
        why=failures.reason(error),
        since=Coalesce("since", Now()),
    )


def note_recovery() -> None:
    """A mail went through, so others will."""
    MailHost.objects.filter(name=name()).exclude(closed_until=None).update(
        closed_until=None, failures=0, systemic=False, why="", since=None
    )


@transaction.atomic
def take(wanted: int) -> int:
    """How many of so many mails may go now, by the agreed number a second for all workers together."""
    rate = settings.EMAIL_RATE
    if rate is None:
        return wanted
    MailHost.objects.get_or_create(name=name())
    host = MailHost.objects.select_for_update().annotate(now=Now()).get(name=name())
    saved = host.allowance + rate * (host.now - host.allowance_at).total_seconds()
    allowance = min(float(rate), saved)  # a quiet minute does not allow a storm after it
    taken = min(wanted, int(allowance))
    MailHost.objects.filter(pk=host.pk).update(allowance=allowance - taken, allowance_at=host.now)
    return taken
