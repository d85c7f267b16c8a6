"""Tells the workers that there is work. Only a hint: the row is the promise, and the schedule rings for what was missed."""

import logging
from time import monotonic
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

# Somebody waits for a page meanwhile. Workers' own connections keep their normal time-outs.
PATIENCE_SECONDS = 0.3
# With the broker gone or frozen one page a while waits for it, not each.
SILENCE_SECONDS = 5.0
# Nobody needs a hint that is older than the schedule's own ring.
EXPIRES_SECONDS = 15

_silent_until = 0.0


def ring(task: str) -> None:
    """Have a worker run this task, named by its path, once the present transaction is committed."""
    # Robust, and a lambda: with the broker down the act is done all the same, and Django's robust branch
    # cannot log a functools.partial.
    transaction.on_commit(lambda: publish(task), robust=True)


def publish(task: str) -> None:
    """Put the hint in the broker, now, within a second or not at all. Never raises."""
    global _silent_until
    if monotonic() < _silent_until:
        return
    try:
        with current_app.connection_for_write(transport_options=_transport_options()) as connection:
            current_app.send_task(task, connection=connection, retry=False, expires=EXPIRES_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever a broker throws, the schedule finds the row
        _silent_until = monotonic() + SILENCE_SECONDS
        logger.warning("The broker does not answer (%s); the schedule will find the work.", type(error).__name__)


def _transport_options() -> dict[str, Any]:
    if settings.REDIS_URL:
        return {
            "socket_timeout": PATIENCE_SECONDS,
            "socket_connect_timeout": PATIENCE_SECONDS,
            "max_retries": 0,
        }
    return {"connect_args": {"timeout": PATIENCE_SECONDS}, "max_retries": 0}
