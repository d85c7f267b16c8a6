"""Administrators: adding one."""

from django.db import IntegrityError, transaction

from accounts import history, password_links, passwords, usernames
from accounts.actor import Actor
from accounts.models import Administrator, Employer, Provider, Role, User
from accounts.permissions import require_manager_of_employer, require_manager_of_provider


@transaction.atomic
def add_administrator(
    *,
    provider: Provider,
    employer: Employer | None,
    username: str,
    email: str,
    by: Actor,
    name: str = "",
    role: str = Role.MANAGER,
    password: str | None = None,
) -> User:
    """Make an administrator of the provider, or of one employer. Without a password, a link to choose one is mailed.

    Raises UsernameRefused, or ValidationError when the password is not good enough.
    """
    if employer is None:
        require_manager_of_provider(by, provider)
    else:
        require_manager_of_employer(by, employer)
    chosen = usernames.check(username, own_addresses={email})
    key = usernames.canonical(chosen)
    if not usernames.is_free(key):
        raise usernames.not_available()
    user = User(username=chosen, username_key=key, name=name, email=email)
    if password is None:
        user.set_unusable_password()
    else:
        passwords.check_new_password(password, user=user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise usernames.not_available() from None
    Administrator.objects.create(user=user, provider=provider, employer=employer, role=role)
    history.record("administrator_added", about=user, by=by, after=role)
    if password is None:
        password_links.invite_administrator(user=user, by=by)
    return user
