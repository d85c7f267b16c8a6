"""The hint to the workers holds nobody up."""

import socket
from collections.abc import Iterator
from time import monotonic

import pytest
from pytest_django.fixtures import Settings

from emailtemplates import doorbell
from tests.emailtemplates.smtp import free_port

TASK = "emailtemplates.tasks.deliver_due_emails"


@pytest.fixture(autouse=True)
def _no_earlier_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)


@pytest.fixture
def frozen_broker() -> Iterator[int]:
    """Takes connections and never answers, as a Redis that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def broker_at(port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", settings.REDIS_URL)


def test_a_frozen_broker_costs_less_than_a_second_and_then_nothing(
    frozen_broker: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker_at(frozen_broker, settings, monkeypatch)

    started = monotonic()
    doorbell.publish(TASK)
    first = monotonic() - started
    doorbell.publish(TASK)

    assert 0.2 < first < 0.8
    assert monotonic() - started - first < 0.1


def test_a_broker_that_is_gone_is_no_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(free_port(), settings, monkeypatch)

    started = monotonic()
    doorbell.publish(TASK)

    assert monotonic() - started < 0.8
