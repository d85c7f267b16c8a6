"""Events of mail services: from whom they are taken, and what a flood of them costs."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import Provider
from emailtemplates.models import MailState, SuppressedAddress
from tests.emailtemplates import events
from tests.emailtemplates.events import ANNA, ESP_IDS, Post, about, sent, state
from tests.emailtemplates.mail_service import playing

Use = Callable[..., None]


@pytest.mark.parametrize("secret", [None, "mailservice:wrong", "", "mailservice", "x" * 5000, "é:\x00"])
def test_without_the_secret_nothing_is_believed(esp: str, secret: str | None, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    answer = events.post(esp, about(esp, "hard bounce", mail), secret=secret)

    # Amazon gives the secret only to who asks for it.
    assert answer.status_code == (401 if (esp, secret) == ("amazon_ses", None) else 400)
    assert state(mail) == MailState.SENT


def test_mailgun_must_sign_as_well(use: Use, provider: Provider) -> None:
    use("mailgun")
    mail = sent(provider, ESP_IDS["mailgun"])
    forged = json.loads(about("mailgun", "hard bounce", mail).body)
    forged["signature"] = events.mailgun_signature("another key")

    assert events.post("mailgun", Post(json.dumps(forged))).status_code == 400
    assert state(mail) == MailState.SENT


def test_mandrill_must_sign_as_well(use: Use, provider: Provider) -> None:
    use("mandrill")
    mail = sent(provider, "7")
    told = [{"event": "hard_bounce", "_id": "7", "ts": 1795428871, "msg": {"email": ANNA, "diag": "550 5.1.1 unknown"}}]
    signature = events.mandrill_signature(json.dumps(told))

    assert events.post_form("mandrill", json.dumps(told), signature=signature[::-1]).status_code == 400
    assert state(mail) == MailState.SENT
    assert events.post_form("mandrill", json.dumps(told), signature=signature).status_code == 200
    assert state(mail) == MailState.BOUNCED


CONFIRMED = "<ConfirmSubscriptionResponse><ConfirmSubscriptionResult/></ConfirmSubscriptionResponse>"


def test_amazon_asks_once_where_its_events_go(use: Use, db: None) -> None:
    asks = events.notification("You have chosen to subscribe.", "SubscriptionConfirmation", Token="token-of-amazon")
    with playing("amazon_ses") as amazon:
        amazon.answer = CONFIRMED
        use("amazon_ses", amazon.url.partition("?")[2])

        assert events.post("amazon_ses", asks, secret=None).status_code == 401
        assert events.post("amazon_ses", asks, secret="mailservice:wrong").status_code == 400
        assert not amazon.asked
        assert events.post("amazon_ses", asks).status_code == 200
        (asked,) = amazon.asked
        assert "Action=ConfirmSubscription" in asked.body
        assert "token-of-amazon" in asked.body

        amazon.status = 500
        assert events.post("amazon_ses", asks).status_code == 503


@pytest.mark.parametrize("topic", ["arn:aws:sns:evil.example/#:1:portaal", "arn:aws:sns:@evil.example:1:t", "nothing"])
def test_amazon_is_not_looked_for_where_a_topic_says(use: Use, topic: str, db: None) -> None:
    use("amazon_ses")
    asks = events.notification("You have chosen.", "SubscriptionConfirmation", Token="t", TopicArn=topic)

    assert events.post("amazon_ses", asks).status_code in (400, 503)


def test_only_the_mail_service_in_use_has_an_address(esp: str, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])

    for other in {*events.EMAIL_URLS, "nobody", "base", "scaleway"} - {esp}:
        assert events.post(other, about(esp, "hard bounce", mail)).status_code == 404
    assert state(mail) == MailState.SENT


def test_without_a_secret_in_email_url_there_is_no_address(esp: str, settings: Settings, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])
    settings.ANYMAIL = {key: value for key, value in settings.ANYMAIL.items() if key != "WEBHOOK_SECRET"}

    for secret in (events.SECRET, None):
        assert events.post(esp, about(esp, "hard bounce", mail), secret=secret).status_code == 404
    assert Client().head(f"/webhooks/email/{esp}/tracking/").status_code == 404
    assert state(mail) == MailState.SENT


def test_a_mail_server_tells_nothing(settings: Settings, db: None) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    for name in ("smtp", "postmark"):
        assert events.post(name, Post("{}")).status_code == 404


@pytest.mark.parametrize(("method", "status"), [("get", 405), ("put", 405), ("delete", 405), ("head", 200)])
def test_it_takes_posts_only_and_shows_that_it_is_there(esp: str, method: str, status: int, db: None) -> None:
    assert getattr(Client(), method)(f"/webhooks/email/{esp}/tracking/").status_code == status


@pytest.mark.parametrize("size", [300 * 1024, 1024 * 1024])
def test_a_large_body_is_not_read(esp: str, size: int, provider: Provider) -> None:
    mail = sent(provider, ESP_IDS[esp])
    event = about(esp, "hard bounce", mail)

    assert events.post(esp, Post(event.body + " " * size, event.headers)).status_code == 413
    assert state(mail) == MailState.SENT


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"text"',
        "{}",
        "[" * 50_000,
        '{"event-data": 7}',
        "\x00",
        '{"Type": [], "event": {}}',
    ],
    ids=lambda body: body[:12],
)
def test_what_is_no_event_is_refused_or_ignored_and_never_a_fault(esp: str, body: str, db: None) -> None:
    signed = body
    if esp == "mailgun" and body.startswith("{") and body.endswith("}"):
        signed = json.dumps({"signature": events.mailgun_signature(events.SIGNING_KEY), **json.loads(body)})
    posts = [events.notification(body), Post(body, {"X-Amz-Sns-Message-Type": "Notification"})]

    for what in posts if esp == "amazon_ses" else [Post(signed)]:
        assert events.post(esp, what).status_code in (200, 400)
    if body == "{":
        assert events.post(esp, Post(body)).status_code == 400


@pytest.mark.parametrize("value", [None, 7, [], {}, "\x00", "\ud800", "x" * 254, "x" * 100_000, "' OR 1=1 --"])
@pytest.mark.parametrize("key", ["MessageID", "Recipient", "Metadata", "Details", "DeliveredAt", "RecordType"])
def test_odd_values_do_no_harm(use: Use, provider: Provider, key: str, value: object) -> None:
    use("postmark")
    mail = sent(provider, ESP_IDS["postmark"])
    event = {**json.loads(about("postmark", "delivered", mail).body), key: value}

    assert events.post("postmark", Post(json.dumps(event))).status_code in (200, 400)
    assert state(mail) in (MailState.SENT, MailState.DELIVERED)
    assert len(mail.why) <= 200


def test_a_storm_of_repeats_costs_little_and_changes_once(use: Use, provider: Provider) -> None:
    use("postmark")
    mails = [sent(provider, f"number-{number}", f"{number}@example.nl") for number in range(25)]
    names = ("deferred", "delivered", "hard bounce", "complained")
    storm = [about("postmark", name, mail) for mail in mails for name in names] * 5
    random.Random(7).shuffle(storm)  # noqa: S311 - guards no secret

    for event in storm:
        with CaptureQueriesContext(connection) as queries:
            assert events.post("postmark", event).status_code == 200
        assert len(queries) <= 8

    assert {state(mail) for mail in mails} == {MailState.COMPLAINED}
    assert SuppressedAddress.objects.count() == len(mails)


@pytest.mark.django_db(transaction=True)
def test_all_at_once_ends_as_one_after_the_other(use: Use, provider: Provider) -> None:
    use("postmark")
    mails = [sent(provider, f"number-{number}") for number in range(3)]
    names = ("deferred", "soft bounce", "delivered", "hard bounce", "complained")
    storm = [about("postmark", name, mail) for mail in mails for name in names] * 2
    random.Random(7).shuffle(storm)  # noqa: S311 - guards no secret

    def told(event: Post) -> int:
        try:
            return events.post("postmark", event).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(told, storm)) == {200}

    assert {state(mail) for mail in mails} == {MailState.COMPLAINED}
    assert SuppressedAddress.objects.count() == 1


def test_the_numbers_of_mail_services_are_looked_up_in_an_index(use: Use, provider: Provider) -> None:
    use("postmark")
    mail = sent(provider, ESP_IDS["postmark"])
    if connection.vendor != "sqlite":
        pytest.skip("how PostgreSQL looks depends on how much there is")

    with CaptureQueriesContext(connection) as queries:
        events.post("postmark", about("postmark", "delivered", mail, mail="nothing of ours"))
    (look_up,) = (query["sql"] for query in queries if "NOT (esp_id" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {look_up}")
        plan = " ".join(str(row) for row in cursor.fetchall())

    assert "mails_by_esp_id" in plan


def test_without_a_database_the_mail_service_tells_it_again(use: Use, provider: Provider) -> None:
    use("postmark")
    mail = sent(provider, ESP_IDS["postmark"])

    def away(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        answer = events.post("postmark", about("postmark", "delivered", mail))
    assert answer.status_code == 503

    events.post("postmark", about("postmark", "delivered", mail))
    assert state(mail) == MailState.DELIVERED


def test_neither_secret_nor_address_comes_in_the_log(
    esp: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    mail = sent(provider, ESP_IDS[esp])

    events.post(esp, about(esp, "hard bounce", mail), secret="mailservice:wrong")
    events.post(esp, Post(f'{{"Email": "{ANNA}"'))
    events.post(esp, about(esp, "hard bounce", mail))

    for secret in (events.SECRET, "mailservice", ANNA, events.SIGNING_KEY):
        assert secret not in caplog.text
