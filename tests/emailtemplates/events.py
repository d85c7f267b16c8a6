"""Mail services that tell what became of a mail: what they post is as they document it, with values of our own."""

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client

from accounts.models import Provider
from emailtemplates import outbox
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.outbox import Recipient

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "mailservice:long-secret-of-the-webhook"
SIGNING_KEY = "key-that-signs"
EMAIL_URLS = {
    "postmark": "anymail+postmark://token",
    "brevo": "anymail+brevo://key",
    "mailgun": f"anymail+mailgun://key@mg.example.nl?signing_key={SIGNING_KEY}",
    "mandrill": f"anymail+mandrill://key?signing_key={SIGNING_KEY}",
    "amazon_ses": "anymail+ses://id:key@eu-west-1",
}

ESP_IDS = {
    "postmark": "883953f4-6105-42a2-a16a-77a8eac79483",
    "brevo": "<202611230914.31522345678@smtp-relay.mailin.fr>",
    "mailgun": "<20261123091422.1.ABCDEF@mg.example.nl>",
    "amazon_ses": "0102019ab1c2d3e4-1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d-000000",
}
ANNA = "anna@example.nl"


@dataclass(frozen=True)
class Post:
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def names(esp: str) -> list[str]:
    """What it can tell, such as "hard bounce"."""
    return list(_payloads(esp))


def event(esp: str, name: str, *, mail: object, esp_id: str, recipient: str) -> Post:
    """One event, signed where the mail service signs."""
    text = json.dumps(_payloads(esp)[name])
    # Mailgun leaves the brackets away here.
    text = text.replace("MESSAGE-ID", esp_id.strip("<>") if esp == "mailgun" else esp_id)
    text = text.replace("RECIPIENT", recipient).replace("MAIL-NUMBER", str(mail))
    if esp == "mailgun":
        return Post(json.dumps({"signature": mailgun_signature(SIGNING_KEY), **json.loads(text)}))
    return notification(text) if esp == "amazon_ses" else Post(text)


def mailgun_signature(key: str) -> dict[str, str]:
    token, timestamp = uuid4().hex, "1795428865"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"token": token, "timestamp": timestamp, "signature": signature}


def mandrill_signature(told: str) -> str:
    """Of the address that it was given, with the secret in it, and of the fields that it posts."""
    signed = f"http://{SECRET}@testserver/webhooks/email/mandrill/tracking/mandrill_events{told}"
    return b64encode(hmac.new(SIGNING_KEY.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def notification(message: str, kind: str = "Notification", **more: str) -> Post:
    """In the envelope of Amazon's notification service."""
    number = str(uuid4())
    envelope = {
        "Type": kind,
        "MessageId": number,
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:portaal",
        "Message": message,
        "Timestamp": "2026-11-23T09:14:31.000Z",
        "SignatureVersion": "1",
        **more,
    }
    return Post(json.dumps(envelope), {"X-Amz-Sns-Message-Type": kind, "X-Amz-Sns-Message-Id": number})


def post(esp: str, what: Post, *, secret: str | None = SECRET) -> HttpResponse:
    """What the web answers, also when something fails in it; secret None: without any."""
    headers = dict(what.headers)
    if secret is not None:
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    browser = Client(raise_request_exception=False)
    answer: Any = browser.post(
        f"/webhooks/email/{esp}/tracking/", what.body, content_type="application/json", headers=headers
    )
    return answer  # type: ignore[no-any-return]


def post_form(esp: str, told: str, *, signature: str) -> HttpResponse:
    """The same as a form, which only Mandrill sends."""
    headers = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}", "X-Mandrill-Signature": signature}
    answer: Any = Client().post(f"/webhooks/email/{esp}/tracking/", {"mandrill_events": told}, headers=headers)
    return answer  # type: ignore[no-any-return]


def sent(provider: Provider, esp_id: str, address: str = ANNA, **values: Any) -> OutgoingEmail:
    """A mail that the mail service took."""
    to = Recipient(address=address, language="nl", provider_id=provider.pk)
    mail = outbox.enqueue("username", to=to, act_id=uuid4(), about=uuid4())
    assert mail is not None
    taken = {"state": MailState.SENT, "why": "accepted", "sent_at": Now(), "finished_at": Now(), "esp_id": esp_id}
    return put(mail, **{**taken, "first_attempt_at": Now(), **values})


def put(mail: OutgoingEmail, **values: Any) -> OutgoingEmail:
    OutgoingEmail.objects.filter(pk=mail.pk).update(**values)
    mail.refresh_from_db()
    return mail


def about(esp: str, name: str, mail: OutgoingEmail, /, **other: str) -> Post:
    of_mail = {"mail": str(mail.pk), "esp_id": mail.esp_id or ESP_IDS[esp], "recipient": mail.to_address}
    return event(esp, name, **{**of_mail, **other})


def state(mail: OutgoingEmail) -> str:
    mail.refresh_from_db()
    return mail.state


def _payloads(esp: str) -> dict[str, Any]:
    payloads: dict[str, Any] = json.loads((PAYLOADS / f"{esp}.json").read_text())
    return payloads
