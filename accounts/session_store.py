"""Sessions in the database, under keys of the one form that we make."""

import re
from typing import Any

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        """Django takes any eight characters, and PostgreSQL fails on a NUL among them."""
        return bool(key and _KEY.fullmatch(key))
