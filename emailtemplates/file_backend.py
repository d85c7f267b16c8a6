"""Mail as files in a folder, for the demo and for trying things out: EMAIL_URL=file:///folder."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """One .eml file per mail, named <time in UTC>-<id of the mail>.eml."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)  # type: ignore[misc]  # only there with this backend
        folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            _write(folder, email)
        return len(email_messages)


def _write(folder: Path, email: EmailMessage) -> None:
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{_id_of(email)}.eml"
    # Whoever reads the folder never finds half a mail.
    unfinished = folder / f".{name}"
    unfinished.write_bytes(email.message().as_bytes())
    unfinished.rename(folder / name)


def _id_of(email: EmailMessage) -> UUID:
    """That of the row in the outbox, or a new one for a mail that has none."""
    local_part = email.extra_headers.get("Message-ID", "").lstrip("<").partition("@")[0]
    try:
        return UUID(local_part)
    except ValueError:
        return uuid4()
