"""Choosing a password by a mailed link: asking for one, answering, using it. Also an administrator's first password."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import history, passwords, tokens
from accounts.actor import Actor
from accounts.gate import may_enter
from accounts.models import PasswordLink, PasswordRequest, User
from accounts.recipients import recipient_of_account
from accounts.usernames import canonical
from emailtemplates import doorbell, outbox
from emailtemplates.clock import database_now

# Long enough for a lunch break, short enough for a shared mailbox.
RESET_LIFETIME = timedelta(hours=1)
ADMINISTRATOR_INVITATION_LIFETIME = timedelta(days=4)
PURPOSE = "password"
ANSWER = "accounts.tasks.answer_password_requests"


class LinkNotValid(Exception):
    """Used, replaced by a newer one, too old, or never ours: the person is told the same for all of them."""


def request_password(*, username: str, portal: str, address: str | None) -> None:
    """Note that somebody forgot a password. Does the same for every name, known or not; a worker does the rest."""
    PasswordRequest.objects.create(username_key=canonical(username)[:128], portal=portal, address=address)
    doorbell.ring(ANSWER)


def answer_requests() -> int:
    """Find out whose names were filled in and mail those who may enter; returns how many requests were handled."""
    handled = 0
    while _answer_one():
        handled += 1
    return handled


@transaction.atomic
def _answer_one() -> bool:
    request = (
        PasswordRequest.objects.filter(answered_at=None).select_for_update(skip_locked=True).order_by("pk").first()
    )
    if request is None:
        return False
    user = User.objects.filter(username_key=request.username_key).first()
    # Valid for an hour from the asking, and dead if a block came in between.
    if user is not None and may_enter(user, portal=request.portal, since=request.requested_at):
        by = Actor(user=user, name=user.display_name, address=request.address)
        issue(user=user, message="password_reset", issued_at=request.requested_at, lifetime=RESET_LIFETIME, by=by)
    PasswordRequest.objects.filter(pk=request.pk).update(answered_at=Now(), username_key="")
    return True


@transaction.atomic
def issue(*, user: User, message: str, issued_at: datetime, lifetime: timedelta, by: Actor) -> PasswordLink | None:
    """Give the right to choose a password and mail it; older links end. None without an address to mail to."""
    user = User.objects.select_for_update().get(pk=user.pk)
    to = recipient_of_account(user)
    if to is None:
        return None
    PasswordLink.objects.open().filter(user=user).update(superseded_at=Now())
    link = PasswordLink.objects.create(
        user=user,
        email=to.address,
        credentials_version=user.credentials_version,
        issued_at=issued_at,
        expires_at=issued_at + lifetime,
    )
    act_id = uuid4()
    mail = outbox.enqueue(message, to=to, act_id=act_id, about=link.pk)
    history.record(f"{message}_sent", about=user, by=by, act_id=act_id, mail=mail)
    return link


def invite_administrator(*, user: User, by: Actor) -> PasswordLink | None:
    return issue(
        user=user,
        message="administrator_invitation",
        issued_at=database_now(),
        lifetime=ADMINISTRATOR_INVITATION_LIFETIME,
        by=by,
    )


def token_of(link: PasswordLink) -> str:
    """The secret part of the link's address."""
    return tokens.make(PURPOSE, link.pk, link.user_id, link.credentials_version, link.email)


def is_good(link: PasswordLink) -> bool:
    """Whether the link still opens: its account, address and access are what they were when it was asked for."""
    to = recipient_of_account(link.user)
    return (
        PasswordLink.objects.good().filter(pk=link.pk, user__credentials_version=F("credentials_version")).exists()
        and to is not None
        and to.address == link.email
        and may_enter(link.user, since=link.issued_at)
    )


def find(token: str) -> PasswordLink:
    """The link this token was made for. Looking uses nothing up. Raises LinkNotValid."""
    row = tokens.row_of(token)
    link = PasswordLink.objects.select_related("user").filter(pk=row).first() if row else None
    if link is None or not tokens.fits(token, PURPOSE, link.pk, link.user_id, link.credentials_version, link.email):
        raise LinkNotValid
    return find_by_id(link.pk)


def find_by_id(link_id: UUID) -> PasswordLink:
    """The same for a browser that showed the token before. Raises LinkNotValid."""
    link = PasswordLink.objects.select_related("user").filter(pk=link_id).first()
    if link is None or not is_good(link):
        raise LinkNotValid
    return link


@transaction.atomic
def use(*, link_id: UUID, password: str, address: str | None) -> User:
    """Set the password, once. Raises LinkNotValid, or ValidationError and then the link stays good.

    Signs nobody in: whoever holds the mailbox still needs the second factor. Always tells the owner, because a reset
    is not a change the person made while signed in.
    """
    found = PasswordLink.objects.filter(pk=link_id).first()
    if found is None:
        raise LinkNotValid
    # The account is held first: of twenty posts at once, one gets past the next line and nineteen find a used link.
    user = User.objects.select_for_update().get(pk=found.user_id)
    link = find_by_id(link_id)
    passwords.check_new_password(password, user=user)
    if not PasswordLink.objects.good().filter(pk=link.pk).update(used_at=Now()):
        raise LinkNotValid
    passwords.set_password(user, password)
    _tell_owner(user, address=address)
    return user


def _tell_owner(user: User, *, address: str | None) -> None:
    act_id, to, mail = uuid4(), recipient_of_account(user), None
    if to is not None:
        changed = {"change": "password_by_link"}
        mail = outbox.enqueue("credentials_changed", to=to, act_id=act_id, values=changed, even_if_off=True)
    history.record("password_reset", about=user, by=Actor.of(user, address), act_id=act_id, mail=mail)
