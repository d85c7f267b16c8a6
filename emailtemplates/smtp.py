"""Hands mails to a mail server over one open connection, several steps in one stroke where the server takes them so.

smtplib makes the connection, with TLS and sign-in, and reads the answers; but it waits for each answer before the next
command, four times per mail. A server that offers PIPELINING (RFC 2920) gets the content of one mail and the envelope
of the next together, so a mail costs one round trip.
"""

from collections.abc import Iterator, Sequence
from smtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import NamedTuple

from emailtemplates.failures import AnswerLost, Unreachable, printable

_CLOSING = 421  # whatever was asked: the server is about to hang up


class Envelope(NamedTuple):
    """One mail on the wire. Both addresses were checked: they hold no spaces, brackets or line ends."""

    sender: str
    recipient: str
    content: bytes  # lines end in CRLF


def transmit(server: SMTP, envelopes: Sequence[Envelope]) -> Iterator[str | Exception]:
    """What the server said to each, in order: its answer when it took the mail, otherwise the exception that says why.

    After the connection broke the one that was on its way is AnswerLost and the rest is Unreachable.
    """
    pipelining = server.has_extn("pipelining")
    asked = False  # whether the commands for the next mail have left already
    for number, envelope in enumerate(envelopes):
        try:
            refusal = _ask(server, envelope, pipelining=pipelining, asked=asked)
        except (OSError, SMTPException) as error:
            yield from [Unreachable(error)] * (len(envelopes) - number)
            return
        asked = False
        if refusal is not None:
            yield refusal
            continue
        following = envelopes[number + 1 : number + 2] if pipelining else ()
        try:
            server.send(_stuffed(envelope.content) + b"".join(_commands(each) for each in following))
            code, said = server.getreply()
        except (OSError, SMTPException) as error:
            yield AnswerLost(error)
            yield from [Unreachable(error)] * (len(envelopes) - number - 1)
            return
        asked = bool(following)
        answer = printable(f"{code} {said.decode(errors='replace')}")
        yield answer if code == 250 else SMTPDataError(code, said)


def _ask(server: SMTP, envelope: Envelope, *, pipelining: bool, asked: bool) -> Exception | None:
    """Announce a mail; None: the server waits for the content."""
    commands = _commands(envelope).splitlines(keepends=True)
    if pipelining and not asked:
        server.send(b"".join(commands))
    replies: list[tuple[int, bytes]] = []
    for command in commands:
        if not pipelining:
            server.send(command)
        replies.append(server.getreply())
        if replies[-1][0] == _CLOSING:
            server.close()
            raise SMTPResponseException(*replies[-1])
        if not pipelining and replies[-1][0] >= 400:
            break
    refusal = _refusal(replies, envelope)
    if refusal is not None:
        _forget(server, replies)
    return refusal


def _refusal(replies: list[tuple[int, bytes]], envelope: Envelope) -> Exception | None:
    to_sender, *rest = replies
    if to_sender[0] >= 400:
        return SMTPSenderRefused(*to_sender, envelope.sender)
    to_recipient, *rest = rest
    if to_recipient[0] >= 400:
        return SMTPRecipientsRefused({envelope.recipient: to_recipient})
    (to_data,) = rest
    return None if to_data[0] == 354 else SMTPDataError(*to_data)


def _forget(server: SMTP, replies: list[tuple[int, bytes]]) -> None:
    """Have the server forget a mail that it refused, so that the next one can be announced."""
    if replies[-1][0] == 354:  # it waits for the content of a mail without recipients
        server.send(b".\r\n")
        server.getreply()
    server.send(b"RSET\r\n")
    server.getreply()


def _commands(envelope: Envelope) -> bytes:
    return f"MAIL FROM:<{envelope.sender}>\r\nRCPT TO:<{envelope.recipient}>\r\nDATA\r\n".encode()


def _stuffed(content: bytes) -> bytes:
    """A line of one dot ends a mail; so a line that begins with one gets a second."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
