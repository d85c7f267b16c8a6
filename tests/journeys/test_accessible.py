"""Every page for everybody: axe finds nothing in either language and scheme, by keyboard, at 320 pixels."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from accounts import activation, password_links
from accounts.actor import Actor
from accounts.clock import database_now
from accounts.models import Employee, Invitation, User
from tests.journeys import browser as people
from tests.journeys.processes import Installation

pytestmark = pytest.mark.journey

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(params=["nl", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["light", "dark"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, installation: Installation, language: str
) -> Iterator[Page]:
    """A page whose browser reports every fault on its console, such as something the content policy held back."""
    context = browser.new_context(base_url=installation.url, locale=f"{language}-NL", color_scheme=request.param)
    page = context.new_page()
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 on purpose is reported too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(f"{page.url}: {message.text}")

    page.on("console", note)
    yield page
    context.close()
    assert faults == []


def check(page: Page, language: str) -> None:
    """Nothing for axe to say, one h1, the language of the reader, and no need to scroll sideways at 320 pixels."""
    violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == [], page.url
    assert page.locator("h1").count() == 1, page.url
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size({"width": 1280, "height": 800})


def test_the_pages_before_signing_in(reader: Page, language: str, anna: Employee, bob: Employee, carla: User) -> None:
    assert anna.account is not None
    link = password_links.issue(
        user=anna.account, message="password_reset", issued_at=database_now(),
        lifetime=password_links.RESET_LIFETIME, by=Actor.of(anna.account),
    )  # fmt: skip
    assert link is not None
    activate = f"/employee/activate/{activation.token_of(Invitation.objects.get(employee=bob))}/"
    pages = [
        "/", "/employee/sign-in/", "/employer/sign-in/", "/employee/forgotten-password/", activate,
        f"/employee/set-password/{password_links.token_of(link)}/", "/employee/set-password/nonsense/",
        "/employee/activate/nonsense/", "/nowhere/",
    ]  # fmt: skip
    for path in pages:
        reader.goto(path)
        check(reader, language)

    reader.goto("/employee/sign-in/")
    reader.locator("form.form button").click()
    expect(reader.get_by_role("alert")).to_be_focused()
    check(reader, language)
    reader.goto(activate)
    people.fill(reader, date_of_birth=bob.date_of_birth.isoformat())
    reader.locator("#id_date_of_birth").press("Enter")
    expect(reader.locator("#id_new_password")).to_be_visible()
    check(reader, language)


def test_the_employee_portal(reader: Page, language: str, anna: Employee) -> None:
    User.objects.filter(employees=anna).update(language=language)
    sign_in(reader, "employee", "anna")
    for path in ("/employee/", "/employee/account/", "/employee/account/username/", "/employee/account/password/"):
        reader.goto(path)
        check(reader, language)


def test_the_employer_portal(
    reader: Page, language: str, anna: Employee, bob: Employee, dirk: Employee, eva: Employee, carla: User
) -> None:
    User.objects.filter(pk=carla.pk).update(language=language)
    sign_in(reader, "employer", "carla")
    employees = f"/employer/{anna.employer.public_id}/employees/"
    pages = [
        "/employer/", "/employer/?q=nobody", employees, f"{employees}?q=nobody", "/employer/account/",
        "/employer/provider/settings/", f"/employer/{anna.employer.public_id}/settings/",
        *(people.path_of(person) for person in (anna, bob, dirk, eva)), f"{people.path_of(eva)}?tab=history",
        f"{employees}00000000-0000-0000-0000-000000000000/",
    ]  # fmt: skip
    for path in pages:
        reader.goto(path)
        check(reader, language)


def test_a_dialog_by_keyboard(reader: Page, language: str, anna: Employee, carla: User) -> None:
    User.objects.filter(pk=carla.pk).update(language=language)
    sign_in(reader, "employer", "carla")
    reader.goto(people.path_of(anna))
    reader.keyboard.press("Tab")
    expect(reader.locator(":focus")).to_have_attribute("href", "#content")

    opener = reader.locator("[commandfor=dialog-block_access][command=show-modal]")
    opener.focus()
    reader.keyboard.press("Enter")
    dialog = reader.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator(":focus")).to_have_count(1)
    check(reader, language)
    reader.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def sign_in(page: Page, portal: str, username: str) -> None:
    page.goto(f"/{portal}/sign-in/")
    people.fill(page, username=username, password=people.PASSWORD)
    page.locator("#id_password").press("Enter")
    people.expect_home(page, portal)
