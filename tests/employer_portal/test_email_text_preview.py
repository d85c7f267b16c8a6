"""The preview of an e-mail text, and why somebody gets the text that they get."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import access, email_texts
from accounts.actor import Actor
from accounts.models import Employee, Employer, Provider, User
from emailtemplates import delivery
from emailtemplates.models.texts import EmailText
from employer_portal.text_links import text_url
from tests import cast

SUBJECT, BODY = "Nieuws van {WerkgeverNaam}", "<p>{Aanhef},</p>\n<p>Bel <strong>ons</strong>.</p>\n<p>{Reden}</p>"
TYPED = {"subject": SUBJECT, "body": BODY}
HTMX = {"HX-Request": "true"}

Save = Callable[..., bool]


@pytest.fixture
def desk(carla: User) -> Client:
    """Of somebody who reads English."""
    User.objects.update(language="en")
    return cast.sign_in(carla, "employer")


@pytest.fixture
def save(by_carla: Actor) -> Save:
    """Words the mail about a block, somewhere."""

    def save_at(at: Employer | Provider, subject: str = SUBJECT, body: str = BODY) -> bool:
        own = email_texts.own_text(at=at, message="access_blocked", language="nl")
        return email_texts.save_text(
            at=at, message="access_blocked", language="nl", subject=subject, body=body, by=by_carla,
            expected_version=own.version,
        )  # fmt: skip

    return save_at


def page(answer: Any) -> str:
    """What is read on it, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def preview_at(at: Employer | Provider) -> str:
    return text_url("email_text_preview", at, "access_blocked", "nl")


def test_the_preview_is_the_mail(desk: Client, bakery: Employer, anna: Employee, save: Save, by_carla: Actor) -> None:
    Employee.objects.update(language="nl")
    save(bakery)
    for part, typed in (("html", TYPED), ("plain", TYPED), ("html", None), ("plain", None)):
        mail.outbox.clear()
        asked = {"person": str(anna.public_id), "part": part}
        address = preview_at(bakery)
        shown = desk.post(address, {**typed, **asked}) if typed else desk.get(address, asked)
        access.block_access(
            employee=anna, by=by_carla, reason="x", shown_reason="Je dienstverband is beëindigd.", do_not_mail=False
        )
        delivery.deliver_due()
        access.unblock_access(employee=anna, by=by_carla)
        (sent,) = mail.outbox

        html = str(getattr(sent, "alternatives", [])[0][0])
        expected = html.replace("<head>", '<head><base target="_blank">', 1) if part == "html" else str(sent.body)
        assert shown.content.decode() == expected


def test_an_empty_field_is_previewed_as_the_level_above(desk: Client, bakery: Employer) -> None:
    answer = desk.post(preview_at(bakery), {"subject": "", "body": ""}, headers=HTMX)

    assert "Je toegang tot het Werknemerloket van Bakkerij Van Dam is geblokkeerd" in page(answer)


def test_what_cannot_be_mailed_is_told_and_not_shown(desk: Client, bakery: Employer) -> None:
    said = {"subject": "Dag", "body": "<p>a</p><script>alert(1)</script>"}

    framed, facts = (
        desk.post(preview_at(bakery), said),
        desk.post(preview_at(bakery), said, headers=HTMX),
    )

    for answer in (framed, facts):
        assert answer.status_code == 422
        assert "<script>" not in answer.content.decode()
        assert "&lt;script&gt; cannot be used here" in answer.content.decode()


def test_a_preview_saves_nothing_and_runs_nothing(desk: Client, bakery: Employer) -> None:
    answer = desk.post(preview_at(bakery), TYPED)

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert not EmailText.objects.exists()


def test_a_name_stays_text_in_a_preview(desk: Client, bakery: Employer, anna: Employee) -> None:
    Employee.objects.filter(pk=anna.pk).update(first_name="<b>{Link}</b>")

    shown = desk.post(preview_at(bakery), {**TYPED, "person": str(anna.public_id)}).content.decode()

    assert "&lt;b&gt;{Link}&lt;/b&gt;" in shown


@pytest.mark.parametrize("message", ["invitation", "password_reset"])
def test_a_preview_holds_no_link_that_works(desk: Client, bakery: Employer, anna: Employee, message: str) -> None:
    shown = desk.get(
        text_url("email_text_preview", bakery, message, "en"), {"person": str(anna.public_id)}
    ).content.decode()

    assert "[link]" in shown
    assert not re.search(r"/(activate|set-password)/|href=\"\[link\]", shown)


def test_somebody_is_found_by_name_or_number_and_chosen(
    desk: Client, bakery: Employer, provider: Provider, garage: Employer, anna: Employee
) -> None:
    anders = cast.make_employee(garage, "77", "Anders", "Vries")

    def facts(at: Employer | Provider, **asked: str) -> Any:
        return desk.post(preview_at(at), {**TYPED, **asked}, headers=HTMX)

    assert "Anna de Vries" in page(facts(bakery, find="vries"))
    assert facts(provider, find="vries").context["preview"].choices == [anders, anna]
    assert facts(provider, find="vries", person=str(anna.public_id)).context["preview"].person == anna
    assert "Nobody here has this name or number" in page(facts(bakery, find="77"))
    assert facts(bakery, person=str(anders.public_id)).context["preview"].person is None
    assert facts(bakery, find="\x00", person="x").status_code == 200


def test_why_this_text(
    desk: Client, bakery: Employer, provider: Provider, anna: Employee, save: Save, by_carla: Actor
) -> None:
    save(provider)
    save(provider, body="<p>Twice</p>")
    save(bakery, subject="Van de bakker {Voornaam}", body="")

    answer = desk.get(text_url("email_text_why", bakery, "access_blocked", anna.public_id))

    assert [(field.badge.label, field.version) for field in answer.context["fields"]] == [
        ("own text", 1), ("from provider", 2), ("standard", None), ("standard", None),
    ]  # fmt: skip
    shown = desk.get(answer.context["preview_url"]).content.decode()
    assert "Twice" in shown
    assert "Van de bakker Anna" in shown


def test_why_is_asked_of_ones_own_employees(desk: Client, garage: Employer, anna: Employee) -> None:
    assert desk.get(text_url("email_text_why", garage, "access_blocked", anna.public_id)).status_code == 404
    assert desk.get(text_url("email_text_why", anna.employer, "sender_code", anna.public_id)).status_code == 404
