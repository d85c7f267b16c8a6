"""Everything Sleutelbos can be told, read from the environment (config/env.py); safe unless told otherwise."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import email_url, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"

# --- What this installation is -------------------------------------------------------------------

DEBUG = env.switch("DEBUG", default=False)
DEMO = env.switch("DEMO", default=False)
SECRET_KEY = env.secret_key()
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
BASE_URL = env.base_url(debug=DEBUG)
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or [urlsplit(BASE_URL).hostname or ""]
# How many proxies of our own stand in front; the client's address is that many from the right.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
# Set by our own proxy, which overwrites what the client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "accounts",
    "emailtemplates",
    "employer_portal",
    "employee_portal",
    *(["demo"] if DEMO else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.SafeAnswersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.GateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- Where it keeps things -----------------------------------------------------------------------

VAR.mkdir(exist_ok=True)
_database = env.database(default=f"sqlite:///{VAR / 'db.sqlite3'}")
if _database["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction takes its write lock at once, so two writers wait instead of failing half-way.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
    }
else:
    _database.update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    _database["OPTIONS"] = {
        "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=120s",
        **_database.get("OPTIONS", {}),
    }
DATABASES = {"default": _database}

REDIS_URL = env.redis_url()
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }

# --- Workers -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or f"sqla+sqlite:///{VAR / 'broker.sqlite3'}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: Celery's own default is to end the worker after an hour, and it has its own clock to work by meanwhile.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
# The row in the database is the promise; the schedule rings for whatever a hint did not reach.
# A ring that nobody heard within its period is of no use any more.
CELERY_BEAT_SCHEDULE = {
    "answer password requests": {
        "task": "accounts.tasks.answer_password_requests", "schedule": 15.0, "options": {"expires": 15}
    },
    # At night, by the clock on the wall of UTC: a schedule that is started anew each day would never come to "after a day".
    "apply the retention times": {
        "task": "accounts.tasks.purge", "schedule": crontab(hour="1", minute="40"), "options": {"expires": 3600}
    },
    "deliver due e-mails": {
        "task": "emailtemplates.tasks.deliver_due_emails", "schedule": 15.0, "options": {"expires": 15}
    },
    "run collective mutations": {
        "task": "accounts.tasks.run_collective_mutations", "schedule": 15.0, "options": {"expires": 15}
    },
    # Each domain once a day; what DNS gave no answer about, again within the hour.
    "look at the domains of senders": {
        "task": "accounts.tasks.look_at_sender_domains", "schedule": crontab(minute="25"), "options": {"expires": 3600}
    },
}  # fmt: skip

# --- E-mail --------------------------------------------------------------------------------------

vars().update(email_url.email())
EMAIL_RATE = email_url.rate()
DEFAULT_FROM_EMAIL = env.address("DEFAULT_FROM_EMAIL")
# Django's own default is to wait for ever.
EMAIL_TIMEOUT = 20
# Where the sending of a mail asks what is true about the person at that moment (see docs/architecture.md).
EMAIL_FACTS = "accounts.mail_facts.SOURCE"
COLLECTIVE_HOLD_SECONDS = env.number("COLLECTIVE_HOLD_SECONDS", 300)
MAIL_RETENTION_DAYS = env.number("MAIL_RETENTION_DAYS", 90)
# What DNS must say of a domain before a provider or employer may send from it.
SENDER_SPF = env.spf_mechanism("SENDER_SPF")
SENDER_DKIM_SELECTOR = env.dkim_selector("SENDER_DKIM_SELECTOR")
DNS_RESOLVER = env.resolver("DNS_RESOLVER")

# --- Sign-in -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS: list[str] = []  # accounts/sign_in.py signs people in; nothing else may
PASSWORD_HASHERS = ["accounts.passwords.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.password_rules.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.password_rules.NotLikeThePerson"},
    {"NAME": "accounts.password_rules.NotCommon"},
]  # fmt: skip

# --- Languages and time --------------------------------------------------------------------------

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
# Only what people read: stored and compared times are UTC, by the database's clock.
TIME_ZONE = "Europe/Amsterdam"

# --- Web surface ---------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

_cookie_prefix = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}session"
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax: Strict would lose the session on the click in a mail.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# Not "no-referrer": browsers then send "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
# A file stays in memory, and only views that say so take one (accounts/uploads.py): 5 MiB, and the form around it.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + DATA_UPLOAD_MAX_MEMORY_SIZE

# --- Logs ----------------------------------------------------------------------------------------

LOG_FORMAT = env.one_of("LOG_FORMAT", ("text", "json"), "text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_links": {"()": "config.logs.WithoutLinks"}},
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s", "datefmt": "%Y-%m-%dT%H:%M:%S%z"},
        "json": {"()": "pythonjsonlogger.json.JsonFormatter",
                 "format": "%(asctime)s %(levelname)s %(name)s %(message)s", "datefmt": "%Y-%m-%dT%H:%M:%S%z"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["no_links"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}  # fmt: skip
