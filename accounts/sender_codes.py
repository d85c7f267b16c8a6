"""The code that is mailed to the address of a sender, to see that somebody there reads it.

It is made of the row and SECRET_KEY while it is mailed; the row only holds its seal, so neither database nor outbox
tells it.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from accounts import tokens
from emailtemplates.clock import database_now, in_
from emailtemplates.models import OutgoingEmail, Sender

MESSAGE = "sender_code"
DIGITS = 8
# As long as its mail may be under way.
LIFETIME = timedelta(days=1)
# One in twenty million guesses is right; a code is given up long before.
MOST_TRIES = 5
# So that a second press, or a row of them, fills nobody's mailbox.
REPEAT_AFTER, MOST_A_DAY = timedelta(minutes=1), 20


class TooMany(Exception):
    """So many codes were mailed for this provider today that there must be something else wrong."""


def was_just_made(sender: Sender) -> bool:
    return sender.code_sent_at is not None and sender.code_sent_at > database_now() - REPEAT_AFTER and is_open(sender)


def is_open(sender: Sender) -> bool:
    """Whether there is a code that can still be given back."""
    is_fresh = sender.code_sent_at is not None and sender.code_sent_at > database_now() - LIFETIME
    return bool(sender.code_hash) and is_fresh and sender.code_tries < MOST_TRIES


def make(sender: Sender) -> None:
    """A new code for the present address, instead of an earlier one. Raises TooMany."""
    today = OutgoingEmail.objects.filter(provider=sender.provider_id, message=MESSAGE, created_at__gt=in_(-LIFETIME))
    if today.count() >= MOST_A_DAY:
        raise TooMany
    own = Sender.objects.filter(pk=sender.pk)
    # By the statement's own clock, as the mail that follows: one that was promised before is about an older code.
    own.update(code_sent_at=Now(), code_tries=0)
    sender.refresh_from_db(fields=["code_sent_at", "code_tries"])
    own.update(code_hash=_seal(sender, code_of(sender)))


def code_of(sender: Sender) -> str:
    """The code that was made last; the same each time it is asked for."""
    assert sender.code_sent_at is not None  # noqa: S101 - make() has set it
    seal = tokens.make("sender code", _id(sender), sender.address, sender.code_sent_at.timestamp())
    return f"{int(seal[32:], 16) % 10**DIGITS:0{DIGITS}}"


def still_holds(sender: Sender) -> bool:
    """Whether that is also the code whose seal is in the row; not so after SECRET_KEY was replaced."""
    return fits(sender, code_of(sender))


def fits(sender: Sender, code: str) -> bool:
    return tokens.fits(_id(sender).hex + sender.code_hash, "sender code given back", _id(sender), code)


def _seal(sender: Sender, code: str) -> str:
    return tokens.make("sender code given back", _id(sender), code)[32:]


def _id(sender: Sender) -> UUID:
    return UUID(int=sender.pk)
