"""A real mail server in the test's own process: what arrives here has been sent."""

import asyncio
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

_TOKEN_LINK = re.compile(r"https?://\S+/(?:activate|set-password)/[0-9a-f]+/")


@dataclass(frozen=True)
class Mail:
    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def parts(self) -> dict[str, str]:
        """The text of each part, by its type."""
        return {part.get_content_type(): part.get_content() for part in self.message.walk() if not part.is_multipart()}

    @property
    def plain(self) -> str:
        return self.parts["text/plain"]

    @property
    def links(self) -> list[str]:
        """The addresses with a token in any part."""
        return sorted({link for text in self.parts.values() for link in _TOKEN_LINK.findall(text)})

    @property
    def link(self) -> str:
        (link,) = self.links
        return link


class Postbox:
    """Keeps what arrives, oldest first; it can be slow, or stop answering after so many mails."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Empty and quick."""
        self.mails: list[Mail] = []
        self.seconds_per_mail = 0.0
        self.silent_from: int | None = None

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails += [Mail(to=address, message=message) for address in envelope.rcpt_tos]
        await asyncio.sleep(self.seconds_per_mail)
        # What was taken in but not answered is the one mail that a sender that dies now cannot know of.
        while self.silent_from is not None and len(self.mails) >= self.silent_from:
            await asyncio.sleep(0.01)
        return "250 Taken"
