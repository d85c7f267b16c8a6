"""Delivering without a worker, and mail as files."""

import json
from collections.abc import Callable
from email import message_from_bytes, policy
from io import StringIO
from pathlib import Path

import pytest
from django.core.mail import send_mail
from django.core.management import call_command
from pytest_django.fixtures import Settings

from emailtemplates.models import OutgoingEmail
from tests.emailtemplates.smtp import MailServer


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("deliver_emails", *arguments, stdout=out)
    return out.getvalue()


def test_once_delivers_what_is_due_and_says_how_it_ended(
    promise: Callable[..., OutgoingEmail], mail_server: MailServer
) -> None:
    mail_server.to_recipient = {"carla@example.nl": "550 5.1.1 no such user"}
    for name in ("anna", "bob", "carla"):
        promise(f"{name}@example.nl")

    assert json.loads(run("--once", "--json")) == {"sent": 2, "bounced": 1}
    assert run("--once") == "Nothing is due.\n"


def test_a_dry_run_sends_nothing(promise: Callable[..., OutgoingEmail], mail_server: MailServer) -> None:
    promise()

    assert run("--dry-run").split() == ["due", "1"]
    assert not mail_server.accepted


def test_mail_as_files(promise: Callable[..., OutgoingEmail], settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "emailtemplates.file_backend.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "not" / "there"
    settings.EMAIL_FACTS = "tests.emailtemplates.facts.everything"
    mail = promise()

    run("--once")

    (file,) = settings.EMAIL_FILE_PATH.iterdir()
    time, _, name = file.name.partition("-")
    assert name == f"{mail.pk}.eml"
    assert time.endswith("Z")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "anna@example.nl"
    assert "Bakkerij Van Dam" in message["Subject"]


def test_a_mail_of_no_row_gets_a_name_too(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "emailtemplates.file_backend.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path

    send_mail("Subject", "Text", None, ["beheer@example.nl"])

    assert len(list(tmp_path.glob("*Z-*.eml"))) == 1


@pytest.mark.parametrize("arguments", [["--twice"], ["--once", "anna"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line

    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "deliver_emails", *arguments])

    assert ended.value.code == 2
