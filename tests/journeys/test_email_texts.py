"""Wording e-mails in a browser: what is typed is seen as the mail at once, and is never lost."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, expect

from accounts import email_texts
from accounts.actor import Actor
from accounts.models import Employee, Employer, User
from emailtemplates.models.texts import EmailText, TextVersion
from tests import cast
from tests.journeys import browser as steps
from tests.journeys.accessibility import check, check_shown
from tests.journeys.processes import Installation

pytestmark = pytest.mark.journey

BODY = "<p>{Aanhef},</p>\n<p>Bel 020 123 4567.</p>"


@pytest.fixture(params=["nl"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(browser: Browser, installation: Installation, carla: User, language: str) -> Iterator[Page]:
    """Carla's browser, which complains of nothing on the way."""
    User.objects.filter(pk=carla.pk).update(language=language)
    context = browser.new_context(base_url=installation.url, locale=f"{language}-NL")
    page, said = context.new_page(), list[str]()

    def note(message: ConsoleMessage) -> None:
        # That a text comes back with what is to be mended is no complaint about the page.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            said.append(f"{message.text} ({page.url})")

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(f"{error} ({page.url})"))
    _enter(page)
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("language", ["nl", "en"], indirect=True)
def test_everything_can_be_read_and_used_by_everyone(
    desk: Page, language: str, bakery: Employer, anna: Employee, by_carla: Actor
) -> None:
    check(desk, _texts(bakery), language)
    check(desk, "/employer/provider/email-texts/", language)
    check(desk, "/employer/provider/email-texts/invitation/en/", language)
    check(desk, f"{_texts(bakery)}access_blocked/why/{anna.public_id}/", language)

    editor = _editor(bakery)
    check(desk, editor, language)
    desk.locator("#id_subject").fill("{Vornaam}")
    expect(desk.locator("#preview-facts [role=status]")).to_be_visible()
    check_shown(desk, language)
    _save(desk)
    expect(desk.locator("#id_subject")).to_have_attribute("aria-invalid", "true")
    check_shown(desk, language)

    desk.goto(editor)
    _drop_draft(desk)
    desk.goto(editor)
    _save_as(by_carla, bakery, "Theirs {Voornaam}")
    desk.locator("#id_body").fill(BODY)
    _save(desk)
    expect(desk.locator("#conflict")).to_be_visible()
    expect(desk.locator(".frames iframe[name=preview-frame]")).to_have_count(0)  # replaced by that of what was typed
    check_shown(desk, language)

    EmailText.objects.update(body=BODY, subject_made_from="Earlier")
    desk.goto(editor)
    for details in desk.locator("summary").all():
        details.click()
    check_shown(desk, language)


def test_what_is_typed_is_seen_as_the_mail_to_whom_one_likes(desk: Page, bakery: Employer, anna: Employee) -> None:
    anders = cast.make_employee(bakery, "77", "Anders", "Vries")
    desk.goto(_editor(bakery))
    expect(_frame(desk).locator("body")).to_contain_text("Je hebt geen toegang meer")

    desk.locator("#id_body").fill("<p>Dag <strong>{WerknemerNaam}</strong></p>")
    desk.locator("#id_subject").fill("Nieuws voor {Voornaam}")

    expect(_frame(desk).locator("strong")).to_have_text("Anna de Vries")
    expect(desk.locator("#preview-facts")).to_contain_text("Nieuws voor Anna")

    desk.locator("#id_find").fill("vries")
    expect(desk.locator("input[type=radio][name=person]")).to_have_count(2)
    desk.locator(f"input[type=radio][name=person][value='{anders.public_id}']").check()
    expect(_frame(desk).locator("strong")).to_have_text("Anders Vries")
    expect(desk.locator(".frames iframe")).to_have_count(1)

    desk.locator("input[name=part][value=plain]").check()
    expect(_frame(desk).locator("body")).to_contain_text("Dag Anders Vries")
    expect(_frame(desk).locator("strong")).to_have_count(0)

    desk.locator("input[name=width][value=phone]").check()
    width = desk.locator(".frames iframe").evaluate("frame => frame.clientWidth")
    assert width <= 360

    desk.go_back()
    expect(desk).to_have_url(re.compile("/employer/$"))


def test_the_keyboard_is_enough_to_put_in_a_placeholder(desk: Page, bakery: Employer) -> None:
    desk.goto(_editor(bakery))
    subject = desk.locator("#id_subject")
    subject.fill("Dag , hallo")
    for _step in range(7):
        subject.press("ArrowLeft")
    chip = desk.get_by_role("button", name="{Voornaam}", exact=True)
    chip.focus()

    chip.press("Enter")

    expect(subject).to_have_value("Dag {Voornaam}, hallo")
    expect(subject).to_be_focused()
    expect(desk.locator("#preview-facts")).to_contain_text("Dag Anna, hallo")
    subject.press("Control+z")
    expect(subject).to_have_value("Dag , hallo")


def test_a_lost_session_loses_nothing_that_was_typed(desk: Page, bakery: Employer) -> None:
    desk.goto(_editor(bakery))
    Session.objects.all().delete()

    desk.locator("#id_body").fill(BODY)

    expect(desk.locator("[data-signed-out]")).to_be_visible()
    expect(desk.locator("#id_body")).to_have_value(BODY)
    desk.locator("[data-signed-out] a").click()
    steps.fill(desk, username="carla", password=cast.PASSWORD)
    desk.locator("#id_password").press("Enter")
    expect(desk.locator("#id_body")).to_have_value(BODY)
    expect(desk.locator('[data-draft="notice"]')).to_be_visible()
    expect(_frame(desk).locator("body")).to_contain_text("Bel 020 123 4567.")

    _save(desk)

    expect(desk.locator(".notice-good")).to_be_visible()
    expect(desk.locator('[data-draft="notice"]')).to_be_hidden()
    assert EmailText.objects.get().body == BODY


def test_what_was_not_saved_can_be_thrown_away(desk: Page, bakery: Employer) -> None:
    desk.goto(_editor(bakery))
    saved = desk.locator("#id_body").input_value()
    desk.locator("#id_body").fill(BODY)
    desk.goto(_texts(bakery))
    desk.goto(_editor(bakery))
    expect(desk.locator("#id_body")).to_have_value(BODY)

    desk.locator('[data-draft="drop"]').click()

    expect(desk.locator("#id_body")).to_have_value(saved)
    expect(desk.locator('[data-draft="notice"]')).to_be_hidden()


def test_a_refusal_to_put_back_loses_nothing_that_was_typed(desk: Page, bakery: Employer, by_carla: Actor) -> None:
    _save_as(by_carla, bakery, "Eerst")
    EmailText.objects.update(body="")
    TextVersion.objects.update(body="<script>")
    desk.goto(_editor(bakery))
    desk.locator("#id_body").fill(BODY)

    desk.locator("button[name=version][value='1']").click()

    expect(desk.locator(".notice-bad")).to_contain_text("<script>")
    expect(desk.locator("#id_body")).to_have_value(BODY)


def test_changing_a_mail_seeing_it_and_undoing_it(desk: Page, bakery: Employer) -> None:
    desk.goto(_texts(bakery))
    desk.locator(f"a[href='{_editor(bakery)}']").click()
    desk.locator("#id_body").fill(BODY)
    _save(desk)
    expect(desk.locator(".field .badge-own")).to_have_count(1)
    expect(_frame(desk).locator("body")).to_contain_text("Bel 020 123 4567.")

    desk.locator("button[name=version][value=above]").click()

    expect(desk.locator(".field .badge-own")).to_have_count(0)
    expect(_frame(desk).locator("body")).to_contain_text("Je hebt geen toegang meer")


def test_two_who_change_the_same_text_see_each_other(desk: Page, bakery: Employer, by_carla: Actor) -> None:
    desk.goto(_editor(bakery))
    desk.locator("#id_body").fill(BODY)
    _save_as(by_carla, bakery, "Van een ander")

    _save(desk)

    expect(desk.locator(".notice-attention .source")).to_be_visible()
    expect(desk.locator("#id_body")).to_have_value(BODY)
    desk.reload()
    expect(desk.locator("#conflict")).to_be_visible()
    _save(desk)
    expect(desk.locator(".notice-good")).to_be_visible()
    assert EmailText.objects.get().body == BODY


def test_without_scripts_it_works_too(
    browser: Browser, installation: Installation, bakery: Employer, carla: User
) -> None:
    context = browser.new_context(base_url=installation.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    _enter(page)
    page.goto(_editor(bakery))
    expect(page.locator("code.chip").first).to_be_visible()
    page.locator("#id_body").fill(BODY)

    page.locator("button[formtarget]").click()
    expect(_frame(page).locator("body")).to_contain_text("Bel 020 123 4567.")
    expect(page.locator("#id_body")).to_have_value(BODY)
    _save(page)

    expect(page.locator(".notice-good")).to_be_visible()
    assert EmailText.objects.get().body == BODY
    context.close()


def _enter(page: Page) -> None:
    page.goto("/employer/sign-in/")
    steps.fill(page, username="carla", password=cast.PASSWORD)
    page.locator("#id_password").press("Enter")
    expect(page).to_have_url(re.compile("/employer/$"))


def _texts(employer: Employer) -> str:
    return f"/employer/{employer.public_id}/email-texts/"


def _editor(employer: Employer) -> str:
    return f"{_texts(employer)}access_blocked/nl/"


def _frame(page: Page) -> FrameLocator:
    return page.frame_locator(".frames iframe:not(.arriving)")


def _save(page: Page) -> None:
    page.locator("#text-form .button-primary").click()


def _drop_draft(page: Page) -> None:
    page.evaluate("sessionStorage.clear()")


def _save_as(by: Actor, employer: Employer, subject: str) -> None:
    email_texts.save_text(
        at=employer, message="access_blocked", language="nl", subject=subject, body="<p>Van een ander</p>", by=by,
        expected_version=0,
    )  # fmt: skip
