"""A real mail server in the test's own process that fails in every way a test asks for."""

import ssl
import time
from base64 import b64decode
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum, auto
from functools import cached_property
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread

SILENCE = ""


class AfterContent(Enum):
    """What becomes of a mail whose last dot was read."""

    ANSWER = auto()
    NOT_TAKEN_THEN_SILENT = auto()
    TAKEN_THEN_SILENT = auto()
    TAKEN_THEN_GONE = auto()  # hangs up before the answer


@dataclass(frozen=True)
class Copy:
    """One mail that was taken; from then on it is the mail server's."""

    to: str
    content: bytes
    at: float  # by time.monotonic()

    @cached_property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


class MailServer:
    """Takes mail at `port`. What a test sets on it holds from the next command on; `mend` takes all of it back."""

    def __init__(self) -> None:
        self.mend()
        self._listener = _Listener(("127.0.0.1", 0), _Conversation)
        self._listener.lab = self
        self.port = int(self._listener.server_address[1])
        Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def mend(self) -> None:
        """Healthy, and empty."""
        self.taken: list[Copy] = []
        self.connections: list[float] = []
        self.greeting = "220 here"
        self.to_sender = "250 known"
        self.to_recipients = "250 known"  # whoever `to_recipient` does not name
        self.to_recipient: dict[str, str] = {}
        self.to_content: dict[str, str] = {}  # by recipient
        self.after_content = AfterContent.ANSWER
        self.healthy_after: int | None = None  # so many mails that met `after_content`
        self.seconds_per_mail = 0.0
        self.seconds_to_greet = 0.0
        self.password = ""
        self.certificate: ssl.SSLContext | None = None  # None: no STARTTLS
        self.pipelining = True
        self._met = 0

    def to(self, address: str) -> list[Copy]:
        return [copy for copy in self.taken if copy.to == address]

    def copies(self) -> dict[str, list[Copy]]:
        """All copies of each mail, by Message-ID."""
        found: dict[str, list[Copy]] = defaultdict(list)
        for copy in list(self.taken):
            found[copy.message_id].append(copy)
        return found

    def fate(self) -> AfterContent:
        """What becomes of the mail that was just read."""
        if self.after_content is AfterContent.ANSWER:
            return AfterContent.ANSWER
        self._met += 1
        if self.healthy_after is not None and self._met > self.healthy_after:
            return AfterContent.ANSWER
        return self.after_content

    def stop(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    lab: MailServer


class _Conversation(StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        assert isinstance(self.server, _Listener)
        self.lab = self.server.lab
        self.lab.connections.append(time.monotonic())
        Event().wait(self.lab.seconds_to_greet)
        with suppress(OSError):
            if self._say(self.lab.greeting):
                self._talk()

    def _talk(self) -> None:
        while line := self.rfile.readline():
            command, _, argument = line.decode("utf-8").strip().partition(" ")
            if not self._obey(command.upper(), argument):
                return

    def _obey(self, command: str, argument: str) -> bool:
        """False: the conversation is over."""
        match command:
            case "EHLO" | "HELO":
                return self._say(self._abilities())
            case "STARTTLS":
                return self._say("220 go ahead") and self._encrypt()
            case "AUTH":
                return self._say("235 welcome" if self._knows(argument) else "535 5.7.8 wrong password")
            case "MAIL":
                self._refused = not self.lab.to_sender.startswith("250")
                return self._say(self.lab.to_sender)
            case "RCPT":
                return self._announce(argument.partition(":")[2].strip("<>"))
            case "DATA":
                return self._say("503 5.5.1 for whom?" if self._refused else "354 go ahead") and self._take()
            case "QUIT":
                return self._say("221 bye") and False
            case _:
                return self._say("250 as you like")

    def _announce(self, recipient: str) -> bool:
        self._recipient = recipient
        answer = self.lab.to_recipient.get(recipient, self.lab.to_recipients)
        self._refused |= not answer.startswith("250")
        return self._say(answer)

    def _take(self) -> bool:
        """Read one mail, if one was announced."""
        if self._refused:
            return True
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b"..") else line)
        fate = self.lab.fate()
        if fate is AfterContent.NOT_TAKEN_THEN_SILENT:
            return self._say(SILENCE)
        refusal = self.lab.to_content.get(self._recipient)
        if refusal is None:
            self.lab.taken.append(Copy(self._recipient, b"".join(lines), time.monotonic()))
        Event().wait(self.lab.seconds_per_mail)
        if fate is AfterContent.TAKEN_THEN_GONE:
            return False
        return self._say(SILENCE if fate is AfterContent.TAKEN_THEN_SILENT else refusal or "250 2.0.0 taken")

    def _say(self, answer: str) -> bool:
        """Answer; or say nothing until the other side hangs up. False: the conversation is over."""
        if answer == SILENCE:
            while self.request.recv(4096):
                pass
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return not answer.startswith("421")

    def _abilities(self) -> str:
        offered = {
            "PIPELINING": self.lab.pipelining,
            "STARTTLS": self.lab.certificate is not None,
            "AUTH PLAIN": bool(self.lab.password),
        }
        lines = ["here", *(name for name, offers in offered.items() if offers)]
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    def _encrypt(self) -> bool:
        assert self.lab.certificate is not None
        self.request = self.lab.certificate.wrap_socket(self.request, server_side=True)
        self.setup()
        return True

    def _knows(self, argument: str) -> bool:
        return b64decode(argument.split()[-1]).endswith(f"\0{self.lab.password}".encode())
