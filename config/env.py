"""Reads the environment. A missing or malformed variable stops the start with one clear line."""

import re
import sys
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any, NoReturn
from urllib.parse import urlsplit

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


def address(name: str) -> str:
    """One e-mail address, with or without a name before it."""
    value = text(name)
    mailbox = parseaddr(value)[1]
    if mailbox.count("@") != 1 or any(sign in mailbox for sign in " \r\n,;"):
        stop(f"{name} is {value!r}, but must be one e-mail address.")
    return value


def spf_mechanism(name: str) -> str:
    """What a domain's SPF record must hold for us to send from it; empty: no domain can be proven."""
    value = text(name, "")
    if value and not re.fullmatch(r"(include|exists|ip4|ip6|a|mx):[!-~]+", value):
        stop(f"{name} is {value!r}, but must be one part of an SPF record, such as include:spf.example.nl")
    return value


def dkim_selector(name: str) -> str:
    """The name of our key in DNS; empty: no domain can be proven."""
    value = text(name, "")
    if value and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", value):
        stop(f"{name} is {value!r}, but must be the selector of a DKIM key, such as sleutelbos")
    return value


def resolver(name: str) -> tuple[str, int] | None:
    """Address and port of the DNS server to ask; None: the system's."""
    value = text(name, "")
    if not value:
        return None
    try:
        parts = urlsplit(f"//{value}")
        return str(ip_address(parts.hostname or "")), parts.port or 53
    except ValueError:
        stop(f"{name} is {value!r}, but must be an IP address with or without a port, such as 127.0.0.1:5353")
