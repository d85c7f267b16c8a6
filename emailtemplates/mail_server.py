"""The connection to the mail server, kept open from mail to mail."""

import logging
from smtplib import SMTPException

from anymail.exceptions import AnymailAPIError
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from emailtemplates import failures

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """No connection, no TLS, no sign-in: no mail at all can leave now, because of `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class MailServer:
    """Opens a connection for the first mail, and a new one after any error."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def send(self, email: EmailMessage) -> None:
        """Hand over one mail. Raises Unreachable, or what was wrong with this mail."""
        connection = self._connection or self._opened()
        try:
            connection.send_messages([email])
        except AnymailAPIError as error:
            self.close()
            # Over the web every mail is a connection of its own: what may pass, passes for all of them at once.
            if failures.is_temporary(error):
                raise Unreachable(error) from error
            raise
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()
        except (OSError, SMTPException) as error:
            logger.info("The mail server did not say goodbye (%s).", type(error).__name__)

    def _opened(self) -> BaseEmailBackend:
        connection = mail.get_connection()
        try:
            connection.open()
        except Exception as error:
            raise Unreachable(error) from error
        self._connection = connection
        return connection
