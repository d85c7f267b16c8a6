"""Signing in and out. A session holds one sign-in for each portal, so that one browser can use both."""

import time
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.db.models.functions import Now

from accounts import passwords
from accounts.gate import EMPLOYEE, EMPLOYER, Admission, admit, may_enter
from accounts.models import User
from accounts.usernames import canonical
from emailtemplates.clock import database_now

IDLE_LIMIT = {EMPLOYEE: timedelta(hours=12), EMPLOYER: timedelta(minutes=30)}
# Noting every request would write the session each time; a minute is exact enough.
NOTED_EVERY = 60


def authenticate(*, portal: str, username: str, password: str) -> tuple[User, datetime] | None:
    """The account and the moment its credential is issued, or None: wrong name, wrong password and blocked alike.

    The moment is taken before anything is checked, so that a block that comes meanwhile counts.
    """
    issued_at = database_now()
    user = User.objects.filter(username_key=canonical(username)).first()
    if not passwords.fits(password, user=user) or user is None:
        return None
    return (user, issued_at) if may_enter(user, portal=portal, since=issued_at) else None


def open_session(session: SessionBase, *, portal: str, user: User, issued_at: datetime) -> None:
    """Let this browser in. The session gets a new key, so a key that was planted before is worth nothing."""
    session.cycle_key()
    _write(session, portal=portal, user=user, issued_at=issued_at, password_at=int(time.time()))
    User.objects.filter(pk=user.pk).update(last_login=Now())


def who_is_in(session: SessionBase, *, portal: str) -> Admission | None:
    """Who this browser is in that portal. What is worth nothing any more is taken out of the session."""
    part = session.get(portal)
    if part is None:
        return None
    idle = time.time() - part["seen"]
    admission = None
    if idle <= IDLE_LIMIT[portal].total_seconds():
        admission = admit(
            portal=portal,
            user_id=part["user"],
            credentials_version=part["version"],
            issued_at=datetime.fromisoformat(part["issued_at"]),
        )
    if admission is None:
        close_session(session, portal=portal)
    elif idle >= NOTED_EVERY:
        session[portal] = {**part, "seen": int(time.time())}
    return admission


def keep_session(session: SessionBase, *, portal: str, user: User) -> None:
    """After a change of one's own username or password: this browser stays in, every other one is out."""
    part = session[portal]
    issued_at = datetime.fromisoformat(part["issued_at"])
    session.cycle_key()
    _write(session, portal=portal, user=user, issued_at=issued_at, password_at=part.get("password_at", 0))


def close_session(session: SessionBase, *, portal: str) -> None:
    """Sign out of one portal; the key goes with it unless the browser is in the other portal too."""
    session.pop(portal, None)
    if session.keys() & {EMPLOYEE, EMPLOYER}:
        # A slow request that still holds the old session would write it back under the old key.
        session.cycle_key()
    else:
        session.flush()


def _write(session: SessionBase, *, portal: str, user: User, issued_at: datetime, password_at: int) -> None:
    session[portal] = {
        "user": user.pk,
        "version": user.credentials_version,
        "issued_at": issued_at.isoformat(),
        "seen": int(time.time()),
        "password_at": password_at,  # for step_up.py
    }
