"""Events of mail services: what they do to a mail and to an address, and to nothing else."""

from collections.abc import Callable
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from anymail.signals import AnymailTrackingEvent, EventType
from django.db.models.functions import Now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts.models import AccessBlock, Employee, HistoryEntry, Provider, User
from emailtemplates import delivery, outbox, outcomes, suppression, tracking
from emailtemplates.leases import Fenced, claim
from emailtemplates.mail_server import Taken
from emailtemplates.models import FINAL, MailState, OutgoingEmail, SuppressedAddress
from emailtemplates.outbox import Recipient
from tests.emailtemplates import events
from tests.emailtemplates.events import ANNA, ESP_IDS, about, put, sent, state

Use = Callable[..., None]
MEANS = {
    "delivered": MailState.DELIVERED,
    "hard bounce": MailState.BOUNCED,
    "soft bounce": MailState.DEFERRED,
    "deferred": MailState.DEFERRED,
    "complained": MailState.COMPLAINED,
    "given up": MailState.FAILED,
    "opened": MailState.SENT,
}
ORDER = [
    MailState.SENT, MailState.DEFERRED, MailState.FAILED, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED,
]  # fmt: skip


@pytest.mark.parametrize(
    ("esp", "name"), [(esp, name) for esp in ESP_IDS for name in events.names(esp)], indirect=["esp"]
)
def test_an_event_brings_the_mail_in_its_state_and_twice_is_once(esp: str, name: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    first = events.post(esp, about(esp, name, mail))
    mail.refresh_from_db()
    seen = (mail.state, mail.why, mail.finished_at, mail.attention_at)
    again = events.post(esp, about(esp, name, mail))

    assert (first.status_code, again.status_code) == (200, 200)
    assert mail.state == MEANS[name]
    mail.refresh_from_db()
    assert (mail.state, mail.why, mail.finished_at, mail.attention_at) == seen
    assert (mail.attention_at is not None) == (name in ("hard bounce", "complained", "given up"))
    assert SuppressedAddress.objects.count() == (1 if name in ("hard bounce", "complained") else 0)


def test_the_reason_is_what_the_mail_server_of_the_recipient_said(esp: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    events.post(esp, about(esp, "hard bounce", mail))

    mail.refresh_from_db()
    assert "5.1.1" in mail.why
    assert suppression.suppressed(provider_id=provider.pk, address=ANNA).get().why == mail.why


def test_the_end_is_the_same_in_any_order(esp: str, provider: Provider) -> None:
    told = [name for name in ("deferred", "soft bounce", "delivered", "hard bounce") if name in events.names(esp)]
    for order in permutations(told):
        mail = sent(provider, ESP_IDS[esp].replace(ESP_IDS[esp][1:9], uuid4().hex))
        for number, name in enumerate(order):
            events.post(esp, about(esp, name, mail))
            highest = max((MEANS[each] for each in order[: number + 1]), key=ORDER.index)
            assert state(mail) == highest, order


def test_a_mail_is_found_by_our_number_when_we_do_not_know_theirs_yet(esp: str, provider: Provider) -> None:
    mail = sent(provider, "")

    events.post(esp, about(esp, "delivered", mail, esp_id=ESP_IDS[esp]))

    assert state(mail) == MailState.DELIVERED
    assert mail.esp_id == ESP_IDS[esp]


def test_mailgun_may_call_a_mail_by_our_own_message_id(use: Use, provider: Provider) -> None:
    use("mailgun")
    mail = sent(provider, ESP_IDS["mailgun"])

    events.post("mailgun", about("mailgun", "delivered", mail, esp_id=f"<{mail.pk}@example.nl>"))

    assert state(mail) == MailState.DELIVERED


def test_a_mail_is_found_by_their_number_alone(esp: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    events.post(esp, about(esp, "delivered", mail, mail="nothing of ours"))

    assert state(mail) == MailState.DELIVERED


def test_a_mail_that_nobody_knows_is_ignored(esp: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    answer = events.post(esp, about(esp, "hard bounce", mail, esp_id="another", mail=str(uuid4())))

    assert answer.status_code == 200
    assert state(mail) == MailState.SENT
    assert not SuppressedAddress.objects.exists()


def test_another_recipient_is_ignored_and_capitals_are_not(esp: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    events.post(esp, about(esp, "hard bounce", mail, recipient="bob@example.nl"))
    assert state(mail) == MailState.SENT
    assert not SuppressedAddress.objects.exists()

    events.post(esp, about(esp, "delivered", mail, recipient="Anna@Example.NL"))
    assert state(mail) == MailState.DELIVERED


def test_an_address_with_letters_beyond_ascii_comes_back_as_dns_writes_it(use: Use, provider: Provider) -> None:
    use("postmark")
    mail = sent(provider, ESP_IDS["postmark"], "anna@café.example")

    events.post("postmark", about("postmark", "delivered", mail, recipient="anna@xn--caf-dma.example"))

    assert state(mail) == MailState.DELIVERED


def test_a_mail_that_never_left_is_not_touched(esp: str, provider: Provider) -> None:
    to = Recipient(address=ANNA, language="nl", provider_id=provider.pk)
    mail = outbox.enqueue("username", to=to, act_id=uuid4())
    assert mail is not None

    events.post(esp, about(esp, "delivered", mail))

    assert state(mail) == MailState.QUEUED


def test_a_bounce_of_the_old_address_does_not_keep_mail_from_the_new_one(
    use: Use, provider: Provider, settings: Settings, mail_server: Any
) -> None:
    smtp = (settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT)
    use("postmark")
    old = sent(provider, ESP_IDS["postmark"], "anna@old.example")
    events.post("postmark", about("postmark", "hard bounce", old))
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = smtp

    to = [Recipient(address=each, language="nl", provider_id=provider.pk) for each in (ANNA, "anna@old.example")]
    new, to_old = (outbox.enqueue("username", to=each, act_id=uuid4()) for each in to)
    delivery.deliver_due()

    assert new is not None
    assert to_old is not None
    assert (state(new), state(to_old)) == (MailState.SENT, MailState.FAILED)


def test_events_never_touch_a_person(use: Use, provider: Provider, anna: Employee) -> None:
    use("postmark")
    account = anna.account
    assert account is not None
    before = _about_people()
    mail = sent(provider, ESP_IDS["postmark"], anna.email)
    put(mail, employee=anna, account=account)

    for _ in range(100):
        for name in ("delivered", "hard bounce", "complained"):
            events.post("postmark", about("postmark", name, mail))

    assert _about_people() == before
    assert SuppressedAddress.objects.count() == 1
    assert state(mail) == MailState.COMPLAINED


def _about_people() -> list[Any]:
    tables = (Employee, User, AccessBlock, HistoryEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("before", [MailState.TRANSMITTING, MailState.UNCERTAIN, MailState.QUEUED, MailState.EXPIRED])
@pytest.mark.parametrize("name", ["delivered", "deferred", "hard bounce"])
def test_an_event_ends_a_mail_whose_outcome_we_do_not_know(
    use: Use, provider: Provider, before: MailState, name: str
) -> None:
    use("postmark")
    lease = before == MailState.TRANSMITTING
    mail = sent(
        provider, "", state=before, sent_at=None, finished_at=Now() if before in FINAL else None,
        unknown_outcomes=0 if lease else 1, lease_token=uuid4() if lease else None, lease_until=Now() if lease else None,
    )  # fmt: skip

    events.post("postmark", about("postmark", name, mail))

    assert state(mail) == MEANS[name]
    assert None not in (mail.sent_at, mail.finished_at)
    assert (mail.lease_token, mail.lease_until) == (None, None)


def test_what_the_worker_hears_after_the_event_is_dropped(use: Use, provider: Provider) -> None:
    use("postmark")
    to = Recipient(address=ANNA, language="nl", provider_id=provider.pk)
    outbox.enqueue("username", to=to, act_id=uuid4())
    (mail,) = claim(1)
    put(mail, state=MailState.TRANSMITTING, first_attempt_at=Now())

    events.post("postmark", about("postmark", "delivered", mail))
    with pytest.raises(Fenced):
        outcomes.note(mail, Taken("accepted by Postmark", ESP_IDS["postmark"]))

    assert state(mail) == MailState.DELIVERED
    assert mail.esp_id == ESP_IDS["postmark"]


def test_a_mail_that_is_sent_once_more_does_not_hear_about_its_first_copy(use: Use, provider: Provider) -> None:
    use("postmark")
    mail = sent(provider, "", state=MailState.QUEUED, sent_at=None, finished_at=None)
    old_bounce = about("postmark", "hard bounce", mail, esp_id="of the first copy")

    events.post("postmark", old_bounce)
    assert state(mail) == MailState.QUEUED

    put(mail, state=MailState.SENT, sent_at=Now(), finished_at=Now(), esp_id="of the second copy")
    events.post("postmark", old_bounce)
    assert state(mail) == MailState.SENT

    events.post("postmark", about("postmark", "delivered", mail))
    assert state(mail) == MailState.DELIVERED


def test_an_address_that_was_given_another_chance_keeps_it(use: Use, provider: Provider) -> None:
    use("postmark")
    mail = sent(provider, ESP_IDS["postmark"])
    events.post("postmark", about("postmark", "hard bounce", mail))
    suppression.try_again(provider_id=provider.pk, address=ANNA)

    events.post("postmark", about("postmark", "hard bounce", mail))

    assert not SuppressedAddress.objects.exists()


KINDS = {
    EventType.QUEUED: MailState.SENT,
    EventType.SENT: MailState.SENT,
    EventType.DEFERRED: MailState.DEFERRED,
    EventType.FAILED: MailState.FAILED,
    EventType.DELIVERED: MailState.DELIVERED,
    EventType.BOUNCED: MailState.BOUNCED,
    EventType.COMPLAINED: MailState.COMPLAINED,
    EventType.OPENED: MailState.SENT,
    EventType.CLICKED: MailState.SENT,
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(list(KINDS)), max_size=8),
    before=st.sampled_from(["sent", "transmitting", "uncertain"]),
)
def test_the_end_is_the_furthest_of_all_that_was_told(provider: Provider, kinds: list[str], before: str) -> None:
    underway: dict[str, Any] = {"finished_at": None, "sent_at": None, "state": before}
    if before == "transmitting":
        underway |= {"lease_token": "00000000-0000-0000-0000-000000000001", "lease_until": Now()}
    mail = sent(provider, "7", **(underway if before != "sent" else {}))
    told = [AnymailTrackingEvent(event_type=kind, message_id="7", recipient=ANNA, esp_event={}) for kind in kinds]

    tracking.apply(told)

    after = OutgoingEmail.objects.get(pk=mail.pk)
    mail.delete()
    news = [KINDS[kind] for kind in kinds if kind not in (EventType.OPENED, EventType.CLICKED)]
    assert after.state == max([*([MailState.SENT] if before == "sent" else []), *news], key=ORDER.index, default=before)
