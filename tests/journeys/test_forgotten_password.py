"""Whoever forgot a password gets the same page as whoever guesses names; only who may enter gets a mail."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from accounts.models import Employee, PasswordRequest
from emailtemplates.models import OutgoingEmail
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

NEW_PASSWORD = "vier blauwe paarden rennen"
# Different in every answer, as the name that was filled in and shown again makes it shorter or longer.
VARYING_HEADERS = ("content-length", "content-security-policy", "date", "set-cookie")
VARYING_TEXT = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+')


def test_forgotten_password_says_the_same_of_every_name_and_mails_one(
    anna: Employee, bob: Employee, eva: Employee, workers: None, postbox: Postbox, new_context: CreateContextCallback
) -> None:
    names = {"known": "anna", "unknown": "nobody", "blocked": "eva", "never activated": "bob"}

    answers = {kind: _ask(new_context().new_page(), name) for kind, name in names.items()}

    assert all(answer == answers["unknown"] for answer in answers.values())
    until(lambda: not PasswordRequest.objects.filter(answered_at=None).exists(), "an answer to every request")
    until(lambda: postbox.mails, "the mail to the one that is known")
    assert [mail.to for mail in postbox.mails] == [anna.email]
    assert [mail.employee_id for mail in OutgoingEmail.objects.all()] == [anna.pk]


def test_the_link_sets_a_password_once(
    anna: Employee, workers: None, postbox: Postbox, page: Page, new_context: CreateContextCallback
) -> None:
    browser.sign_in(page, "employee", "anna")
    browser.expect_home(page, "employee")
    hers = new_context().new_page()
    hers.goto("/employee/sign-in/")
    hers.get_by_role("link", name="Wachtwoord vergeten?").click()
    _fill_in_and_ask(hers, "anna")
    (mail,) = until(lambda: postbox.mails, "the reset link")

    hers.goto(mail.link)
    assert mail.link.rsplit("/", 2)[1] not in hers.url
    hers.goto(mail.link)  # opening it uses nothing up
    browser.fill(hers, new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
    hers.locator("#id_new_password_again").press("Enter")

    expect(hers).to_have_url(re.compile("/employee/sign-in/$"))
    browser.expect_signed_out(page, "employee")
    browser.sign_in(hers, "employee", "anna")  # with the old password
    expect(hers.get_by_role("alert")).to_be_visible()
    browser.sign_in(hers, "employee", "anna", NEW_PASSWORD)
    browser.expect_home(hers, "employee")
    again = page.goto(mail.link)
    assert again is not None
    assert again.status == 410


def _ask(page: Page, username: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and page that this name gets."""
    page.goto("/employee/forgotten-password/")
    with page.expect_response(re.compile("/forgotten-password/")) as answer:
        _fill_in_and_ask(page, username)
    headers = {name: value for name, value in answer.value.headers.items() if name not in VARYING_HEADERS}
    text = answer.value.text().replace(f'value="{username}"', "")
    return answer.value.status, headers, VARYING_TEXT.sub("", text)


def _fill_in_and_ask(page: Page, username: str) -> None:
    page.get_by_label("Gebruikersnaam", exact=True).fill(username)
    page.get_by_role("button", name="Wachtwoord opvragen", exact=True).click()
