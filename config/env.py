"""Reads the environment. A missing or malformed variable stops the start with one clear line."""

import sys
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def stop(message: str) -> NoReturn:
    """End the start. Written out here because a process manager may swallow the text of a SystemExit."""
    sys.stderr.write(f"sleutelbos: {message}\n")
    raise SystemExit(1)


def text(name: str, default: str | None = None) -> str:
    """The variable, or the default. None as default means it is required; empty counts as missing."""
    value = _env.str(name, default="") or default
    if value is None:
        stop(f"{name} is missing.")
    return value


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in choices:
        stop(f"{name} is {value!r}, but must be one of: {', '.join(choices)}.")
    return value


def switch(name: str, *, default: bool) -> bool:
    """0 or 1."""
    return one_of(name, ("0", "1"), "1" if default else "0") == "1"


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        stop(f"{name} is {value!r}, but must be a whole number of zero or more.")
    return int(value)


def words(name: str) -> list[str]:
    """A list separated by commas; empty when the variable is."""
    return [word.strip() for word in text(name, "").split(",") if word.strip()]


def secret_key() -> str:
    value = text("SECRET_KEY")
    if len(value) < 32 or len(set(value)) < 8:
        stop("SECRET_KEY is too easy to guess: use at least 32 random characters.")
    return value


def base_url(*, debug: bool) -> str:
    """Scheme and host that links in mails are made from, without a slash at the end."""
    value = text("BASE_URL").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        stop(f"BASE_URL is {value!r}, but must look like https://portal.example.nl")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not debug:
        stop(f"BASE_URL is {value!r}, but sign-ins and links must travel over https://")
    return value


def database(default: str) -> dict[str, Any]:
    """The database of DATABASE_URL: postgresql://… or sqlite:///path."""
    url = text("DATABASE_URL", default)
    try:
        config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    except (ImproperlyConfigured, ValueError):
        config = {}
    engine = str(config.get("ENGINE", "")).rpartition(".")[2]
    if engine not in ("postgresql", "sqlite3") or not config.get("NAME"):
        stop("DATABASE_URL must look like postgresql://user:password@host:5432/name or sqlite:////path/to/file")
    return config


def redis_url() -> str:
    """Empty without Redis: the embedded broker does then."""
    value = text("REDIS_URL", "")
    if value and (urlsplit(value).scheme not in ("redis", "rediss", "unix") or not urlsplit(value).netloc):
        stop("REDIS_URL must look like redis://host:6379/0")
    return value


def email() -> dict[str, Any]:
    """Django's e-mail settings out of EMAIL_URL."""
    url = text("EMAIL_URL")
    parts = urlsplit(url)
    scheme = parts.scheme
    if scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if scheme == "file" and parts.path not in ("", "/"):
        return {
            "EMAIL_BACKEND": "emailtemplates.file_backend.EmailBackend",
            "EMAIL_FILE_PATH": Path(unquote(parts.path)),
        }
    if scheme in ("smtp", "smtps", "smtp+tls", "smtp+ssl") and parts.hostname:
        return _smtp(url)
    esp = scheme.removeprefix("anymail+")
    if esp != scheme and parts.hostname:
        return _anymail(esp, url)
    stop(
        "EMAIL_URL must look like smtp://user:password@host:587, file:///folder, console:// or anymail+postmark://token"
    )


def _smtp(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    tls = parts.scheme == "smtp+tls" or parse_qs(parts.query).get("tls") == ["1"]
    ssl = parts.scheme in ("smtps", "smtp+ssl") or parse_qs(parts.query).get("ssl") == ["1"]
    try:
        port = parts.port
    except ValueError:
        stop("EMAIL_URL has a port that is not a number.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if ssl else 587 if tls else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": tls and not ssl,
        "EMAIL_USE_SSL": ssl,
    }


def _anymail(esp: str, url: str) -> dict[str, Any]:
    """anymail+postmark://token, or anymail+mailgun://key@domain?api_url=… for what the ESP asks besides."""
    parts = urlsplit(url)
    names = {
        "postmark": "SERVER_TOKEN",
        "resend": "API_KEY",
        "mailgun": "API_KEY",
        "brevo": "API_KEY",
        "sendgrid": "API_KEY",
    }
    if esp not in names:
        stop(f"EMAIL_URL names the provider {esp!r}; known are: {', '.join(sorted(names))}.")
    secret = unquote(parts.username or parts.netloc)
    extra = {key.upper(): values[0] for key, values in parse_qs(parts.query).items()}
    prefix = esp.upper()
    return {
        "EMAIL_BACKEND": f"anymail.backends.{esp}.EmailBackend",
        "ANYMAIL": {f"{prefix}_{names[esp]}": secret, **{f"{prefix}_{key}": value for key, value in extra.items()}},
    }


def address(name: str) -> str:
    """One e-mail address, with or without a name before it."""
    value = text(name)
    mailbox = parseaddr(value)[1]
    if mailbox.count("@") != 1 or any(sign in mailbox for sign in " \r\n,;"):
        stop(f"{name} is {value!r}, but must be one e-mail address.")
    return value
