"""Judges what went wrong with a mail: what happens to it, and what does the administrator read?"""

import re
import unicodedata
from enum import Enum, auto
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from ssl import SSLError

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext_noop

# Longest reason that the row holds.
LONGEST_REASON = 200
# «5.1.1 no such user», «5.2.1 mailbox disabled»: the address. «5.7.1 refused by policy» and the like: the sender.
_ABOUT_POLICY = re.compile(r"\b5\.7\.\d+")


class Failure(Enum):
    LATER = auto()  # this mail may go better later
    BAD_ADDRESS = auto()  # this address takes no mail, now or later
    BAD_MAIL = auto()  # this mail will never be taken, or cannot be made
    UNCERTAIN = auto()  # it left, and nobody knows whether it was taken
    UNREACHABLE = auto()  # no mail can leave now; that passes
    SYSTEMIC = auto()  # no mail will leave until our set-up is mended


class Unreachable(Exception):
    """No connection, no TLS, no sign-in: no mail at all can leave now, because of `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class AnswerLost(Exception):
    """The mail left, and the answer to it was lost with the connection, because of `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


# No right, no money, no such account or domain.
_OUR_SET_UP = (401, 402, 403, 404, 405)
# Errors of Amazon by name, because its library is there only where it is used; any other without an answer is uncertain.
_OF_AMAZON = {
    **dict.fromkeys((
        "ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError",
        "TooManyRequestsException", "LimitExceededException", "ThrottlingException",
    ), Failure.UNREACHABLE),
    **dict.fromkeys((
        "SSLError", "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "InvalidRegionError",
        "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException",
    ), Failure.SYSTEMIC),
    "ParamValidationError": Failure.BAD_MAIL,
}  # fmt: skip

# What mail servers and addresses do; anything else is a fault of the application.
REFUSALS = (SMTPException, AnymailError, ValidationError, AnswerLost, Unreachable)


def judge(error: Exception) -> Failure:
    """What an error means for the mail that met it."""
    match error:
        case AnswerLost():
            return Failure.UNCERTAIN
        case Unreachable():
            return _of_the_host(error.cause)
        case AnymailError():
            return _of_mail_service(error)
        case ValidationError():
            return Failure.BAD_ADDRESS
        case SMTPRecipientsRefused():
            return _of_the_recipient(*_reply(error))
        case SMTPSenderRefused():
            return Failure.LATER if error.smtp_code < 500 else Failure.SYSTEMIC
        case SMTPDataError():
            return Failure.LATER if error.smtp_code < 500 else Failure.BAD_MAIL
        case OperationalError() | InterfaceError():
            return Failure.LATER
        case SMTPException() | OSError():
            return _of_the_host(error)
    return Failure.BAD_MAIL


def reason(error: Exception) -> str:
    """In a few words, such as «550 5.1.1 no such user»; the row belongs to the one address that may stand in it."""
    if isinstance(error, AnswerLost | Unreachable):
        return reason(error.cause)
    if isinstance(error, SMTPRecipientsRefused | SMTPResponseException):
        code, reply = _reply(error)
        said = f"{code} {reply}"
    elif isinstance(error, AnymailAPIError) and error.status_code:
        said = f"the mail provider answered {error.status_code}"
    elif isinstance(error, AnymailAPIError) and error.__cause__ is not None:
        said = _amazon_said(error.__cause__)[0]
    elif isinstance(error, AnymailRecipientsRefused):
        said = gettext_noop("the mail provider refuses this address")
    elif type(error) is AnymailError:
        said = gettext_noop("the mail provider did not take it")
    elif isinstance(error, ValidationError):
        said = "not a valid e-mail address"
    elif isinstance(error, OSError) and error.strerror:
        said = f"{type(error).__name__}: {error.strerror}"
    else:
        said = type(error).__name__
    return printable(said)


def printable(said: str) -> str:
    """What somebody else's server said, in one line that fits in the row."""
    if said.isprintable():
        return said[:LONGEST_REASON]
    return "".join(sign for sign in said if unicodedata.category(sign) not in ("Cc", "Cs"))[:LONGEST_REASON]


def _of_the_recipient(code: int, reply: str) -> Failure:
    if code < 500:
        return Failure.LATER
    return Failure.BAD_MAIL if _ABOUT_POLICY.search(reply) else Failure.BAD_ADDRESS


def _of_the_host(cause: Exception) -> Failure:
    """Wrong keys, no TLS, a certificate of somebody else: waiting does not mend those."""
    if isinstance(cause, SMTPAuthenticationError):
        return Failure.UNREACHABLE if cause.smtp_code < 500 else Failure.SYSTEMIC
    if isinstance(cause, SMTPNotSupportedError | SSLError):
        return Failure.SYSTEMIC
    if isinstance(cause, SMTPConnectError | SMTPHeloError | SMTPResponseException):
        return Failure.UNREACHABLE if cause.smtp_code < 500 else Failure.SYSTEMIC
    if isinstance(cause, AnymailError):
        return _of_mail_service(cause)
    return _of_amazon(cause) if _is_of_amazon(cause) else Failure.UNREACHABLE


def _of_mail_service(error: AnymailError) -> Failure:
    if isinstance(error, AnymailInvalidAddress | AnymailRecipientsRefused):
        return Failure.BAD_ADDRESS
    if not isinstance(error, AnymailAPIError):
        return Failure.BAD_MAIL
    if error.status_code is None:
        cause = error.__cause__ or error.__context__
        return _of_amazon(cause) if _is_of_amazon(cause) else _of_the_line(cause)
    if error.status_code < 300:
        # Anymail has words for an answer that cannot be read, after which the mail may be on its way; a plain no has none.
        return Failure.UNCERTAIN if error.args else Failure.BAD_MAIL
    return _of_status(error.status_code)


def _of_status(status: int) -> Failure:
    if status in _OUR_SET_UP:
        return Failure.SYSTEMIC
    if status == 409:  # the copy before this one is being handled at this moment
        return Failure.LATER
    # Too many at once, or a fault of theirs: it passes, for all mails alike.
    return Failure.UNREACHABLE if status in (408, 429) or status >= 500 else Failure.BAD_MAIL


def _of_amazon(cause: BaseException | None) -> Failure:
    code, status = _amazon_said(cause)
    return _OF_AMAZON.get(code) or (Failure.UNCERTAIN if status is None else _of_status(status))


def _amazon_said(cause: BaseException | None) -> tuple[str, int | None]:
    """Its code and HTTP status; without an answer the name of the error, and None."""
    answer = getattr(cause, "response", None)
    if not isinstance(answer, dict):
        return type(cause).__name__, None
    return str(answer.get("Error", {}).get("Code")), answer.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _is_of_amazon(cause: BaseException | None) -> bool:
    return type(cause).__module__.startswith("botocore")


def _of_the_line(cause: BaseException | None) -> Failure:
    """Without an answer: did the question arrive?"""
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return Failure.UNREACHABLE
    if isinstance(cause, requests.exceptions.SSLError):
        return Failure.SYSTEMIC
    if isinstance(cause, requests.exceptions.ReadTimeout):
        return Failure.UNCERTAIN
    if isinstance(cause, requests.exceptions.ConnectionError):
        # requests has one name for «nobody there» and for «hung up after the question».
        never_connected = "NewConnectionError" in repr(cause) or "NameResolutionError" in repr(cause)
        return Failure.UNREACHABLE if never_connected else Failure.UNCERTAIN
    return Failure.UNREACHABLE


def _reply(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    said: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        code, said = error.smtp_code, error.smtp_error
    return code, said.decode(errors="replace") if isinstance(said, bytes) else said
