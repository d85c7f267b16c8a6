"""Keeps what a log must never hold out of it."""

import logging
import re
import unicodedata

# The path of a mailed link is a secret until it is used.
_LINK = re.compile(r"/(set-password|activate)/[^/\s'\"]+")


class WithoutLinks(logging.Filter):
    """Blanks mailed links, and escapes control characters so that no one can forge a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = _LINK.sub(r"/\1/…", record.getMessage())
        # Django hands the request along; the JSON formatter would write its address out.
        record.__dict__.pop("request", None)
        record.msg = "".join(_visible(sign) for sign in message)
        record.args = ()
        return True


def _visible(sign: str) -> str:
    return sign.encode("unicode_escape").decode() if unicodedata.category(sign) == "Cc" and sign != "\n" else sign
