"""Delivery through a mail provider's web interface, played by a small server."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from emailtemplates import delivery
from emailtemplates.models import MailState, OutgoingEmail

Promise = Callable[..., OutgoingEmail]

TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "anna@example.nl"}


@dataclass
class Postmark:
    """What was asked of the provider, and what it answers."""

    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: TAKEN)
    asked: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def postmark(settings: Settings) -> Iterator[Postmark]:
    provider = Postmark()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            provider.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(provider.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(provider.answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
    }
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.everything"
    yield provider
    server.shutdown()
    server.server_close()


def test_a_mail_goes_out_untracked_with_our_number(promise: Promise, postmark: Postmark) -> None:
    mail = promise()

    delivery.deliver_due()

    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    (asked,) = postmark.asked
    assert (asked["To"], asked["TrackOpens"], asked["TrackLinks"]) == ("anna@example.nl", False, "None")
    assert {"Name": "Message-ID", "Value": f"<{mail.pk}@example.nl>"} in asked["Headers"]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_when_the_provider_takes_nothing_everything_waits_and_only_one_is_tried(
    promise: Promise, postmark: Postmark, status: int
) -> None:
    postmark.status, postmark.answer = status, {"ErrorCode": 10, "Message": "No."}
    for number in range(3):
        promise(f"{number}@example.nl")

    delivery.deliver_due()

    assert len(postmark.asked) == 1
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {MailState.QUEUED}
    assert OutgoingEmail.objects.filter(why=f"the mail provider answered {status}").count() == 1


def test_a_mail_that_the_provider_refuses_has_failed(promise: Promise, postmark: Postmark) -> None:
    postmark.status, postmark.answer = 422, {"ErrorCode": 405, "Message": "Not allowed to send."}
    mails = [promise("anna@example.nl"), promise("bob@example.nl")]

    assert delivery.deliver_due() == 2

    for mail in mails:
        mail.refresh_from_db()
        assert (mail.state, mail.why) == (MailState.FAILED, "the mail provider answered 422")
