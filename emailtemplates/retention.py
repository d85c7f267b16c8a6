"""Mails whose retention time is over: the row, its state and its times stay, and nothing of what was mailed to whom."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from emailtemplates.clock import in_
from emailtemplates.models import REMOVED, OutgoingEmail

# Few enough to hold up no worker, many enough to be done with a million in minutes.
CHUNK = 2000
_FIRST = UUID(int=0)


def expired_mails(kept: timedelta) -> QuerySet[OutgoingEmail]:
    """Those that ended longer ago than this, and were not made anonymous yet."""
    return OutgoingEmail.objects.filter(finished_at__lt=in_(-kept)).exclude(why=REMOVED)


def forget_mails(kept: timedelta) -> int:
    """Make them anonymous, in small transactions; returns how many."""
    count, last = 0, _FIRST
    while chunk := _next_chunk(kept, last):
        last = chunk[-1]
        # Asked for again: an administrator may be sending one of them again at this moment.
        count += (
            expired_mails(kept)
            .filter(pk__in=chunk)
            .update(to_address="", values={}, why=REMOVED, esp_id="", attention_at=None)
        )
    return count


def _next_chunk(kept: timedelta, after: UUID) -> list[UUID]:
    """In the order of their ids, so that what was done before is passed over once and not with every chunk."""
    return list(expired_mails(kept).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK])
