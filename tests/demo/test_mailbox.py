"""The mailbox of the demo: what was sent can be read, and nothing else can."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import include, path

from config.urls import urlpatterns as everything
from demo import mailbox
from emailtemplates.file_backend import EmailBackend

urlpatterns = [*everything, path("demo/", include("demo.urls"))]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


def send(subject: str) -> None:
    mail = EmailMultiAlternatives(subject, f"Hallo, {subject}\nhttp://localhost/x", "a@example.nl", ["anna@example.nl"])
    mail.attach_alternative(f"<html><head></head><body><p>Hallo, <b>{subject}</b></p></body></html>", "text/html")
    EmailBackend().send_messages([mail])


def test_mails_are_listed_newest_first(folder: Path, client: Client) -> None:
    assert client.get("/demo/mail/").status_code == 200
    for subject in ("één", "twee"):
        send(subject)
    (folder / ".half.eml").write_text("")

    assert [mail.subject for mail in mailbox.newest()] == ["twee", "één"]
    assert "anna@example.nl" in client.get("/demo/mail/").content.decode()


def test_one_mail_shows_both_parts_and_runs_nothing(folder: Path, client: Client) -> None:
    send("één")
    (mail,) = mailbox.newest()

    page = client.get(f"/demo/mail/{mail.name}/").content.decode()
    assert '<a href="http://localhost/x"' in page
    framed = client.get(f"/demo/mail/{mail.name}/html/")
    assert '<base target="_blank">' in framed.content.decode()
    assert "<b>één</b>" in framed.content.decode()
    assert "default-src 'none'" in framed["Content-Security-Policy"]
    assert "script" not in framed["Content-Security-Policy"]
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fsecret-key", ".half"])
def test_no_other_file_can_be_read(folder: Path, client: Client, name: str) -> None:
    send("één")
    (folder / ".half.eml").write_text("")
    (folder.parent / "secret-key").write_text("secret")

    assert client.get(f"/demo/mail/{name}/").status_code == 404
    assert client.get(f"/demo/mail/{name}/html/").status_code == 404
