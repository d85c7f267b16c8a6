from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from emailtemplates import outbox
from emailtemplates.models import OutgoingEmail
from emailtemplates.outbox import Recipient
from tests.emailtemplates.smtp import MailServer, controller

Promise = Callable[..., OutgoingEmail]


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """A mail server that runs, and that the settings name."""
    server = MailServer()
    running = controller(server)
    running.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = running.hostname, running.port
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.everything"
    yield server
    running.stop()


@pytest.fixture
def promise(db: None) -> Promise:
    """Puts a mail in the outbox, for people without a row of their own."""

    def promised(
        address: str = "anna@example.nl", message: str = "access_blocked", language: str = "nl"
    ) -> OutgoingEmail:
        to = Recipient(address=address, language=language, provider_id=None)
        mail = outbox.enqueue(message, to=to, act_id=uuid4(), even_if_off=True)
        assert mail is not None
        return mail

    return promised
