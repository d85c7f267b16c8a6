"""A mail service's web interface, played by a small server that keeps what it is asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NUMBER = "b7bc2f4a-883f-4105-92a2-a16a77a8eac7"
ADDRESS = "anna@example.nl"
# What each says of a mail to ADDRESS that it takes.
ANSWERS: dict[str, Any] = {
    "amazon_ses": {"MessageId": NUMBER},
    "brevo": {"messageId": NUMBER},
    "mailersend": {},
    "mailgun": {"id": NUMBER, "message": "Queued. Thank you."},
    "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": ADDRESS, "MessageID": NUMBER}]}]},
    "mailtrap": {"success": True, "message_ids": [NUMBER]},
    "mandrill": [{"email": ADDRESS, "status": "queued", "_id": NUMBER, "reject_reason": None}],
    "postal": {"status": "success", "data": {"messages": {ADDRESS: {"id": NUMBER, "token": "t"}}}},
    "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": NUMBER, "To": ADDRESS},
    "resend": {"id": NUMBER},
    "scaleway": {"emails": [{"id": NUMBER, "mail_rcpt": ADDRESS, "status": "new"}]},
    "sendgrid": {},
    "sparkpost": {"results": {"total_accepted_recipients": 1, "total_rejected_recipients": 0, "id": NUMBER}},
    "unisender_go": {"status": "success", "job_id": NUMBER, "emails": [ADDRESS]},
}
EMAIL_URLS = {
    "amazon_ses": "anymail+ses://key-id:secret-key@eu-west-1",
    "mailgun": "anymail+mailgun://key@mg.example.nl",
    "mailjet": "anymail+mailjet://key:secret",
    "scaleway": "anymail+scaleway://secret@project",
    "unisender_go": "anymail+unisender-go://key",
}


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class MailService:
    """`answer` to each; with `silent` it takes the mail and says nothing before it is let go."""

    url: str
    answer: Any
    status: int = 200
    asked: list[Asked] = field(default_factory=list)
    silent: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def playing(esp: str) -> Iterator[MailService]:
    """The server while it runs, and the EMAIL_URL that names it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            service.asked.append(Asked(self.path, dict(self.headers), body))
            if service.silent:
                service.let_go.wait(30)
                return
            self.send_response(service.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Message-Id", NUMBER)  # MailerSend says it here
            self.end_headers()
            answer = service.answer
            self.wfile.write(answer.encode() if isinstance(answer, str) else json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}/"
    url = EMAIL_URLS.get(esp, f"anymail+{esp}://key")
    service = MailService(f"{url}?api_url={at}", ANSWERS[esp])
    yield service
    service.let_go.set()
    server.shutdown()
    server.server_close()
