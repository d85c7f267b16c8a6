"""What people do in a browser, in the words of the screens."""

import re

from playwright.sync_api import APIRequestContext, APIResponse, Page, expect

from accounts.models import Employee, User
from tests.cast import PASSWORD
from tests.journeys.processes import Installation


def sign_in(page: Page, portal: str, username: str, password: str = PASSWORD) -> None:
    """Fill in the page and press the button; whether that lets one in is for the test to say."""
    page.goto(f"/{portal}/sign-in/")
    page.get_by_label("Gebruikersnaam", exact=True).fill(username)
    page.get_by_label("Wachtwoord", exact=True).fill(password)
    page.get_by_role("button", name="Inloggen", exact=True).click()


def page_in(page: Page, installation: Installation, locale: str) -> Page:
    """A page of somebody else, whose browser speaks this language; it ends with the browser of `page`."""
    assert page.context.browser is not None
    return page.context.browser.new_context(base_url=installation.url, locale=locale).new_page()


def expect_home(page: Page, portal: str) -> None:
    expect(page).to_have_url(re.compile(rf"/{portal}/$"))


def expect_signed_out(page: Page, portal: str) -> None:
    """A page that asks to be let in gets the sign-in page."""
    page.goto(f"/{portal}/")
    expect(page).to_have_url(re.compile(rf"/{portal}/sign-in/"))


def fill(page: Page, **values: str) -> None:
    """Fill in fields by their names, which are the same in every language."""
    for name, value in values.items():
        page.locator(f"#id_{name}").fill(value)


def act(page: Page, label: str, **values: str) -> None:
    """Press an act on the employee's page, and its button again in the dialog that asks for more."""
    page.get_by_role("button", name=label, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    fill(page, **values)
    dialog.get_by_role("button", name=label, exact=True).click()


def path_of(employee: Employee) -> str:
    """Where an administrator finds this person."""
    return f"/employer/{employee.employer.public_id}/employees/{employee.public_id}/"


def post(request: APIRequestContext, path: str, **form: str | bool) -> APIResponse:
    """Send a form straight to an address, as a script would, with the cookies of this browser."""
    cookies = {cookie.get("name"): cookie.get("value", "") for cookie in request.storage_state().get("cookies", [])}
    token = {"csrfmiddlewaretoken": cookies["csrf"]}
    return request.post(path, form={**token, **form}, max_redirects=0)


def sign_in_without_browser(request: APIRequestContext, portal: str, user: User) -> None:
    request.get(f"/{portal}/sign-in/")
    answer = post(request, f"/{portal}/sign-in/", username=user.username, password=PASSWORD)
    assert answer.status == 302
