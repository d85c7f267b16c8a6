"""The connection to the mail server or mail service, kept open from mail to mail."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from smtplib import SMTP, SMTPException
from typing import Any, NamedTuple

from anymail.exceptions import AnymailError, AnymailRequestsAPIError
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from emailtemplates.failures import AnswerLost, Failure, Unreachable, judge
from emailtemplates.smtp import transmit
from emailtemplates.wire import Letter, as_bytes, as_email, envelope, mail_service, promise_key

logger = logging.getLogger(__name__)

Written = bytes | EmailMultiAlternatives


class Taken(NamedTuple):
    """It is theirs now."""

    answer: str
    esp_id: str = ""  # the mail service's own name for it


class MailServer:
    """Opens a connection when it is first needed, and a new one after one that broke."""

    def __init__(self) -> None:
        self._backend: Any = None

    def open(self) -> None:
        """Raises Unreachable."""
        if self._backend is not None:
            return
        backend = mail.get_connection()
        try:
            backend.open()
            if isinstance(backend, EmailBackend) and backend.connection is not None:
                backend.connection.ehlo_or_helo_if_needed()
        except Exception as error:
            raise Unreachable(error) from error
        self._backend = backend

    def written(self, letter: Letter) -> Written:
        """The mail in the form in which this server takes it, all but its date."""
        return as_bytes(letter) if _speaks_smtp() else as_email(letter)

    def send(self, mails: Sequence[tuple[Letter, Written, datetime]]) -> Iterator[Taken | Exception]:
        """Hand over each in turn. What comes of each: taken, or the exception that says why not."""
        for result in self._results(mails):
            if isinstance(result, AnswerLost | Unreachable):
                self.hang_up()
            yield result

    def close(self) -> None:
        backend, self._backend = self._backend, None
        try:
            if backend is not None:
                backend.close()
        except (OSError, SMTPException) as error:
            logger.info("The mail server did not say goodbye (%s).", type(error).__name__)

    def hang_up(self) -> None:
        """Close without a word: the server may be waiting for a mail that it is not going to get."""
        backend, self._backend = self._backend, None
        if isinstance(backend, EmailBackend) and backend.connection is not None:
            backend.connection.close()

    def _results(self, mails: Any) -> Iterator[Taken | Exception]:
        if isinstance(self._backend, EmailBackend):
            assert isinstance(self._backend.connection, SMTP)  # noqa: S101 - open() made it
            envelopes = [envelope(letter, content, date) for letter, content, date in mails]
            for answer in transmit(self._backend.connection, envelopes):
                yield Taken(answer) if isinstance(answer, str) else answer
            return
        for number, (letter, email, date) in enumerate(mails, start=1):
            result = self._send_one(letter, email, date)
            yield result
            if isinstance(result, Exception) and judge(result) in (Failure.UNREACHABLE, Failure.SYSTEMIC):
                yield from [Unreachable(result)] * (len(mails) - number)
                return

    def _send_one(self, letter: Letter, email: EmailMultiAlternatives, date: datetime) -> Taken | Exception:
        email.extra_headers["Date"] = format_datetime(date)
        if mail_service() == "resend":
            self._backend.session.headers["Idempotency-Key"] = promise_key(letter.mail)
        try:
            self._backend.send_messages([email])
        except Exception as error:  # noqa: BLE001 - what it means is judged with the mail it is about
            return Taken(f"taken by {self._backend.esp_name} before") if _was_taken(letter, error) else error
        status = getattr(email, "anymail_status", None)
        if status is None:
            return Taken(f"written by {settings.EMAIL_BACKEND.split('.')[-2]}")
        if status.status == {"failed"}:  # said of this address, in an answer that is no error
            refusal: Exception = AnymailError(f"{self._backend.esp_name} did not take it")
            return refusal
        return Taken(f"accepted by {self._backend.esp_name}", str(status.message_id or "")[:200])


def _was_taken(letter: Letter, error: Exception) -> bool:
    """Whether a repeat is refused because the copy whose answer was lost had been taken (Brevo, Resend)."""
    if not letter.mail.unknown_outcomes or not isinstance(error, AnymailRequestsAPIError) or error.response is None:
        return False
    return any(code in error.response.text for code in ("duplicate_parameter", "invalid_idempotent_request"))


def _speaks_smtp() -> bool:
    return settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
