"""Passwords: how they are kept, what is asked of them, changing one's own."""

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.actor import Actor
from accounts.models import User

# Refused before hashing, so that nobody can keep a server busy with a novel.
MAX_LENGTH = 128


class PasswordHasher(Argon2PasswordHasher):
    """argon2id with 46 MiB and one lane: Django's default takes 100 MiB and eight threads for each sign-in."""

    time_cost = 2
    memory_cost = 47104
    parallelism = 1


class WrongPassword(Exception):
    """The current password that was given is not the account's."""


def check_new_password(password: str, *, user: User) -> None:
    """Raise ValidationError, with every reason, when the password is not good enough for this person."""
    if len(password) > MAX_LENGTH:
        raise ValidationError(_("Choose a password of at most %(most)s characters.") % {"most": MAX_LENGTH})
    password_validation.validate_password(password, user)
    for employee in user.employees.all() if user.pk else ():
        like = User(username=user.username, name=employee.name, email=employee.email)
        password_validation.validate_password(password, like)
    if user.has_usable_password() and check_password(password, user.password):
        raise ValidationError(_("This is your present password. Choose another one."))


def fits(password: str, *, user: User | None) -> bool:
    """Whether this is the account's password. Takes as long for no account (None) as for a wrong password."""
    if len(password) > MAX_LENGTH:
        return False
    if user is None or not user.has_usable_password():
        make_password(password)
        return False
    return check_password(password, user.password)


def require_current_password(user: User, password: str) -> None:
    if not fits(password, user=user):
        raise WrongPassword


def set_password(user: User, password: str) -> None:
    """Store a new password on a row that the caller has locked; whatever the old one opened ends."""
    user.set_password(password)
    user.credentials_version += 1
    user.save(update_fields=["password", "credentials_version"])


@transaction.atomic
def change_password(*, user: User, password: str, by: Actor) -> User:
    """Change one's own password; sessions elsewhere and open links end. Sends no mail."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_new_password(password, user=user)
    set_password(user, password)
    history.record("password_changed", about=user, by=by)
    return user
