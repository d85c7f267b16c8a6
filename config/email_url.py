"""Reads EMAIL_URL: which mail server or mail service takes our mail, and with what secret its events come back."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from config.env import stop, text

_SMTP = ("smtp", "smtps", "smtp+tls", "smtp+ssl")


@dataclass(frozen=True)
class Esp:
    """What a mail service of Anymail asks: anymail+name://user:password@host?option=…"""

    user: str = "API_KEY"
    password: str = ""  # empty: it has one secret only
    host: str = ""  # empty: there is nothing to say after the @
    signing_key: str = ""  # what proves that an event is theirs, besides the secret; empty: nothing does
    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    needs: str = ""  # the Python package that reads its signature, when that is not one of ours


ESPS = {
    "amazon_ses": Esp("", host="region", options=("configuration_set_name", "message_tag_name")),
    "brevo": Esp(),
    "mailersend": Esp("API_TOKEN", signing_key="SIGNING_SECRET"),
    "mailgun": Esp(host="SENDER_DOMAIN", signing_key="WEBHOOK_SIGNING_KEY"),
    "mailjet": Esp(password="SECRET_KEY"),  # noqa: S106 - its name
    "mailtrap": Esp("API_TOKEN", signing_key="TRACKING_SECRET", options=("sandbox_id",)),
    "mandrill": Esp(signing_key="WEBHOOK_KEY", options=("webhook_url",)),
    "postal": Esp(signing_key="WEBHOOK_KEY", required=("api_url",), needs="cryptography"),
    "postmark": Esp("SERVER_TOKEN", options=("message_stream",)),
    "resend": Esp(signing_key="SIGNING_SECRET", needs="svix"),
    "scaleway": Esp("SECRET_KEY", host="PROJECT_ID", options=("region",)),
    "sendgrid": Esp(signing_key="TRACKING_WEBHOOK_VERIFICATION_KEY", needs="cryptography"),
    "sparkpost": Esp(options=("subaccount",)),
    "unisender_go": Esp(required=("api_url",)),
}  # fmt: skip
_OTHER_NAMES = {"ses": "amazon_ses"}
# Without their signature Anymail takes no event of these.
_ALWAYS_SIGNED = ("mailersend", "mandrill", "postal")


def email() -> dict[str, Any]:
    """Django's e-mail settings out of EMAIL_URL."""
    scheme, parts = _split()
    if scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if scheme == "file" and parts.path not in ("", "/"):
        return {
            "EMAIL_BACKEND": "emailtemplates.file_backend.EmailBackend",
            "EMAIL_FILE_PATH": Path(unquote(parts.path)),
        }
    if scheme in _SMTP and parts.hostname:
        return _smtp(scheme, parts)
    if scheme.startswith("anymail+"):
        name = scheme.removeprefix("anymail+").replace("-", "_")
        return _anymail(_OTHER_NAMES.get(name, name), parts)
    return stop(
        "EMAIL_URL must look like smtp://user:password@host:587, file:///folder, console:// or anymail+postmark://token"
    )


def rate() -> float | None:
    """The `rate` in EMAIL_URL: how many mails a second all workers together may send. None: as many as they can."""
    value = _options(_split()[1]).get("rate")
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not 0 < number < 1e6:
        stop("EMAIL_URL has a rate that is not a number of mails per second, such as rate=20.")
    return number


def _split() -> tuple[str, SplitResult]:
    """The scheme apart: that of a mail service may hold an underscore, which urlsplit does not take."""
    scheme, _, rest = text("EMAIL_URL").partition("://")
    try:
        return scheme.lower(), urlsplit(f"//{rest}")
    except ValueError:
        stop("EMAIL_URL has brackets that name no address.")


def _options(parts: SplitResult) -> dict[str, str]:
    """What stands after the question mark. A plus is a plus: keys are full of them."""
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    options = {unquote(name): unquote(value) for name, _, value in pairs}
    if len(options) < len(pairs):
        stop("EMAIL_URL names an option twice.")
    return options


def _smtp(scheme: str, parts: SplitResult) -> dict[str, Any]:
    options = _options(parts)
    tls = scheme == "smtp+tls" or options.get("tls") == "1"
    ssl = scheme in ("smtps", "smtp+ssl") or options.get("ssl") == "1"
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


def _anymail(name: str, parts: SplitResult) -> dict[str, Any]:
    esp = ESPS.get(name) or stop(f"EMAIL_URL names the provider {name!r}; known are: {', '.join(sorted(ESPS))}.")
    options = _anymail_options(name, esp, parts)
    if name == "amazon_ses":
        own = _ses(parts, options)
    else:
        own = _secrets(name, esp, parts) | {key.upper(): value for key, value in options.items()}
    anymail: dict[str, Any] = {f"{name.upper()}_{key}": value for key, value in own.items() if key != "WEBHOOK_SECRET"}
    if "webhook_secret" in options:
        anymail["WEBHOOK_SECRET"] = options["webhook_secret"]
    # To connect, and between two signs of life: Anymail's own 30 seconds for both would outlast a probe of the server.
    anymail["REQUESTS_TIMEOUT"] = (5, 30)
    return {"EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend", "ANYMAIL": anymail}


def _anymail_options(name: str, esp: Esp, parts: SplitResult) -> dict[str, str]:
    """Checked; a signing key under Anymail's own name for it."""
    given = _options(parts)
    given.pop("rate", None)
    aliases = ("signing_key", "webhook_signing_key") if esp.signing_key else ()
    known = {"api_url", "webhook_secret", esp.signing_key.lower(), *aliases, *esp.options} - {""}
    if unknown := set(given) - known:
        stop(f"EMAIL_URL has the option {min(unknown)!r}; of {name} are known: {', '.join(sorted(known))}, rate.")
    options = {esp.signing_key.lower() if key in aliases else key: value for key, value in given.items()}
    if missing := set(esp.required) - set(options):
        stop(f"EMAIL_URL of {name} needs the option {min(missing)}, such as ?{min(missing)}=https://…")
    if "webhook_secret" in options:
        user, colon, password = options["webhook_secret"].partition(":")
        if not (user and colon and password):
            stop("EMAIL_URL has a webhook_secret that does not look like user:password.")
        if name in _ALWAYS_SIGNED and not options.get(esp.signing_key.lower()):
            stop(f"EMAIL_URL has a webhook_secret, but {name} signs its events: give signing_key as well.")
    if esp.needs and options.get(esp.signing_key.lower()) and find_spec(esp.needs) is None:
        stop(f"EMAIL_URL has a signing_key; to check signatures of {name}, install the Python package {esp.needs}.")
    return options


def _secrets(name: str, esp: Esp, parts: SplitResult) -> dict[str, str]:
    """anymail+postmark://token, anymail+mailjet://key:secret, anymail+mailgun://key@domain"""
    before, at, after = parts.netloc.rpartition("@")
    credentials, host = (before, after) if at else (after, "")
    user, _, password = credentials.partition(":") if esp.password else (credentials, "", "")
    found = {esp.user: user, esp.password: password, esp.host: host}
    if esp.host == "SENDER_DOMAIN" and not host:
        del found[esp.host]  # Mailgun then sends from the domain of the sender's address
    secrets = {key: unquote(value) for key, value in found.items() if key}
    if not all(secrets.values()):
        wanted = f"{esp.user.lower()}{':' + esp.password.lower() if esp.password else ''}"
        stop(f"EMAIL_URL must look like anymail+{name}://{wanted}{'@' + esp.host.lower() if esp.host else ''}")
    return secrets


def _ses(parts: SplitResult, options: dict[str, str]) -> dict[str, Any]:
    """anymail+ses://key-id:secret-key@region, or anymail+ses://region with the rights of the machine itself."""
    key_id, secret_key, region = unquote(parts.username or ""), unquote(parts.password or ""), parts.hostname
    if not region or bool(key_id) != bool(secret_key):
        stop("EMAIL_URL must look like anymail+ses://key-id:secret-key@eu-west-1 or anymail+ses://eu-west-1")
    if find_spec("boto3") is None:
        stop("EMAIL_URL names amazon_ses; for that the Python package boto3 must be installed.")
    session = {"region_name": region}
    if key_id:
        session |= {"aws_access_key_id": key_id, "aws_secret_access_key": secret_key}
    client: dict[str, Any] = {
        # Once: repeats are the outbox's decision, and one made out of its sight could be a second copy.
        "config": {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 1}}
    }
    if "api_url" in options:
        client["endpoint_url"] = options["api_url"]
    others = {key.upper(): value for key, value in options.items() if key not in ("api_url", "webhook_secret")}
    return {"SESSION_PARAMS": session, "CLIENT_PARAMS": client, **others}
