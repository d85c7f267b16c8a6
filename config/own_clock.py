"""A worker's own clock: does what the schedule would ring for, also when schedule or broker are away."""

import logging
from threading import Thread
from time import monotonic

from celery import Celery
from django.db import connection

from emailtemplates.stopping import stopping

logger = logging.getLogger(__name__)

# Asking whether there is work takes one look at an index. Somebody may be waiting for a link.
SECONDS = 5.0
# For the mail in hand, whose mail server may be slow, to be finished.
GRACE_SECONDS = 25.0

_threads: list[Thread] = []


def start(app: Celery) -> None:
    """One thread for each thing that is done every few seconds; so one that is long at work does not hold up another."""
    for entry in app.conf.beat_schedule.values():
        if isinstance(entry["schedule"], float):
            thread = Thread(target=_tick, args=(app, entry["task"]), name=entry["task"], daemon=True)
            thread.start()
            _threads.append(thread)


def finish() -> None:
    """Wait for what is in hand, once `stopping` is set: what ended with the process would be stuck until its lease ends."""
    last_moment = monotonic() + GRACE_SECONDS
    for thread in _threads:
        thread.join(max(0.0, last_moment - monotonic()))


def _tick(app: Celery, task: str) -> None:
    while not stopping.wait(SECONDS):
        try:
            app.tasks[task]()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the next tick tries again
            logger.error("%s failed: %s", task, type(error).__name__)
        finally:
            connection.close()
