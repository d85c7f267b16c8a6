"""The dialogue with a mail server, against one whose answers are written out beforehand."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from smtplib import SMTP, SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from threading import Thread

import pytest

from emailtemplates.failures import AnswerLost, Unreachable
from emailtemplates.smtp import Envelope, transmit

Answer = Callable[[str], str | None]


def envelope(name: str, content: bytes = b"Subject: x\r\n\r\nx\r\n") -> Envelope:
    return Envelope("portaal@example.nl", f"{name}@example.nl", content)


class Script:
    """A mail server that asks a function for its answer to each line; None: it hangs up. Notes what it was told."""

    def __init__(self, answer: Answer, *, pipelining: bool) -> None:
        self.answer = answer
        self.pipelining = pipelining
        self.heard: list[str] = []
        self.contents: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        line, _address = self._listening.accept()
        with closing(line), line.makefile("rb") as words:
            line.sendall(b"220 script\r\n")
            for said in words:
                command = said.decode().strip()
                self.heard.append(command)
                answer = self._greeting() if command.startswith("ehlo") else self.answer(command)
                if answer is None:
                    return
                line.sendall(answer.encode() + b"\r\n")
                if answer.startswith("354"):
                    content = b"".join(iter(words.readline, b".\r\n"))
                    self.contents.append(content)
                    after = self.answer("content")
                    if after is None:
                        return
                    line.sendall(after.encode() + b"\r\n")

    def _greeting(self) -> str:
        return "250-script\r\n250 PIPELINING" if self.pipelining else "250 script"


def taking_everything(command: str) -> str:
    return "354 go on" if command == "DATA" else "250 fine"


def refusing(pattern: str, answer: str | None) -> Answer:
    return lambda command: answer if re.search(pattern, command) else taking_everything(command)


@pytest.fixture(params=[True, False], ids=["pipelining", "in turn"])
def say(request: pytest.FixtureRequest) -> Iterator[Callable[..., tuple[Script, list[str | Exception]]]]:
    """Send envelopes to a server with these answers; what came of each, and what the server heard."""
    open_connections: list[SMTP] = []

    def said(answer: Answer, *envelopes: Envelope) -> tuple[Script, list[str | Exception]]:
        script = Script(answer, pipelining=request.param)
        server = SMTP("127.0.0.1", script.port, timeout=5)
        open_connections.append(server)
        server.ehlo()
        return script, list(transmit(server, envelopes))

    yield said
    for server in open_connections:
        server.close()


Say = Callable[..., tuple[Script, list[str | Exception]]]


def test_each_mail_is_taken_in_turn(say: Say) -> None:
    script, results = say(taking_everything, *(envelope(name) for name in ("anna", "bob", "carla")))

    assert results == ["250 fine"] * 3
    recipients = [command for command in script.heard if command.startswith("RCPT")]
    assert recipients == [f"RCPT TO:<{name}@example.nl>" for name in ("anna", "bob", "carla")]
    assert script.contents == [b"Subject: x\r\n\r\nx\r\n"] * 3


def test_a_line_that_begins_with_a_dot_does_not_end_the_mail(say: Say) -> None:
    script, results = say(taking_everything, envelope("anna", b".first\r\n.\r\n..\r\nlast\r\n"))

    assert results == ["250 fine"]
    assert script.contents == [b"..first\r\n..\r\n...\r\nlast\r\n"]


def test_a_refused_recipient_costs_the_others_nothing(say: Say) -> None:
    script, results = say(refusing("RCPT.*anna", "550 5.1.1 no such user"), envelope("anna"), envelope("bob"))

    assert isinstance(results[0], SMTPRecipientsRefused)
    assert results[0].recipients == {"anna@example.nl": (550, b"5.1.1 no such user")}
    assert results[1] == "250 fine"
    assert script.contents[-1].startswith(b"Subject")  # whatever was said to DATA, Bob's mail is whole
    assert "RSET" in script.heard


def test_after_a_refused_recipient_the_server_may_refuse_data_as_well(say: Say) -> None:
    last = [""]

    def answer(command: str) -> str:
        if command == "DATA" and "anna" in last[0]:
            return "554 no valid recipients"
        last[0] = command if command.startswith("RCPT") else last[0]
        return (
            "550 5.1.1 no such user" if command.startswith("RCPT") and "anna" in command else taking_everything(command)
        )

    script, results = say(answer, envelope("anna"), envelope("bob"))

    assert isinstance(results[0], SMTPRecipientsRefused)
    assert results[1] == "250 fine"
    assert len(script.contents) == 1


def test_a_refused_sender_and_a_refused_content(say: Say) -> None:
    _script, results = say(refusing("MAIL", "451 4.3.0 later"), envelope("anna"))
    assert isinstance(results[0], SMTPSenderRefused)

    _script, results = say(refusing("content", "554 5.7.1 no"), envelope("anna"), envelope("bob"))
    assert [type(result) for result in results] == [SMTPDataError, SMTPDataError]


def test_a_line_that_breaks_before_the_content_leaves_nothing_in_doubt(say: Say) -> None:
    _script, results = say(refusing("RCPT.*bob", None), envelope("anna"), envelope("bob"), envelope("carla"))

    assert results[0] == "250 fine"
    assert [type(result) for result in results[1:]] == [Unreachable, Unreachable]


def test_a_line_that_breaks_after_the_content_leaves_one_in_doubt(say: Say) -> None:
    _script, results = say(refusing("content", None), envelope("anna"), envelope("bob"))

    assert [type(result) for result in results] == [AnswerLost, Unreachable]


def test_a_server_that_closes_takes_no_mail(say: Say) -> None:
    _script, results = say(refusing("MAIL", "421 4.3.2 closing"), envelope("anna"), envelope("bob"))

    assert [type(result) for result in results] == [Unreachable, Unreachable]
