"""How final a bounce is, in the words of each mail service; read by Anymail as it comes in."""

import json
from importlib import import_module
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent
from django.test import RequestFactory
from django.test.client import MULTIPART_CONTENT
from pytest_django.fixtures import Settings

from emailtemplates.bounces import meaning
from emailtemplates.models import MailState
from tests.emailtemplates.events import ANNA

BOUNCED, DEFERRED, FAILED = MailState.BOUNCED, MailState.DEFERRED, MailState.FAILED


def read(view: str, posted: Any, settings: Settings) -> list[AnymailTrackingEvent]:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "a:b", "MANDRILL_WEBHOOK_KEY": "key", "MAILERSEND_SIGNING_SECRET": "key"}
    module, name = view.split(".")
    body = {"mandrill_events": json.dumps(posted)} if module == "mandrill" else json.dumps(posted)
    kind = MULTIPART_CONTENT if module == "mandrill" else "application/json"
    reader = getattr(import_module(f"anymail.webhooks.{module}"), name)()
    events: list[AnymailTrackingEvent] = reader.parse_events(RequestFactory().post("/", body, content_type=kind))
    return events


def sendgrid(event: str, **more: str) -> Any:
    return [{"email": ANNA, "timestamp": 1795428871, "smtp-id": "<n>", "event": event, "sg_event_id": "e", **more}]


def sparkpost(kind: str, bounce_class: str) -> Any:
    event = {
        "type": kind, "bounce_class": bounce_class, "raw_rcpt_to": ANNA, "transmission_id": "7", "timestamp": "1795428871",
    }  # fmt: skip
    return [{"msys": {"message_event": event}}]


def mailjet(event: str, **more: Any) -> Any:
    return {"event": event, "time": 1795428871, "MessageID": 7, "email": ANNA, **more}


def mandrill(event: str, **more: Any) -> Any:
    return [{"event": event, "ts": 1795428871, "_id": "7", "msg": {"email": ANNA, "_id": "7", **more}}]


def resend(kind: str, event: str = "email.bounced") -> Any:
    bounce = {
        "message": "The recipient's email provider sent a general bounce message.",
        "type": kind,
        "subType": "General",
    }
    data = {"email_id": "7", "to": [ANNA], "headers": [], "bounce": bounce}
    return {"type": event, "created_at": "2026-11-23T09:14:31.000Z", "data": data}


def mailersend(kind: str) -> Any:
    email = {"message": {"id": "7"}, "recipient": {"email": ANNA}, "status": "rejected"}
    morph = {"object": "recipient_bounce", "reason": "452 4.2.2 mailbox full"}
    data = {"type": kind, "created_at": "2026-11-23T09:14:31.000Z", "email": email, "morph": morph}
    return {"type": f"activity.{kind}", "data": data}


def postmark(kind: str, details: str = "") -> Any:
    return {"RecordType": "Bounce", "Type": kind, "Email": ANNA, "MessageID": "7", "Details": details}


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")
@pytest.mark.parametrize(
    ("view", "posted", "state"),
    [
        (
            "sendgrid.SendGridTrackingWebhookView",
            sendgrid("bounce", type="bounce", reason="550 5.1.1 unknown"),
            BOUNCED,
        ),
        ("sendgrid.SendGridTrackingWebhookView", sendgrid("bounce", type="blocked", reason="421 busy"), DEFERRED),
        ("sendgrid.SendGridTrackingWebhookView", sendgrid("dropped", reason="Bounced Address"), BOUNCED),
        ("sendgrid.SendGridTrackingWebhookView", sendgrid("dropped", reason="Recipient List over Quota"), FAILED),
        ("sendgrid.SendGridTrackingWebhookView", sendgrid("processed"), MailState.SENT),
        ("sendgrid.SendGridTrackingWebhookView", sendgrid("click", url="https://example.nl"), None),
        ("sparkpost.SparkPostTrackingWebhookView", sparkpost("bounce", "10"), BOUNCED),
        ("sparkpost.SparkPostTrackingWebhookView", sparkpost("bounce", "22"), DEFERRED),
        ("sparkpost.SparkPostTrackingWebhookView", sparkpost("bounce", "51"), FAILED),
        ("sparkpost.SparkPostTrackingWebhookView", sparkpost("bounce", "60"), None),
        ("mailjet.MailjetTrackingWebhookView", mailjet("bounce", hard_bounce=True, error="user unknown"), BOUNCED),
        ("mailjet.MailjetTrackingWebhookView", mailjet("bounce", hard_bounce=False, error="quota exceeded"), DEFERRED),
        ("mailjet.MailjetTrackingWebhookView", mailjet("blocked", error="user unknown"), BOUNCED),
        ("mailjet.MailjetTrackingWebhookView", mailjet("blocked", error="content blocked"), FAILED),
        ("mandrill.MandrillCombinedWebhookView", mandrill("hard_bounce", diag="smtp;550 5.1.1 unknown"), BOUNCED),
        ("mandrill.MandrillCombinedWebhookView", mandrill("soft_bounce", diag="smtp;452 4.2.2 full"), DEFERRED),
        ("mandrill.MandrillCombinedWebhookView", mandrill("spam"), MailState.COMPLAINED),
        ("resend.ResendTrackingWebhookView", resend("Permanent"), BOUNCED),
        ("resend.ResendTrackingWebhookView", resend("Transient"), DEFERRED),
        ("resend.ResendTrackingWebhookView", resend("", "email.suppressed"), BOUNCED),
        ("resend.ResendTrackingWebhookView", resend("", "email.failed"), FAILED),
        ("resend.ResendTrackingWebhookView", resend("", "domain.updated"), None),
        ("mailersend.MailerSendTrackingWebhookView", mailersend("hard_bounced"), BOUNCED),
        ("mailersend.MailerSendTrackingWebhookView", mailersend("soft_bounced"), DEFERRED),
        ("brevo.BrevoTrackingWebhookView", {"event": "blocked", "email": ANNA}, BOUNCED),
        ("brevo.BrevoTrackingWebhookView", {"event": "invalid_email", "email": ANNA}, BOUNCED),
        ("brevo.BrevoTrackingWebhookView", {"event": "error", "email": ANNA}, FAILED),
        ("brevo.BrevoTrackingWebhookView", {"event": "request", "email": ANNA}, MailState.SENT),
        ("postmark.PostmarkTrackingWebhookView", postmark("HardBounce", "smtp;550 5.7.1 message refused"), FAILED),
        ("postmark.PostmarkTrackingWebhookView", postmark("BadEmailAddress"), BOUNCED),
        ("postmark.PostmarkTrackingWebhookView", postmark("ManuallyDeactivated"), BOUNCED),
        ("postmark.PostmarkTrackingWebhookView", postmark("DMARCPolicy"), FAILED),
        ("postmark.PostmarkTrackingWebhookView", postmark("VirusNotification"), FAILED),
        ("postmark.PostmarkTrackingWebhookView", postmark("AutoResponder"), None),
    ],
)
def test_only_what_says_that_the_address_takes_no_mail_is_a_bounce(
    view: str, posted: Any, state: MailState | None, settings: Settings
) -> None:
    (event,) = read(view, posted, settings)

    assert event.recipient == ANNA
    assert meaning(event) == state
