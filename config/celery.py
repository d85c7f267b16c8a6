"""The Celery app: `celery -A config worker` and `celery -A config beat`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from config import own_clock
from emailtemplates.stopping import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sleutelbos")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def start_own_clock(**_anything: Any) -> None:
    """Before Celery calls a worker ready: that it does only when the broker answers."""
    # What was imported stays; looking through it for garbage time and again took a tenth of the time of each mail.
    gc.freeze()
    own_clock.start(app)


@worker_shutting_down.connect
def finish_soon(**_anything: Any) -> None:
    """Celery waits for the tasks that run; they finish the mail in hand and let go of the rest."""
    stopping.set()


@worker_shutdown.connect
def finish_own_clock(**_anything: Any) -> None:
    stopping.set()
    own_clock.finish()
