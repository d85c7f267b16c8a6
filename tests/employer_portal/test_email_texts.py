"""The pages of e-mail texts, at the provider and at one employer."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import email_texts
from accounts.actor import Actor
from accounts.models import Employee, Employer, Provider, User
from emailtemplates.models.texts import EmailText, TextVersion
from emailtemplates.texts import shipped
from employer_portal.text_links import text_url
from tests import cast

SUBJECT, BODY = "Nieuws van {WerkgeverNaam}", "<p>{Aanhef},</p>\n<p>Bel <strong>ons</strong>.</p>\n<p>{Reden}</p>"
TYPED = {"subject": SUBJECT, "body": BODY}
OF_BLOCK = ("access_blocked", "nl")

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


@pytest.fixture(params=["employer", "provider"])
def place(request: pytest.FixtureRequest, bakery: Employer, provider: Provider) -> Employer | Provider:
    return bakery if request.param == "employer" else provider


def page(answer: Any) -> str:
    """What is read on it, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def editor(at: Employer | Provider, act: str = "") -> str:
    return text_url("email_text", at, *OF_BLOCK) + act


def forget_password(browser: Client) -> None:
    """As if sixteen minutes had passed since it was given."""
    session = browser.session
    session["employer"] = {**session["employer"], "password_at": int(time.time()) - 16 * 60}
    session.save()


def cells(desk: Client, at: Employer | Provider) -> list[str]:
    """Where subject and body of the mail about a block come from, as the list says it."""
    rows = desk.get(text_url("email_texts", at)).context["rows"]
    (row,) = [row for row in rows if row.url == editor(at)]
    return [cell.badge.label for cell in row.cells]


# --- The list


def test_the_list_says_where_each_field_comes_from_since_when_and_by_whom(
    desk: Client, bakery: Employer, garage: Employer, provider: Provider, save: Save
) -> None:
    save(provider)
    save(bakery, subject="Van de bakker", body="")

    assert cells(desk, bakery) == ["own text", "from provider"]
    assert cells(desk, garage) == ["from provider", "from provider"]
    assert cells(desk, provider) == ["own text", "own text"]
    row = next(row for row in desk.get(text_url("email_texts", bakery)).context["rows"] if row.url == editor(bakery))
    assert [cell.changed_by for cell in row.cells] == ["Carla", "Carla"]
    assert all(cell.changed_at for cell in row.cells)


def test_every_message_that_can_be_worded_is_there_in_each_language(desk: Client, place: Employer | Provider) -> None:
    rows = desk.get(text_url("email_texts", place)).context["rows"]

    assert len(rows) == 7 * 2
    assert all(desk.get(row.url).status_code == 200 for row in rows)
    assert all(desk.get(f"{row.url}preview/").status_code == 200 for row in rows)


def test_what_is_switched_off_is_said(desk: Client, bakery: Employer) -> None:
    assert page(desk.get(text_url("email_texts", bakery))).count("Not mailed here") == 4
    assert "switched off here" in page(desk.get(text_url("email_text", bakery, "access_unblocked", "nl")))


# --- Whose it is


def test_a_viewer_may_look_and_changes_nothing(vera: User, place: Employer | Provider, save: Save) -> None:
    save(place)
    browser = cast.sign_in(vera, "employer")
    for act, said in (("", TYPED), ("preview/", TYPED), ("restore/", {"version": "above"}), ("restore/", {})):
        assert browser.post(editor(place, act), said).status_code == 403

    answer = browser.get(editor(place))

    assert answer.status_code == 200
    assert "readonly" in answer.content.decode()
    assert "button-primary" not in answer.content.decode()
    assert EmailText.objects.get().version == 1


def test_a_stranger_gets_404(stranger: User, bakery: Employer, anna: Employee) -> None:
    browser = cast.sign_in(stranger, "employer")
    why = text_url("email_text_why", bakery, "access_blocked", anna.public_id)

    for address in (text_url("email_texts", bakery), editor(bakery), editor(bakery, "preview/"), why):
        assert browser.get(address).status_code == 404
    for act in ("", "preview/", "restore/"):
        assert browser.post(editor(bakery, act), TYPED).status_code == 404


def test_an_administrator_of_one_employer_has_no_texts_of_the_provider(bakery: Employer, garage: Employer) -> None:
    browser = cast.sign_in(cast.make_administrator("bram", provider=bakery.provider, employer=bakery), "employer")

    assert browser.post(editor(bakery), TYPED).status_code == 302
    assert browser.post(editor(garage), TYPED).status_code == 404
    assert browser.post(editor(bakery.provider), TYPED).status_code == 404


@pytest.mark.parametrize(
    ("message", "language"),
    [("administrator_invitation", "nl"), ("sender_code", "nl"), ("nothing", "nl"), ("access_blocked", "de")],
)
def test_what_cannot_be_worded_is_not_there(desk: Client, bakery: Employer, message: str, language: str) -> None:
    address = text_url("email_text", bakery, message, language)

    assert {desk.get(address).status_code, desk.post(address, TYPED).status_code} == {404}
    assert not EmailText.objects.exists()


# --- Saving


def test_only_what_differs_from_the_level_above_is_kept(desk: Client, place: Employer | Provider) -> None:
    above = shipped(*OF_BLOCK)

    answer = desk.post(editor(place), {"subject": above.subject, "body": BODY.replace("\n", "\r\n")}, follow=True)

    assert "Saved." in page(answer)
    own = EmailText.objects.get()
    assert (own.subject, own.body) == ("", BODY)
    assert cells(desk, place) == ["standard", "own text"]


def test_saving_the_same_twice_makes_one_version(desk: Client, bakery: Employer) -> None:
    desk.post(editor(bakery), {**TYPED, "version": "0"})

    answer = desk.post(editor(bakery), {**TYPED, "version": "1"}, follow=True)

    assert "This was saved already." in page(answer)
    assert TextVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "place_and_reason"),
    [
        ("subject", "{{7*7}}", "Line 1, column"),
        ("subject", "x" * 513, "At most 512 characters"),
        ("subject", "Dag {Link}", "column 5"),
        ("body", "<p>a</p>\n<p>{% debug %}</p>", "Line 2, column 4"),
        ("body", "<p>{Gebruikersnaam.__class__}</p>", "Line 1, column 4"),
        ("body", "<p>{Voornaam:>999999999}</p>", "Line 1, column 4"),
        ("body", "<p>{0}</p>", "Line 1, column 4"),
        ("body", "<p>{</p>", "Line 1, column 4"),
        ("body", "<p>{Vornaam}</p>", "Did you mean {Voornaam}?"),
        ("body", "<p>a</p><script>alert(1)</script>", "Line 1, column 9"),
        ("body", "<p onclick='x'>a</p>", "onclick"),
        ("body", "<img src='https://evil.example/{Voornaam}' alt=''>", "Line 1"),
        ("body", "x" * 6001, "At most 6000 characters"),
        ("body", "<b>" * 60_000, "At most 6000 characters"),
        ("body", "a\u202eb", "Line 1, column 2"),
        ("body", "a\x00b", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_the_field_and_nothing_typed_is_lost(
    desk: Client, bakery: Employer, field: str, typed: str, place_and_reason: str
) -> None:
    said = {**TYPED, field: typed}
    began = time.monotonic()

    answer = desk.post(editor(bakery), said)

    assert time.monotonic() - began < 1
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert place_and_reason.lower() in " ".join(form.errors[field]).lower()
    assert {name: form[name].value() for name in said} == said
    assert not EmailText.objects.exists()


def test_a_text_without_its_link_is_refused(desk: Client, bakery: Employer) -> None:
    answer = desk.post(text_url("email_text", bakery, "password_reset", "nl"), {"subject": "Dag", "body": "<p>Dag</p>"})

    assert answer.status_code == 422
    assert "{Link}" in str(answer.context["form"].errors["body"])


def test_a_megabyte_is_not_read_at_all(desk: Client, bakery: Employer) -> None:
    assert desk.post(editor(bakery), {**TYPED, "body": "x" * 1_000_000}).status_code == 413


def test_who_comes_second_sees_both_and_chooses(desk: Client, place: Employer | Provider, save: Save) -> None:
    save(place, subject="Theirs {Voornaam}", body="<p>Theirs</p>")

    answer = desk.post(editor(place), {**TYPED, "version": "0"})

    assert answer.status_code == 409
    assert answer.context["form"]["body"].value() == BODY
    assert answer.context["conflict"].text.body == "<p>Theirs</p>"
    assert "Carla changed this text" in page(answer)
    assert EmailText.objects.get().subject == "Theirs {Voornaam}"

    mine = desk.post(editor(place), {**TYPED, "version": str(answer.context["version"])})

    assert mine.status_code == 302
    assert EmailText.objects.get().subject == SUBJECT


def test_the_password_is_asked_again_after_a_quarter_of_an_hour(desk: Client, bakery: Employer) -> None:
    forget_password(desk)
    assert "password" in desk.get(editor(bakery)).context["form"].fields

    for said in ({}, {"password": "wrong"}):
        answer = desk.post(editor(bakery), {**TYPED, **said})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["password"]
        assert answer.context["form"]["body"].value() == BODY
        assert cast.PASSWORD not in answer.content.decode()
    assert not EmailText.objects.exists()
    # One that is right is not asked again because the text is wrong.
    answer = desk.post(editor(bakery), {**TYPED, "body": "{", "password": cast.PASSWORD})
    assert "password" not in answer.context["form"].fields

    assert desk.post(editor(bakery), TYPED).status_code == 302


# --- Versions


def test_versions_are_listed_with_what_changed_and_put_back(
    desk: Client, place: Employer | Provider, save: Save
) -> None:
    save(place, body="<p>One two</p>")
    save(place, body="<p>One three</p>")
    versions = desk.get(editor(place)).context["panel"].versions
    assert [row.version.number for row in versions] == [2, 1]
    (changed,) = versions[0].changed
    assert ("gone", "two") in changed.pieces
    assert ("new", "three") in changed.pieces

    answer = desk.post(editor(place, "restore/"), {"version": "1"}, follow=True)

    assert "Put back." in page(answer)
    assert EmailText.objects.get().body == "<p>One two</p>"
    assert answer.context["panel"].versions[0].what == "Version 1 put back"


def test_back_to_the_level_above_of_both_fields_or_one(
    desk: Client, bakery: Employer, provider: Provider, save: Save
) -> None:
    save(provider, subject="Provider")
    save(bakery, subject="Bakery", body="<p>Bakery</p>")

    desk.post(editor(bakery, "restore/"), {"version": "above", "field": "subject"})
    assert cells(desk, bakery) == ["from provider", "own text"]
    desk.post(editor(bakery, "restore/"), {"version": "above"})

    assert cells(desk, bakery) == ["from provider", "from provider"]
    assert "It is so already." in page(desk.post(editor(bakery, "restore/"), {"version": "above"}, follow=True))


@pytest.mark.parametrize(("said", "status"), [("9", 404), ("", 422), ("x", 422), ("-1", 422), ("1" * 40, 422)])
def test_a_version_that_is_none(desk: Client, bakery: Employer, save: Save, said: str, status: int) -> None:
    save(bakery)

    assert desk.post(editor(bakery, "restore/"), {"version": said}).status_code == status
    assert EmailText.objects.get().version == 1


def test_a_version_that_breaks_a_rule_of_today_is_not_put_back(desk: Client, bakery: Employer, save: Save) -> None:
    save(bakery)
    save(bakery, body="<p>Two</p>")
    TextVersion.objects.filter(number=1).update(body="<script>")

    answer = desk.post(editor(bakery, "restore/"), {"version": "1"})

    assert answer.status_code == 422
    assert "&lt;script&gt; cannot be used here" in page(answer)
    assert EmailText.objects.get().body == "<p>Two</p>"


def test_putting_back_asks_the_password_too(desk: Client, bakery: Employer, save: Save) -> None:
    save(bakery)
    forget_password(desk)

    assert desk.post(editor(bakery, "restore/"), {"version": "above"}).status_code == 422
    assert EmailText.objects.get().subject == SUBJECT
    assert desk.post(editor(bakery, "restore/"), {"version": "above", "password": cast.PASSWORD}).status_code == 302


# --- What became out of date


def test_a_text_made_from_an_earlier_standard_text_is_shown_with_both_differences(
    desk: Client, bakery: Employer, save: Save
) -> None:
    save(bakery)
    EmailText.objects.update(body_made_from="<p>Earlier</p>")
    assert "Standard text changed" in page(desk.get(text_url("email_texts", bakery)))
    (outdated,) = desk.get(editor(bakery)).context["panel"].outdated
    assert ("gone", "Earlier") in outdated.standard
    assert any(piece.kind == "new" and "Bel" in piece.text for piece in outdated.own)

    desk.post(editor(bakery), {"subject": SUBJECT, "body": BODY.replace("ons", "mij")})
    assert desk.get(editor(bakery)).context["panel"].outdated
    desk.post(editor(bakery), {**TYPED, "compared": "on"})

    assert not desk.get(editor(bakery)).context["panel"].outdated
    assert "Standard text changed" not in page(desk.get(text_url("email_texts", bakery)))


def test_a_stored_text_that_breaks_a_rule_is_shown_with_what_is_wrong(
    desk: Client, bakery: Employer, save: Save
) -> None:
    save(bakery)
    EmailText.objects.update(body="<p>{Onbekend}</p>")

    answer = desk.get(editor(bakery))

    assert "Not in use: Text" in page(answer)
    assert answer.context["form"]["body"].value() == "<p>{Onbekend}</p>"
    assert cells(desk, bakery) == ["own text", "standard"]
