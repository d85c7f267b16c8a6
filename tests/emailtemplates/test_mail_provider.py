"""Delivery through a mail provider's web interface, played by a small server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from config import email_url
from emailtemplates import delivery
from emailtemplates.models import MailHost, MailState, OutgoingEmail
from tests.emailtemplates.mail_service import NUMBER, MailService, playing
from tests.emailtemplates.smtp import free_port

Promise = Callable[..., OutgoingEmail]
Playing = Callable[[str], MailService]

# Anymail takes these for unmaintained, and says so.
pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")


@pytest.fixture
def play(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playing]:
    """Has EMAIL_URL name a mail service of this name that runs here."""
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.everything"
    with ExitStack() as running:

        def started(esp: str) -> MailService:
            service = running.enter_context(playing(esp))
            monkeypatch.setenv("EMAIL_URL", service.url)
            for name, value in email_url.email().items():
                setattr(settings, name, value)
            return service

        yield started


@pytest.fixture
def postmark(play: Playing) -> MailService:
    return play("postmark")


def state(mail: OutgoingEmail) -> str:
    mail.refresh_from_db()
    return mail.state


def come_round(mail: OutgoingEmail) -> None:
    """The time has come to try it again."""
    OutgoingEmail.objects.filter(pk=mail.pk).update(not_before=Now())
    MailHost.objects.update(closed_until=None, since=None)


@pytest.mark.parametrize("esp", list(email_url.ESPS))
def test_any_mail_provider_takes_a_mail(promise: Promise, play: Playing, esp: str) -> None:
    service = play(esp)
    mail = promise()

    delivery.deliver_due()

    assert state(mail) == MailState.SENT, mail.why
    # These two have Anymail make the number.
    assert mail.esp_id if esp in ("sendgrid", "unisender_go") else mail.esp_id == NUMBER
    (asked,) = service.asked
    if esp not in ("mailersend", "postal", "amazon_ses"):
        assert str(mail.pk) in asked.body


def test_a_mail_goes_out_untracked_with_our_number(promise: Promise, postmark: MailService) -> None:
    mail = promise()

    delivery.deliver_due()

    assert state(mail) == MailState.SENT
    (asked,) = postmark.asked
    assert asked.headers["X-Postmark-Server-Token"] == "key"
    sent = asked.json
    assert (sent["To"], sent["TrackOpens"], sent["TrackLinks"]) == ("anna@example.nl", False, "None")
    assert sent["Metadata"] == {"mail": str(mail.pk)}
    assert {"Name": "Message-ID", "Value": f"<{mail.pk}@example.nl>"} in sent["Headers"]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 429, 500, 503])
def test_when_the_provider_takes_nothing_everything_waits_and_only_one_is_tried(
    promise: Promise, postmark: MailService, status: int
) -> None:
    postmark.status, postmark.answer = status, {"ErrorCode": 10, "Message": "No."}
    for number in range(3):
        promise(f"{number}@example.nl")

    delivery.deliver_due()
    delivery.deliver_due()

    assert len(postmark.asked) == 1
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {(MailState.QUEUED, 0)}
    host = MailHost.objects.get()
    assert (host.name, host.why) == ("postmark", f"the mail provider answered {status}")
    assert host.systemic is (status in (401, 402, 403, 404))


def test_when_nobody_is_there_everything_waits(
    promise: Promise, settings: Settings, monkeypatch: pytest.MonkeyPatch, play: Playing
) -> None:
    play("postmark")
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTMARK_API_URL": f"http://127.0.0.1:{free_port()}/"}
    mail = promise()

    delivery.deliver_due()

    assert (state(mail), mail.unknown_outcomes) == (MailState.QUEUED, 0)
    assert not MailHost.objects.get().systemic


def test_a_mail_that_the_provider_refuses_has_failed(promise: Promise, postmark: MailService) -> None:
    postmark.status, postmark.answer = 422, {"ErrorCode": 300, "Message": "Invalid 'From' address."}
    mails = [promise("anna@example.nl"), promise("bob@example.nl")]

    assert delivery.deliver_due() == 2

    for mail in mails:
        assert (state(mail), mail.why) == (MailState.FAILED, "the mail provider answered 422")


def test_an_address_that_the_provider_refuses_has_bounced(promise: Promise, postmark: MailService) -> None:
    refusal = (
        "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: anna@example.nl."
        " Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
    )
    postmark.status, postmark.answer = 422, {"ErrorCode": 406, "Message": refusal}
    mail = promise()

    delivery.deliver_due()

    assert (state(mail), mail.why) == (MailState.BOUNCED, "the mail provider refuses this address")


def test_failed_in_an_answer_that_is_no_error_is_failed(promise: Promise, play: Playing) -> None:
    service = play("mailjet")
    service.answer = {"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "mj-0013"}]}]}
    mail = promise()

    delivery.deliver_due()

    assert (state(mail), mail.why) == (MailState.FAILED, "the mail provider did not take it")


def test_an_answer_that_nobody_can_read_leaves_it_uncertain(promise: Promise, postmark: MailService) -> None:
    postmark.answer = "<html>504</html>"
    mail = promise()

    delivery.deliver_due()

    assert (state(mail), mail.unknown_outcomes) == (MailState.UNCERTAIN, 1)


def _resend_key(service: MailService) -> list[str]:
    return [asked.headers["Idempotency-Key"] for asked in service.asked]


def _brevo_key(service: MailService) -> list[str]:
    return [asked.json["headers"]["idempotencyKey"] for asked in service.asked]


@pytest.mark.parametrize(("esp", "keys"), [("resend", _resend_key), ("brevo", _brevo_key)])
def test_when_the_answer_is_lost_the_repeat_carries_the_same_key(
    promise: Promise, play: Playing, settings: Settings, esp: str, keys: Callable[[MailService], list[str]]
) -> None:
    service = play(esp)
    settings.ANYMAIL = {**settings.ANYMAIL, "REQUESTS_TIMEOUT": (5, 0.3)}
    service.silent = True
    mail = promise()

    delivery.deliver_due()
    assert (state(mail), mail.unknown_outcomes) == (MailState.UNCERTAIN, 1)

    service.silent = False
    service.let_go.set()
    come_round(mail)
    delivery.deliver_due()

    assert state(mail) == MailState.SENT
    first, second = service.asked
    assert len(set(keys(service))) == 1
    assert first.body == second.body
    # Another mail has another key, also over the same connection.
    promise("anna@example.nl", "access_unblocked")
    delivery.deliver_due()
    assert len(set(keys(service))) == 2


@pytest.mark.parametrize(
    ("esp", "status", "answer"),
    [
        ("brevo", 400, {"code": "duplicate_parameter", "message": "idempotencyKey was used before"}),
        ("resend", 409, {"statusCode": 409, "name": "invalid_idempotent_request", "message": "Same key, other mail."}),
    ],
)
def test_a_repeat_that_is_refused_because_the_first_was_taken_is_sent(
    promise: Promise, play: Playing, settings: Settings, esp: str, status: int, answer: Any
) -> None:
    service = play(esp)
    service.answer = "not to be read"
    mail = promise()
    delivery.deliver_due()
    assert state(mail) == MailState.UNCERTAIN

    service.status, service.answer = status, answer
    come_round(mail)
    delivery.deliver_due()

    assert state(mail) == MailState.SENT
    assert mail.why.endswith("before")


def test_somebody_who_has_it_sent_once_more_gets_it_once_more(promise: Promise, play: Playing) -> None:
    service = play("resend")
    mail = promise()
    delivery.deliver_due()

    mail.refresh_from_db()
    OutgoingEmail.objects.filter(pk=mail.pk).update(
        state=MailState.QUEUED, sent_at=None, finished_at=None, expires_at=mail.expires_at.replace(year=2100)
    )
    delivery.deliver_due()

    assert len(set(_resend_key(service))) == 2


@pytest.mark.parametrize(
    ("status", "kind", "state_after", "systemic"),
    [
        (403, "InvalidClientTokenId", MailState.QUEUED, True),
        (400, "SendingPausedException", MailState.QUEUED, True),
        (429, "TooManyRequestsException", MailState.QUEUED, False),
        (400, "LimitExceededException", MailState.QUEUED, False),
        (500, "InternalFailure", MailState.QUEUED, False),
        (400, "MessageRejected", MailState.FAILED, None),
    ],
)
def test_amazon_refuses(
    promise: Promise, play: Playing, status: int, kind: str, state_after: MailState, systemic: bool | None
) -> None:
    service = play("amazon_ses")
    service.status, service.answer = status, {"__type": kind, "message": "No."}
    mail = promise()

    delivery.deliver_due()

    assert len(service.asked) == 1
    assert state(mail) == state_after
    if systemic is None:
        assert mail.why == kind
    else:
        host = MailHost.objects.get()
        assert (host.systemic, host.why) == (systemic, kind)


def test_amazon_does_not_answer_and_is_not_asked_again_out_of_sight(
    promise: Promise, play: Playing, settings: Settings
) -> None:
    service = play("amazon_ses")
    settings.ANYMAIL["AMAZON_SES_CLIENT_PARAMS"]["config"]["read_timeout"] = 0.3
    service.silent = True
    mail = promise()

    delivery.deliver_due()

    assert len(service.asked) == 1
    assert (state(mail), mail.why) == (MailState.UNCERTAIN, "ReadTimeoutError")


def test_amazon_is_not_there(promise: Promise, play: Playing, settings: Settings) -> None:
    play("amazon_ses")
    settings.ANYMAIL["AMAZON_SES_CLIENT_PARAMS"]["endpoint_url"] = f"http://127.0.0.1:{free_port()}/"
    mail = promise()

    delivery.deliver_due()

    assert (state(mail), mail.unknown_outcomes) == (MailState.QUEUED, 0)
    assert MailHost.objects.get().why == "EndpointConnectionError"
