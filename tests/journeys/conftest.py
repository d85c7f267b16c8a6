"""From browser to mailbox: the tests here run the processes of a real installation."""

import logging
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from config.settings import PASSWORD_HASHERS
from tests.journeys.postbox import Postbox
from tests.journeys.processes import Installation
from tests.journeys.waiting import free_port


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Controller]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = Controller(Postbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture(scope="session")
def web(
    django_db_setup: None, mail_server: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The web server; it waits for requests, and can stay from test to test."""
    redis_url = os.environ.get("REDIS_URL", "")
    installation = Installation(
        # Beside the database number of the other tests.
        redis_url=urlsplit(redis_url)._replace(path="/6").geturl() if redis_url else "",
        smtp_port=mail_server.port,
        scratch=tmp_path_factory.mktemp("journeys"),
    )
    try:
        installation.start_web()
        yield installation
    finally:
        installation.end()


@pytest.fixture
def postbox(mail_server: Controller) -> Postbox:
    """Empty and quick at the start of each test."""
    box: Postbox = mail_server.handler
    box.clear()
    return box


@pytest.fixture(autouse=True)
def _as_other_processes_see_it(transactional_db: None, settings: Settings, postbox: Postbox) -> None:
    """Rows that are committed, and passwords that the real hasher reads."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


@pytest.fixture
def installation(web: Installation, transactional_db: None) -> Iterator[Installation]:
    """With a web server, and what a test starts besides."""
    yield web
    # Before the tables are emptied: those two would be in each other's way.
    web.end_workers()


@pytest.fixture
def workers(installation: Installation) -> None:
    """A worker and the schedule."""
    installation.start_worker()
    installation.start_schedule()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], web: Installation) -> dict[str, Any]:
    """A Dutch browser, at our own address."""
    return {**browser_context_args, "base_url": web.url, "locale": "nl-NL"}
