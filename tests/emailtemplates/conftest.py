from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from config import email_url
from emailtemplates import outbox
from emailtemplates.models import OutgoingEmail
from emailtemplates.outbox import Recipient
from tests.emailtemplates import events
from tests.emailtemplates.smtp import MailServer, controller

Promise = Callable[..., OutgoingEmail]
Use = Callable[..., None]


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


@pytest.fixture
def use(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Has EMAIL_URL name a mail service, with the secret of its events."""

    def used(esp: str, *options: str) -> None:
        url = events.EMAIL_URLS[esp]
        options = (f"webhook_secret={events.SECRET}", *options)
        monkeypatch.setenv("EMAIL_URL", f"{url}{'&' if '?' in url else '?'}{'&'.join(options)}")
        for name, value in email_url.email().items():
            setattr(settings, name, value)

    return used


@pytest.fixture(params=events.ESP_IDS)
def esp(request: pytest.FixtureRequest, use: Use) -> str:
    use(request.param)
    return str(request.param)
