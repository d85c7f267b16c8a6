"""The mails of the demo: the .eml files that the sending wrote instead of handing them to a mail server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

# More than anybody reads on one page.
SHOWN = 100


@dataclass(frozen=True)
class Mail:
    name: str
    to: str
    subject: str
    sent_at: datetime | None
    html: str
    text: str


def newest() -> list[Mail]:
    """The latest mails, newest first: their names begin with the time they were sent."""
    return [mail for name in sorted(_files(), reverse=True)[:SHOWN] if (mail := find(name))]


def find(name: str) -> Mail | None:
    """The mail in this file, None if there is none. The name is looked up, never made into a path."""
    file = _files().get(name)
    return _read(file) if file else None


def _files() -> dict[str, Path]:
    return {file.stem: file for file in Path(settings.EMAIL_FILE_PATH).glob("[!.]*.eml")}  # type: ignore[misc]


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    parts = dict(_parts(message))
    return Mail(
        name=file.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=parsedate_to_datetime(message["Date"]) if message["Date"] else None,
        html=parts.get("text/html", ""),
        text=parts.get("text/plain", ""),
    )


def _parts(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield part.get_content_type(), part.get_content()
