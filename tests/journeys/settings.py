"""The settings of the processes that the journeys start: those of the application, with a broker of this run alone."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import REDIS_URL, STORAGES

_scratch = Path(os.environ["JOURNEYS_SCRATCH"])
CELERY_BROKER_URL = REDIS_URL or f"sqla+sqlite:///{_scratch / 'broker.sqlite3'}"
# Two runs beside each other on one Redis would take each other's hints.
CELERY_TASK_DEFAULT_QUEUE = os.environ["JOURNEYS_QUEUE"]
CELERY_BEAT_SCHEDULE_FILENAME = str(_scratch / "beat-schedule")
# The stylesheets as they stand in the repository, not as they were last collected.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
