"""A real mail server for the tests, which can be told to refuse."""

import socket
from asyncio import Transport
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """Keeps what it accepted; `to_recipient` and `to_data` say what it answers to an address or to a mail's content."""

    accepted: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    to_recipient: dict[str, str] = field(default_factory=dict)
    to_data: str = "250 taken"
    hang_up_on: str = ""  # the recipient after whose mail the line breaks, once
    when_taken: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.connections.add(session.peer)
        if refusal := self.to_recipient.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hang_up_on in envelope.rcpt_tos:
            self.hang_up_on = ""
            assert isinstance(server.transport, Transport)
            server.transport.abort()
            return "250 nobody hears this"
        if self.to_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.accepted.append(message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default))
            self.recipients += envelope.rcpt_tos
            self.when_taken()
        return self.to_data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def controller(handler: MailServer) -> Controller:
    return Controller(handler, hostname="127.0.0.1", port=free_port())
