"""Faults that must be survived: real processes, real servers, and something that breaks."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from config.settings import PASSWORD_HASHERS
from tests.faults import ledger
from tests.faults.mail_server import MailServer
from tests.faults.proxy import Proxy
from tests.faults.visitor import Visitor
from tests.journeys.processes import Installation, Redis

_figures: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of docs/operations.md, as they were this time."""
    if _figures:
        terminalreporter.section("measured")
        terminalreporter.write("".join(f"{line}\n" for line in _figures))


@pytest.fixture(autouse=True)
def _figures_of_this_test(request: pytest.FixtureRequest) -> Iterator[None]:
    ledger.figures.clear()
    yield
    _figures.extend(f"{request.node.name}: {figure}" for figure in ledger.figures)


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _line_to_mail(_mail_server: MailServer) -> Proxy:
    return Proxy(_mail_server.port)


@pytest.fixture(scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if shutil.which("redis-server") is None and os.environ.get("CI") != "true":
        pytest.skip("needs redis-server")
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture(scope="session")
def _line_to_redis(_redis: Redis) -> Proxy:
    return Proxy(_redis.port)


@pytest.fixture(scope="session")
def _installation(
    django_db_setup: None, _line_to_mail: Proxy, _line_to_redis: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The web server; it stays from test to test."""
    installation = Installation(
        redis_url=f"redis://127.0.0.1:{_line_to_redis.port}/0",
        smtp_port=_line_to_mail.port,
        scratch=tmp_path_factory.mktemp("faults"),
    )
    installation.environment["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    try:
        installation.start_web()
        yield installation
    finally:
        installation.end()


@pytest.fixture(autouse=True)
def _as_other_processes_see_it(transactional_db: None, settings: Settings) -> None:
    """Rows that are committed, and passwords that the real hasher reads."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


@pytest.fixture
def mail_server(_mail_server: MailServer) -> MailServer:
    """Healthy and empty at the start of each test."""
    _mail_server.mend()
    return _mail_server


@pytest.fixture
def line_to_mail(_line_to_mail: Proxy) -> Iterator[Proxy]:
    yield _line_to_mail
    _line_to_mail.mend()


@pytest.fixture
def line_to_redis(_line_to_redis: Proxy) -> Iterator[Proxy]:
    yield _line_to_redis
    _line_to_redis.mend()


@pytest.fixture
def redis(_redis: Redis) -> Iterator[Redis]:
    """Running and empty at the start of each test."""
    yield _redis
    _redis.thaw()
    _redis.kill()
    _redis.start()


@pytest.fixture
def installation(
    _installation: Installation, mail_server: MailServer, redis: Redis, transactional_db: None
) -> Iterator[Installation]:
    """With a web server, and what a test starts besides. Everything is a line that can break apart."""
    yield _installation
    # Before the tables are emptied: those two would be in each other's way.
    redis.thaw()
    _installation.end_workers()
    connection.close()


@pytest.fixture
def visitor(installation: Installation, carla: User) -> Visitor:
    """Carla, signed in."""
    visitor = Visitor(installation.url, carla)
    assert visitor.sign_in().status == 302
    return visitor
