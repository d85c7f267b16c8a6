"""manage.py doctor: each fault that is planted is named, with what to do; and when there is none it says so."""

import json
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import CollectiveMutation, Employer, PasswordRequest
from emailtemplates import hosts, outbox
from emailtemplates.models import MailHost, MailState, OutgoingEmail, Sender, SenderDomain
from emailtemplates.outbox import Recipient
from tests.accounts.test_commands import run
from tests.emailtemplates.conftest import mail_server  # noqa: F401 - a fixture
from tests.emailtemplates.dns_server import SERVFAIL, DnsServer
from tests.emailtemplates.smtp import MailServer, free_port

ProperDomain = Callable[[str], None]
LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def healthy(db: None, settings: Settings) -> None:
    """An installation as it should be; its mail goes into a folder."""
    settings.SECRET_KEY = secrets.token_urlsafe(50)
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://portal.example.nl", ["portal.example.nl"]
    settings.TRUSTED_PROXIES = 1
    settings.EMAIL_BACKEND = "emailtemplates.file_backend.EmailBackend"
    settings.SENDER_SPF, settings.SENDER_DKIM_SELECTOR = "include:spf.example.nl", "bos"


pytestmark = pytest.mark.usefixtures("healthy")


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs it; gives what --json printed, with the exit status, and without what is only information."""

    def ran(*arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        status = run("doctor", "--json", *arguments)
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert answer["ok"] is (status == 0)
        levels = [(each["check"], each["level"]) for each in answer["findings"] if each["level"] != "information"]
        return {
            "status": status,
            "found": levels,
            "words": " ".join(each["what"] + each["do"] for each in answer["findings"]),
        }

    return ran


Doctor = Callable[..., dict[str, Any]]


def due_since(passed: timedelta) -> OutgoingEmail:
    to = Recipient(address="anna@example.nl", language="nl", provider_id=None)
    mail = outbox.enqueue("access_blocked", to=to, act_id=uuid4())
    assert mail is not None
    OutgoingEmail.objects.filter(pk=mail.pk).update(not_before=timezone.now() - passed)
    return mail


def choose_sender(employer: Employer, address: str = "hr@bakker.example") -> None:
    Sender.objects.create(provider=employer.provider, employer=employer, address=address, confirmed_at=timezone.now())
    SenderDomain.objects.create(provider=employer.provider, domain=address.partition("@")[2])


def test_nothing_is_wrong(doctor: Doctor) -> None:
    answer = doctor("--offline")

    assert (answer["status"], answer["found"]) == (0, [])


def test_it_is_told_as_a_table_too(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    assert run("doctor", "--offline") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith(("database", "addresses"))] == ["ok", "ok"]

    settings.BASE_URL = "http://portal.example.nl"
    assert run("doctor", "--offline") == 1
    told = capsys.readouterr()
    (line,) = (line for line in told.out.splitlines() if line.startswith("addresses"))
    assert "fault" in line
    assert "https" in line
    assert "1" in told.err


# --- Database, broker, cache -----------------------------------------------------------------------


def test_a_migration_waits(doctor: Doctor) -> None:
    app, name = MigrationLoader(connection).graph.leaf_nodes("accounts")[0]
    MigrationRecorder(connection).record_unapplied(app, name)

    answer = doctor("--offline")

    assert answer["found"] == [("database", "fault")]
    assert name in answer["words"]
    assert "manage.py migrate" in answer["words"]


def test_sqlite_while_redis_counts_on_more_machines(doctor: Doctor, settings: Settings) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("is about SQLite")
    settings.REDIS_URL = f"redis://:geheim@127.0.0.1:{free_port()}/0"

    answer = doctor("--offline")

    assert answer["found"] == [("database", "attention"), ("broker", "fault")]
    assert "geheim" not in answer["words"]


@pytest.mark.postgres
def test_postgresql_without_its_extension(doctor: Doctor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")

    assert doctor("--offline")["found"] == [("database", "fault")]


def test_redis_that_hangs_costs_a_second(doctor: Doctor, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"

        assert ("broker", "fault") in doctor("--offline")["found"]


def test_redis_that_drops_what_it_has_no_room_for(doctor: Doctor, settings: Settings) -> None:
    import redis

    if not settings.REDIS_URL:
        pytest.skip("needs Redis")
    client = redis.Redis.from_url(settings.REDIS_URL)
    before = str(client.config_get("maxmemory-policy")["maxmemory-policy"])
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        answer = doctor("--offline")
    finally:
        client.config_set("maxmemory-policy", before)

    assert answer["found"] == [("broker", "fault")]
    assert "noeviction" in answer["words"]


def test_the_cache_does_not_keep(doctor: Doctor, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert doctor("--offline")["found"] == [("cache", "fault")]


# --- How it was set up -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["x" * 60, "django-insecure-" + "0123456789abcdefghij" * 3, "kort-maar-willekeurig-0123456789"]
)
def test_a_key_that_can_be_guessed(doctor: Doctor, settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key

    answer = doctor("--offline")

    assert answer["found"] == [("secret key", "fault")]
    assert key not in answer["words"]


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("DEBUG", True, "fault"),
        ("BASE_URL", "http://portal.example.nl", "fault"),
        ("ALLOWED_HOSTS", ["*"], "fault"),
        ("ALLOWED_HOSTS", ["elders.example.nl"], "fault"),
        ("TRUSTED_PROXIES", 0, "attention"),
    ],
)
def test_addresses(doctor: Doctor, settings: Settings, name: str, value: object, level: str) -> None:
    setattr(settings, name, value)

    answer = doctor("--offline")

    assert answer["found"] == [("addresses", level)]
    assert name in answer["words"]


def test_static_files(doctor: Doctor, settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    answer = doctor("--offline")
    assert answer["found"] == [("static files", "fault")]
    assert "collectstatic" in answer["words"]

    call_command("collectstatic", interactive=False, verbosity=0)

    assert doctor("--offline")["found"] == []


def test_a_shipped_text_is_gone(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("emailtemplates.checks.DEFAULTS", tmp_path)

    assert ("e-mail texts", "fault") in doctor("--offline")["found"]


# --- Sending ---------------------------------------------------------------------------------------


def test_mail_that_nobody_sends(doctor: Doctor) -> None:
    due_since(timedelta(minutes=1))
    assert doctor("--offline")["found"] == []

    due_since(LONG_AGO)

    answer = doctor("--offline")
    assert answer["found"] == [("workers", "fault")]
    assert "deliver_emails" in answer["words"]


def test_mail_that_is_late_while_other_mail_leaves(doctor: Doctor) -> None:
    other = due_since(timedelta())
    now = timezone.now()
    OutgoingEmail.objects.filter(pk=other.pk).update(
        state=MailState.SENT, why="250 taken", sent_at=now, first_attempt_at=now, finished_at=now
    )
    due_since(LONG_AGO)

    assert doctor("--offline")["found"] == [("workers", "attention")]


def test_mail_that_a_dead_worker_keeps(doctor: Doctor) -> None:
    mail = due_since(timedelta())
    OutgoingEmail.objects.filter(pk=mail.pk).update(
        state=MailState.LEASED, lease_token=uuid4(), lease_until=timezone.now() - LONG_AGO
    )

    assert doctor("--offline")["found"] == [("workers", "fault")]


def test_requests_that_nobody_answers(doctor: Doctor) -> None:
    PasswordRequest.objects.create(username_key="anna", portal="employee")
    PasswordRequest.objects.update(requested_at=timezone.now() - LONG_AGO)

    assert doctor("--offline")["found"] == [("workers", "fault")]


def test_the_breaker_is_open(doctor: Doctor) -> None:
    now = timezone.now()
    MailHost.objects.create(name=hosts.name(), closed_until=now, since=now - LONG_AGO, why="535 wrong", systemic=True)

    answer = doctor("--offline")

    assert answer["found"] == [("breaker", "fault")]
    assert "535 wrong" in answer["words"]


def test_the_schedule_stands_still(doctor: Doctor, bakery: Employer) -> None:
    choose_sender(bakery)
    SenderDomain.objects.update(checked_at=timezone.now() - timedelta(days=3))

    assert doctor("--offline")["found"] == [("schedule", "attention")]


def test_what_waits_for_somebody_is_told(doctor: Doctor) -> None:
    mail = due_since(timedelta())
    now = timezone.now()
    OutgoingEmail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, why="no", finished_at=now, attention_at=now)

    answer = doctor("--offline")

    assert answer["found"] == []
    assert "1" in answer["words"]


def test_a_mail_service_that_cannot_tell_what_became_of_a_mail(doctor: Doctor, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "token"}

    answer = doctor("--offline")
    assert answer["found"] == [("transport", "fault")]
    assert "https://portal.example.nl/webhooks/email/postmark/tracking/" in answer["words"]

    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": "user:password"}
    assert doctor("--offline")["found"] == []


@pytest.mark.parametrize(("user", "level"), [("", "attention"), ("portaal", "fault")])
def test_mail_that_travels_unprotected(doctor: Doctor, settings: Settings, user: str, level: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "mail.example.nl", user

    assert doctor("--offline")["found"] == [("transport", level)]


# --- Not offline -----------------------------------------------------------------------------------


@pytest.fixture
def in_the_world(healthy: None, mail_server: MailServer, proper_domain: ProperDomain) -> None:  # noqa: F811
    """The healthy installation, with a mail server and proper DNS."""
    proper_domain("example.nl")


@pytest.mark.usefixtures("in_the_world")
def test_nothing_is_wrong_in_the_world_either(doctor: Doctor, mail_server: MailServer) -> None:  # noqa: F811
    answer = doctor()

    assert (answer["status"], answer["found"]) == (0, [])
    assert not mail_server.accepted


@pytest.mark.usefixtures("in_the_world")
def test_a_mail_server_that_is_away(doctor: Doctor, settings: Settings) -> None:
    settings.EMAIL_PORT = free_port()

    answer = doctor()

    assert answer["found"] == [("mail server", "fault")]
    assert "EMAIL_URL" in answer["words"]


@pytest.mark.usefixtures("in_the_world")
def test_a_mail_server_without_the_tls_we_ask_for(doctor: Doctor, settings: Settings) -> None:
    settings.EMAIL_USE_TLS = True

    assert doctor()["found"] == [("mail server", "fault")]


@pytest.mark.usefixtures("in_the_world")
def test_records_of_our_own_domain(doctor: Doctor, dns_server: DnsServer) -> None:
    del dns_server.texts["_dmarc.example.nl"]
    dns_server.texts["example.nl"].append("v=spf1 -all")
    dns_server.trouble["bos._domainkey.example.nl"] = SERVFAIL

    answer = doctor()

    assert answer["found"] == [("own domain", "fault"), ("own domain", "attention"), ("own domain", "fault")]
    for record in ("SPF", "DKIM", "DMARC"):
        assert f"example.nl, {record}: " in answer["words"]


@pytest.mark.usefixtures("in_the_world")
def test_records_of_senders_one_by_one(doctor: Doctor, bakery: Employer, dns_server: DnsServer) -> None:
    choose_sender(bakery)
    dns_server.texts["bakker.example"] = ["v=spf1 include:spf.example.nl -all"]

    answer = doctor()

    assert answer["found"] == [("sender domains", "attention")] * 2
    assert "CNAME" in answer["words"]
    assert "_dmarc.bakker.example" in answer["words"]


def test_a_sender_that_can_never_be_proven(doctor: Doctor, bakery: Employer, settings: Settings) -> None:
    settings.SENDER_SPF = ""
    assert doctor("--offline")["found"] == []

    choose_sender(bakery)

    assert ("senders", "fault") in doctor("--offline")["found"]


def test_what_was_seen_of_senders_is_told_offline(doctor: Doctor, bakery: Employer, dns_server: DnsServer) -> None:
    choose_sender(bakery)
    SenderDomain.objects.update(dkim="the record is not there")

    assert doctor("--offline")["found"] == [("sender domains", "attention")]
    assert not dns_server.asked


def test_a_mutation_that_stands_still_is_a_fault(doctor: Callable[..., dict[str, Any]], bakery: Employer) -> None:
    at = {"act": "invite", "provider": bakery.provider, "employer": bakery, "maker_name": "Carla", "state": "running"}
    rows = CollectiveMutation.objects
    rows.create(confirmed_at=timezone.now() - LONG_AGO, progressed_at=timezone.now(), **at)
    assert ("workers", "fault") not in doctor("--offline")["found"]

    rows.update(progressed_at=timezone.now() - LONG_AGO)
    assert ("workers", "fault") in doctor("--offline")["found"]
