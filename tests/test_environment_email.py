"""What EMAIL_URL can be told, and how it says that it does not understand."""

from importlib.util import find_spec
from typing import Any

import pytest

from config import email_url

needs_boto3 = pytest.mark.skipif(not find_spec("boto3"), reason="needs boto3")
without_boto3 = pytest.mark.skipif(bool(find_spec("boto3")), reason="boto3 is here")


def settings_of(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("EMAIL_URL", url)
    settings = email_url.email()
    settings.get("ANYMAIL", {}).pop("REQUESTS_TIMEOUT", None)
    return settings


@pytest.mark.parametrize(
    ("url", "backend", "anymail"),
    [
        ("postmark://token", "postmark", {"POSTMARK_SERVER_TOKEN": "token"}),
        ("postmark://to%2Fken@?message_stream=payroll", "postmark",
         {"POSTMARK_SERVER_TOKEN": "to/ken", "POSTMARK_MESSAGE_STREAM": "payroll"}),
        ("mailgun://key@mg.example.nl?signing_key=sign&api_url=https://api.eu.mailgun.net/v3", "mailgun",
         {"MAILGUN_API_KEY": "key", "MAILGUN_SENDER_DOMAIN": "mg.example.nl", "MAILGUN_WEBHOOK_SIGNING_KEY": "sign",
          "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3"}),
        ("mailgun://key", "mailgun", {"MAILGUN_API_KEY": "key"}),
        ("mailgun://key?webhook_signing_key=sign", "mailgun",
         {"MAILGUN_API_KEY": "key", "MAILGUN_WEBHOOK_SIGNING_KEY": "sign"}),
        ("brevo://xkeysib-1?webhook_secret=user:pass+word&rate=5", "brevo",
         {"BREVO_API_KEY": "xkeysib-1", "WEBHOOK_SECRET": "user:pass+word"}),
        ("resend://re_Key", "resend", {"RESEND_API_KEY": "re_Key"}),
        ("sendgrid://SG.Key.Key", "sendgrid", {"SENDGRID_API_KEY": "SG.Key.Key"}),
        ("mailjet://key:secret", "mailjet", {"MAILJET_API_KEY": "key", "MAILJET_SECRET_KEY": "secret"}),
        ("mandrill://key?webhook_secret=a:b&signing_key=sign", "mandrill",
         {"MANDRILL_API_KEY": "key", "WEBHOOK_SECRET": "a:b", "MANDRILL_WEBHOOK_KEY": "sign"}),
        ("mailersend://mlsn.key", "mailersend", {"MAILERSEND_API_TOKEN": "mlsn.key"}),
        ("mailtrap://key?sandbox_id=7", "mailtrap", {"MAILTRAP_API_TOKEN": "key", "MAILTRAP_SANDBOX_ID": "7"}),
        ("sparkpost://key", "sparkpost", {"SPARKPOST_API_KEY": "key"}),
        ("scaleway://key@project", "scaleway", {"SCALEWAY_SECRET_KEY": "key", "SCALEWAY_PROJECT_ID": "project"}),
        ("postal://key?api_url=https://postal.example.nl", "postal",
         {"POSTAL_API_KEY": "key", "POSTAL_API_URL": "https://postal.example.nl"}),
        ("unisender-go://key?api_url=https://go.example", "unisender_go",
         {"UNISENDER_GO_API_KEY": "key", "UNISENDER_GO_API_URL": "https://go.example"}),
    ],
)  # fmt: skip
def test_a_mail_service_with_its_secret(
    url: str, backend: str, anymail: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings_of(f"anymail+{url}", monkeypatch) == {
        "EMAIL_BACKEND": f"anymail.backends.{backend}.EmailBackend",
        "ANYMAIL": anymail,
    }


@needs_boto3
@pytest.mark.parametrize("name", ["ses", "amazon-ses", "amazon_ses"])
def test_amazon_with_keys_or_with_the_rights_of_the_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own_rights = settings_of(f"anymail+{name}://eu-west-1", monkeypatch)
    keys = settings_of(
        f"anymail+{name}://AKIA:se%2Fcret@eu-west-1?configuration_set_name=portaal&webhook_secret=a:b", monkeypatch
    )

    assert own_rights["EMAIL_BACKEND"] == keys["EMAIL_BACKEND"] == "anymail.backends.amazon_ses.EmailBackend"
    assert own_rights["ANYMAIL"]["AMAZON_SES_SESSION_PARAMS"] == {"region_name": "eu-west-1"}
    assert keys["ANYMAIL"]["AMAZON_SES_SESSION_PARAMS"] == {
        "region_name": "eu-west-1", "aws_access_key_id": "AKIA", "aws_secret_access_key": "se/cret",
    }  # fmt: skip
    assert keys["ANYMAIL"]["AMAZON_SES_CONFIGURATION_SET_NAME"] == "portaal"
    assert keys["ANYMAIL"]["WEBHOOK_SECRET"] == "a:b"
    assert keys["ANYMAIL"]["AMAZON_SES_CLIENT_PARAMS"]["config"]["retries"] == {"total_max_attempts": 1}


@without_boto3
def test_amazon_without_its_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "boto3" in stopped("anymail+ses://eu-west-1", monkeypatch, capsys)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "EMAIL_URL is missing"),
        ("postmark", "must look like"),
        ("gopher://host", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://host:port", "port that is not a number"),
        ("smtp://[::1", "brackets"),
        ("file://", "must look like"),
        ("anymail+://key", "known are: amazon_ses, brevo, mailersend"),
        ("anymail+pigeon://key", "'pigeon'; known are: amazon_ses"),
        ("anymail+postmark://", "must look like anymail+postmark://server_token"),
        ("anymail+mailjet://key", "must look like anymail+mailjet://api_key:secret_key"),
        ("anymail+scaleway://key", "must look like anymail+scaleway://secret_key@project_id"),
        ("anymail+ses://", "must look like anymail+ses://"),
        ("anymail+ses://key@eu-west-1", "must look like anymail+ses://"),
        ("anymail+postal://key", "needs the option api_url"),
        ("anymail+postmark://key?webhook_secert=a:b", "'webhook_secert'; of postmark are known: api_url"),
        ("anymail+postmark://key?signing_key=x", "'signing_key'"),
        ("anymail+postmark://key?webhook_secret=password", "does not look like user:password"),
        ("anymail+postmark://key?webhook_secret=:password", "does not look like user:password"),
        ("anymail+postmark://key?webhook_secret=a:b&webhook_secret=c:d", "an option twice"),
        ("anymail+mandrill://key?webhook_secret=a:b", "mandrill signs its events: give signing_key"),
    ],
)
def test_what_it_does_not_understand_stops_the_start_with_one_line(
    url: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in stopped(url, monkeypatch, capsys)


@pytest.mark.parametrize("package", ["svix", "cryptography"])
def test_a_signature_that_cannot_be_checked_is_not_promised(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec(package):
        pytest.skip(f"{package} is here")
    name = {"svix": "resend", "cryptography": "sendgrid"}[package]

    assert package in stopped(f"anymail+{name}://key?webhook_secret=a:b&signing_key=x", monkeypatch, capsys)


def stopped(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which it stops; no secret in it."""
    with pytest.raises(SystemExit) as end:
        settings_of(url, monkeypatch)
    line = capsys.readouterr().err
    assert end.value.code == 1
    assert line.startswith("sleutelbos: EMAIL_URL")
    assert line.count("\n") == 1
    assert "password" not in line.replace("user:password", "")
    return line


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.nl", ("mail.example.nl", 25, "", "", False, False)),
        ("smtp://me:pa%40ss@mail.example.nl?tls=1", ("mail.example.nl", 587, "me", "pa@ss", True, False)),
        ("smtps://me:pass@mail.example.nl", ("mail.example.nl", 465, "me", "pass", False, True)),
        ("smtp+tls://mail.example.nl:2525", ("mail.example.nl", 2525, "", "", True, False)),
        ("smtp+ssl://[::1]:465?rate=2", ("::1", 465, "", "", False, True)),
    ],
)
def test_a_mail_server(url: str, expected: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")

    settings = settings_of(url, monkeypatch)

    assert tuple(settings[f"EMAIL_{name}"] for name in names) == expected


@pytest.mark.parametrize(
    ("url", "rate"),
    [("smtp://host", None), ("smtp://host?rate=20", 20.0), ("anymail+ses://eu-west-1?rate=0.5", 0.5)],
)
def test_the_agreed_rate(url: str, rate: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    assert email_url.rate() == rate


@pytest.mark.parametrize("rate", ["0", "-1", "fast", "nan", "inf", "1e9", ""])
def test_a_rate_that_is_none(rate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("EMAIL_URL", f"smtp://host?rate={rate}")

    with pytest.raises(SystemExit):
        email_url.rate()
    assert "rate=20" in capsys.readouterr().err
