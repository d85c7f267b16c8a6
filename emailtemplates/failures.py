"""Judges what went wrong with a mail: may it go better later, and what does the administrator read?"""

import unicodedata
from smtplib import SMTPDataError, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

from anymail.exceptions import AnymailAPIError, AnymailError
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError

# Longest reason that the row holds.
LONGEST_REASON = 200


# What mail servers and addresses do; anything else is a fault of the application.
REFUSALS = (SMTPException, AnymailError, ValidationError)


def is_temporary(error: Exception) -> bool:
    """Whether the same mail may go through later. Not: a refused recipient or content, or a mail we cannot make."""
    if isinstance(error, AnymailError):
        return isinstance(error, AnymailAPIError) and _esp_may_recover(error.status_code)
    if isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        return _reply(error)[0] < 500
    if isinstance(error, SMTPNotSupportedError):
        return False
    # A refused sender, sign-in or certificate is our set-up and not this mail: it goes out once that is mended.
    return isinstance(error, SMTPException | OSError | OperationalError | InterfaceError)


def reason(error: Exception) -> str:
    """In a few words, such as «550 5.1.1 no such user»; the row belongs to the one address that may stand in it."""
    if isinstance(error, SMTPRecipientsRefused | SMTPResponseException):
        code, reply = _reply(error)
        said = f"{code} {reply}"
    elif isinstance(error, AnymailAPIError) and error.status_code:
        said = f"the mail provider answered {error.status_code}"
    elif isinstance(error, ValidationError):
        said = "not a valid e-mail address"
    elif isinstance(error, OSError) and error.strerror:
        said = f"{type(error).__name__}: {error.strerror}"
    else:
        said = type(error).__name__
    return "".join(sign for sign in said if unicodedata.category(sign) != "Cc")[:LONGEST_REASON]


def _reply(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    said: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        code, said = error.smtp_code, error.smtp_error
    return code, said.decode(errors="replace") if isinstance(said, bytes) else said


def _esp_may_recover(status: int | None) -> bool:
    """None: no answer. Wrong keys are our set-up; too many, or a fault of theirs, pass. The rest is this mail's fault."""
    return status is None or status in (401, 403, 408, 429) or status >= 500
