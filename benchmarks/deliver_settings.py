"""The settings of the tests, with a mail server on this machine, the peers of benchmarks/deliver.py and a broker."""

import os
import socket
from importlib.util import find_spec


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


# What the processes of one run have in common.
os.environ.setdefault("BENCHMARK_SMTP_PORT", str(_free_port()))
os.environ.setdefault("BENCHMARK_QUEUE", f"benchmark-{os.getpid()}")
os.environ.setdefault("BENCHMARK_BATCH", "1000")
os.environ.setdefault("BENCHMARK_PEER_THREADS", "4")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/9")

from tests.settings import *  # noqa: E402, F403
from tests.settings import INSTALLED_APPS, LOGGING  # noqa: E402

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["BENCHMARK_SMTP_PORT"])
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "WARNING"}}
CELERY_TASK_DEFAULT_QUEUE = os.environ["BENCHMARK_QUEUE"]
# The workers of the peer deliver by its task alone.
CELERY_BEAT_SCHEDULE = {}
if find_spec("post_office"):
    INSTALLED_APPS += ["post_office"]
    POST_OFFICE = {
        "BATCH_SIZE": int(os.environ["BENCHMARK_BATCH"]),
        "THREADS_PER_PROCESS": int(os.environ["BENCHMARK_PEER_THREADS"]),
        "MESSAGE_ID_ENABLED": True,
        "MESSAGE_ID_FQDN": "example.nl",
    }
