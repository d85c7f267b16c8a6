"""Makes and checks the secret part of mailed links. It is computed when needed and stored nowhere."""

import re
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

_TOKEN = re.compile(r"([0-9a-f]{32})([0-9a-f]{64})")


def make(purpose: str, about: UUID, *facts: object) -> str:
    """The token of a row. The same row and facts give the same token, so a mail that is sent twice holds one link."""
    return about.hex + _seal(settings.SECRET_KEY, purpose, about, facts)


def row_of(token: str) -> UUID | None:
    """Which row a token speaks of, to look up before checking; None when it cannot be one of ours."""
    match = _TOKEN.fullmatch(token)
    return UUID(match[1]) if match else None


def fits(token: str, purpose: str, about: UUID, *facts: object) -> bool:
    """Whether we made this token for this row with these facts; keys that were just replaced count."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(compare_digest(token, about.hex + _seal(key, purpose, about, facts)) for key in keys)


def _seal(key: str, purpose: str, about: UUID, facts: tuple[object, ...]) -> str:
    message = "\n".join([about.hex, *map(str, facts)])
    return salted_hmac(f"sleutelbos.{purpose}", message, secret=key, algorithm="sha256").hexdigest()
