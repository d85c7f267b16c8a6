"""In whose name e-mails go out: choosing name and address, and confirming the address by the code that was mailed to it."""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import history, sender_codes
from accounts.actor import Actor
from accounts.models import Employer, Language, Provider
from accounts.permissions import NotAllowed, require_manager_of_employer, require_manager_of_provider
from emailtemplates import outbox
from emailtemplates.models import UNDELIVERED, OutgoingEmail, Sender
from emailtemplates.outbox import Recipient
from emailtemplates.senders import readable

Level = Provider | Employer


class NothingToConfirm(Exception):
    """This level has no address of its own, or it is confirmed already."""


class NoCode(Exception):
    """No code can be given back any more: none was mailed, it is too old, or there were too many wrong ones."""


def own_sender(at: Level) -> Sender:
    """What this level itself has chosen; an empty one, not saved, where it chose nothing."""
    return Sender.objects.filter(**_level(at)).first() or Sender(**_level(at))


def code_that_did_not_arrive(sender: Sender) -> OutgoingEmail | None:
    """The mail with the newest code, if it failed."""
    if sender.code_sent_at is None:
        return None
    mails = OutgoingEmail.objects.filter(
        provider=sender.provider_id,
        employer=sender.employer_id,
        message=sender_codes.MESSAGE,
        to_address=sender.address,
        created_at__gte=sender.code_sent_at,
        state__in=UNDELIVERED,
    )
    return mails.order_by("-created_at").first()


@transaction.atomic
def change_sender(*, at: Level, name: str, address: str, by: Actor) -> bool:
    """Choose name and address; empty: as the level above. A new address is mailed a code. False: nothing changed.

    `address` is as emailtemplates.senders.proper_address made it. Raises sender_codes.TooMany.
    """
    require_manager(by, at)
    sender = _held(at)
    if (sender.name, sender.address) == (name, address):
        return False
    before, moved = _words(sender), sender.address != address
    sender.name, sender.address = name, address
    unconfirmed = {"confirmed_at": None, "code_sent_at": None, "code_hash": "", "code_tries": 0} if moved else {}
    Sender.objects.filter(pk=sender.pk).update(name=name, address=address, **unconfirmed)
    history.record("sender_changed", about=at, by=by, before=before, after=_words(sender))
    if moved and address:
        _mail_code(at, sender, by)
    return True


@transaction.atomic
def mail_code(*, at: Level, by: Actor) -> bool:
    """Mail a new code. False: one was mailed a moment ago. Raises NothingToConfirm, sender_codes.TooMany."""
    require_manager(by, at)
    sender = _held(at)
    if not sender.address or sender.confirmed_at:
        raise NothingToConfirm
    if sender_codes.was_just_made(sender):
        return False
    _mail_code(at, sender, by)
    return True


@transaction.atomic
def confirm_sender(*, at: Level, code: str, by: Actor) -> int | None:
    """None if the code is right, which confirms the address; else how many tries are left.

    Raises NothingToConfirm, NoCode.
    """
    require_manager(by, at)
    sender = _held(at)
    if not sender.address or sender.confirmed_at:
        raise NothingToConfirm
    if not sender_codes.is_open(sender):
        raise NoCode
    own = Sender.objects.filter(pk=sender.pk)
    if not sender_codes.fits(sender, code):
        own.update(code_tries=F("code_tries") + 1)
        return sender_codes.MOST_TRIES - sender.code_tries - 1
    own.update(confirmed_at=Now(), code_hash="", code_tries=0)
    history.record("sender_confirmed", about=at, by=by, after=sender.address)
    return None


def may_manage(by: Actor, at: Level) -> bool:
    try:
        require_manager(by, at)
    except NotAllowed:
        return False
    return True


def require_manager(by: Actor, at: Level) -> None:
    if isinstance(at, Provider):
        require_manager_of_provider(by, at)
    else:
        require_manager_of_employer(by, at)


def _held(at: Level) -> Sender:
    """The row of this level, kept from changing until the act is over."""
    return Sender.objects.select_for_update().get_or_create(**_level(at))[0]


def _mail_code(at: Level, sender: Sender, by: Actor) -> None:
    sender_codes.make(sender)
    to = Recipient(
        address=sender.address,
        language=by.user.language if by.user else Language.DUTCH,
        provider_id=sender.provider_id,
        employer_id=sender.employer_id,
    )
    act_id = uuid4()
    mail = outbox.enqueue(sender_codes.MESSAGE, to=to, act_id=act_id)
    history.record("sender_code_sent", about=at, by=by, act_id=act_id, after=sender.address, mail=mail)


def _level(at: Level) -> dict[str, Any]:
    if isinstance(at, Provider):
        return {"provider_id": at.pk, "employer_id": None}
    return {"provider_id": at.provider_id, "employer_id": at.pk}


def _words(sender: Sender) -> str:
    address = f"<{readable(sender.address)}>" if sender.address else ""
    return f"{sender.name} {address}".strip()
