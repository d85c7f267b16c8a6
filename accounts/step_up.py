"""A fresh password: acts on many people ask for it again when it was given some time ago.

Whoever finds a desk with an open session may look around there, but block nobody.
"""

import time
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase

from accounts import passwords
from accounts.models import User

# Long enough for a preview and its confirmation; shorter than a coffee.
FRESH_FOR = timedelta(minutes=15)


def is_fresh(session: SessionBase, portal: str) -> bool:
    """Whether who is in that portal gave the password not long ago. Asking does not make it any fresher."""
    given_at: int = session.get(portal, {}).get("password_at", 0)
    return time.time() - given_at <= FRESH_FOR.total_seconds()


def confirm(session: SessionBase, portal: str, user: User, password: str) -> bool:
    """Whether this is the password; if so, the session remembers that it was given now."""
    if not passwords.fits(password, user=user):
        return False
    session[portal] = {**session[portal], "password_at": int(time.time())}
    return True
