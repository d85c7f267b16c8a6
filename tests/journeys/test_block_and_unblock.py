"""A block puts somebody out of every browser at once, and an unblock brings none of that back."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from accounts.models import Employee, User
from emailtemplates.models import OutgoingEmail
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

NEW_PASSWORD = "vier blauwe paarden rennen"


def test_block_ends_everything_that_is_open_and_unblock_revives_nothing(
    anna: Employee, carla: User, workers: None, postbox: Postbox, page: Page, new_context: CreateContextCallback
) -> None:
    browsers = [new_context() for _ in range(3)]
    pages = [each.new_page() for each in browsers]
    for each in pages:
        browser.sign_in(each, "employee", "anna")
        browser.expect_home(each, "employee")
    cookies = [each.cookies() for each in browsers]
    asleep = new_context().new_page()  # signed in, and asks for nothing as long as the block lasts
    browser.sign_in(asleep, "employee", "anna")
    browser.expect_home(asleep, "employee")
    form = _half_open_reset(new_context().new_page(), postbox, anna)

    browser.sign_in(page, "employer", "carla")
    page.goto(browser.path_of(anna))
    browser.act(page, "Blokkeren", reason="Lek van bedrijfsgegevens", shown_reason="Je dienstverband is beëindigd.")
    unblock = page.get_by_role("button", name="Deblokkeren", exact=True)
    expect(unblock).to_be_visible()
    expect(page.get_by_role("button", name="Blokkeren", exact=True)).to_have_count(0)

    for each in pages:
        browser.expect_signed_out(each, "employee")
    assert _status_of_saving(form) == 410
    browser.sign_in(pages[0], "employee", "anna")
    expect(pages[0].get_by_role("alert")).to_be_visible()

    reset, blocked = until(lambda: postbox.to(anna.email)[1:] and postbox.to(anna.email), "the mail about the block")
    assert "geblokkeerd" in blocked.subject
    for text in blocked.parts.values():
        assert "Je dienstverband is beëindigd." in text
        assert "bedrijfsgegevens" not in text
    assert blocked.links == []

    unblock.click()
    expect(page.get_by_role("button", name="Blokkeren", exact=True)).to_be_visible()

    browser.expect_signed_out(asleep, "employee")
    for context, kept in zip(browsers, cookies, strict=True):
        context.clear_cookies()
        context.add_cookies(kept)  # type: ignore[arg-type]
        browser.expect_signed_out(context.pages[0], "employee")
    answer = form.goto(reset.link)
    assert answer is not None
    assert answer.status == 410

    browser.sign_in(pages[0], "employee", "anna")
    browser.expect_home(pages[0], "employee")
    assert [mail.message for mail in OutgoingEmail.objects.order_by("created_at")] == [
        "password_reset",
        "access_blocked",
    ]


def _half_open_reset(page: Page, postbox: Postbox, employee: Employee) -> Page:
    """A browser that stands before the form of a reset link, having used nothing up."""
    page.goto("/employee/forgotten-password/")
    page.get_by_label("Gebruikersnaam", exact=True).fill("anna")
    page.get_by_role("button", name="Wachtwoord opvragen", exact=True).click()
    (mail,) = until(lambda: postbox.to(employee.email), "the reset link")
    page.goto(mail.link)
    expect(page.locator("#id_new_password")).to_be_visible()
    return page


def _status_of_saving(page: Page) -> int:
    browser.fill(page, new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
    with page.expect_response(re.compile("/employee/set-password/")) as answer:
        page.locator("#id_new_password_again").press("Enter")
    return answer.value.status
