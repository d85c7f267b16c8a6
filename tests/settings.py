"""The settings of the tests: those of the application, in a small environment of their own.

bin/test runs everything twice; the second time DATABASE_URL and REDIS_URL name PostgreSQL and Redis.
"""

import os
from pathlib import Path

# Made and removed by conftest.py; one for each run, so that two can go on side by side.
SCRATCH = Path(__file__).resolve().parent.parent / "var" / f"tests-{os.getpid()}"
os.environ |= {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "BASE_URL": "http://localhost",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "EMAIL_URL": f"file://{SCRATCH / 'mail'}",
    "DEFAULT_FROM_EMAIL": "Salarisportaal <portaal@example.nl>",
}
# Whatever else the shell that runs the tests happens to hold is not about them.
for _name in (
    "COLLECTIVE_HOLD_SECONDS", "DEBUG", "DEMO", "DNS_RESOLVER", "LOG_FORMAT", "MAIL_RETENTION_DAYS",
    "SECRET_KEY_FALLBACKS", "SENDER_DKIM_SELECTOR", "SENDER_SPF", "TRUSTED_PROXIES",
):  # fmt: skip
    os.environ.pop(_name, None)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH / 'db.sqlite3'}")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, REDIS_URL, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads of one test must see each other's rows, as processes do.
    DATABASES["default"]["TEST"] = {"NAME": SCRATCH / "test.sqlite3"}
# Nobody listens to the doorbell in the tests; they call the tasks themselves.
CELERY_BROKER_URL = REDIS_URL or "memory://"
# The files as they stand in static/, without collecting them first.
STATIC_ROOT = SCRATCH
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# As slow as the real hasher would cost minutes; what tests the real one names it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
