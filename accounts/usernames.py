"""Usernames: which are the same, which are allowed, and changing one's own."""

import re
import unicodedata
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import history
from accounts.actor import Actor
from accounts.models import ReleasedUsername, User
from emailtemplates import outbox
from emailtemplates.models import MailState, OutgoingEmail

MIN_LENGTH, MAX_LENGTH = 3, 64
# A name that was given up stays unusable for others long enough for everybody to have forgotten whose it was.
RESERVED_FOR = timedelta(days=365)
_SIGNS = re.compile(r"[a-z0-9._@+-]")


class UsernameRefused(Exception):
    """Holds the reason, in the reader's language."""


def canonical(username: str) -> str:
    """What makes two usernames the same: equal in this form. Computed here so that every database agrees."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username.strip()).casefold())


def check(username: str, *, own_addresses: set[str]) -> str:
    """The username as it will be stored; raises UsernameRefused when nobody may have it.

    Letters are Latin, with or without accents: names of other scripts can look the same and be different. A name in
    the form of an e-mail address must be one's own, or it would catch somebody else's forgotten password.
    """
    name = unicodedata.normalize("NFKC", username.strip())
    key = canonical(name)
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        raise UsernameRefused(
            _("Choose a username of %(least)s to %(most)s characters.") % {"least": MIN_LENGTH, "most": MAX_LENGTH}
        )
    if not all(_is_allowed(sign) for sign in key):
        raise UsernameRefused(_("Use letters (with or without accents), digits, and . _ - + @ only, without spaces."))
    if "@" in key and key not in {canonical(address) for address in own_addresses}:
        raise UsernameRefused(_("An e-mail address can be your username only if it is your own."))
    return name


def _is_allowed(sign: str) -> bool:
    plain = unicodedata.normalize("NFD", sign)
    return bool(_SIGNS.fullmatch(plain[0])) and all(unicodedata.combining(mark) for mark in plain[1:])


def is_free(key: str, *, but_for: User | None = None) -> bool:
    """Whether this canonical name is nobody's, now or until recently."""
    others = User.objects.filter(username_key=key)
    former = ReleasedUsername.objects.filter(username_key=key, released_at__gt=Now() - RESERVED_FOR)
    if but_for is not None:
        others, former = others.exclude(pk=but_for.pk), former.exclude(user=but_for)
    return not others.exists() and not former.exists()


def not_available() -> UsernameRefused:
    return UsernameRefused(_("This username is not available. Choose another one."))


@transaction.atomic
def change_username(*, user: User, username: str, by: Actor) -> User:
    """Change one's own username; sessions elsewhere and open links end. Sends no mail."""
    user = User.objects.select_for_update().get(pk=user.pk)
    name = check(username, own_addresses=addresses_of(user))
    before, before_key, key = user.username, user.username_key, canonical(name)
    if name == before:
        return user
    user.username, user.username_key = name, key
    user.credentials_version += 1
    try:
        with transaction.atomic():
            user.save(update_fields=["username", "username_key", "credentials_version"])
    except IntegrityError:
        raise not_available() from None
    if key != before_key:
        ReleasedUsername.objects.create(username_key=before_key, user=user)
    # Asked after the write: by then nobody can be giving up this name unseen.
    if not is_free(key, but_for=user):
        raise not_available()
    waiting = OutgoingEmail.objects.filter(message="username", employee__in=user.employees.all())
    outbox.end_unsent(waiting, MailState.SUPERSEDED, why=gettext_noop("the username changed meanwhile"))
    history.record("username_changed", about=user, by=by, before=before, after=name)
    return user


def addresses_of(user: User) -> set[str]:
    """The registered e-mail addresses of an account."""
    return {user.email, *user.employees.values_list("email", flat=True)} - {""}
