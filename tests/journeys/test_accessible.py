"""Every page can be read and used by everyone: axe finds nothing, the keyboard is enough, and a small screen too."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from accounts import activation, password_links
from accounts.actor import Actor
from accounts.models import Department, Employee, Employer, User
from emailtemplates import suppression
from emailtemplates.clock import database_now
from emailtemplates.models import MailState, OutgoingEmail, Sender
from tests import cast
from tests.journeys import browser as steps
from tests.journeys.accessibility import check, check_dialog, check_shown
from tests.journeys.processes import Installation

pytestmark = pytest.mark.journey

# The words on the buttons that open a dialog, by the act.
DIALOGS = {
    "nl": {"block": "Blokkeren", "username": "Gebruikersnaam versturen", "invite": "Toegang verlenen",
           "again": "Uitnodiging opnieuw versturen", "withdraw": "Uitnodiging intrekken"},
    "en": {"block": "Block", "username": "Send username", "invite": "Give access",
           "again": "Resend invitation", "withdraw": "Withdraw invitation"},
}  # fmt: skip


@pytest.fixture(params=["nl", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, installation: Installation, language: str) -> Iterator[Page]:
    """In a browser that speaks this language."""
    context = browser.new_context(base_url=installation.url, locale=f"{language}-NL")
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains of on the way, such as a style or script that the policy forbids: nothing."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That a page answers 404 or 410 is no complaint about what is on it.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            said.append(f"{message.text} ({page.url})")

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(f"{error} ({page.url})"))
    yield said
    assert said == []


def test_pages_for_who_is_not_signed_in(page: Page, language: str, anna: Employee, bob: Employee) -> None:
    link = password_links.issue(
        user=_account(anna),
        message="password_reset",
        issued_at=database_now(),
        lifetime=password_links.RESET_LIFETIME,
        by=Actor.of(_account(anna)),
    )
    assert link is not None
    invitation = bob.invitations.get()

    for path in (
        "/",
        "/nowhere/",
        "/employee/sign-in/",
        "/employer/sign-in/",
        "/employee/forgotten-password/",
        "/employer/forgotten-password/",
        "/employee/set-password/no-such-link/",
        "/employee/activate/no-such-link/",
        f"/employee/set-password/{password_links.token_of(link)}/",
    ):
        check(page, path, language)
    _wrong_sign_in(page, language)
    check(page, f"/employee/activate/{activation.token_of(invitation)}/", language)
    steps.fill(page, date_of_birth=invitation.employee.date_of_birth.isoformat())
    page.locator("#id_date_of_birth").press("Enter")
    check_shown(page, language)
    page.locator("summary").click()
    check_shown(page, language)
    page.locator("#id_new_password").press("Enter")  # with everything empty: each field says what is wrong
    expect(page.locator("[aria-invalid]").first).to_be_visible()
    check_shown(page, language)


def test_pages_of_an_employee(page: Page, language: str, anna: Employee) -> None:
    User.objects.filter(pk=_account(anna).pk).update(language=language)
    _enter(page, "employee", "anna")

    for path in ("/employee/", "/employee/account/", "/employee/account/username/", "/employee/account/password/"):
        check(page, path, language)
    page.locator("#id_new_password").press("Enter")
    check_shown(page, language)


def test_pages_of_an_administrator(
    page: Page, language: str, bakery: Employer, department: Department, anna: Employee, bob: Employee, dirk: Employee,
    eva: Employee, carla: User,
) -> None:  # fmt: skip
    User.objects.filter(pk=carla.pk).update(language=language)
    Sender.objects.create(provider=bakery.provider, employer=bakery, name="Bakkerij", address="hr@bakker.example")
    _enter(page, "employer", "carla")
    words = DIALOGS[language]

    for path in (
        "/employer/",
        "/employer/?q=nobody",
        "/employer/account/",
        "/employer/account/username/",
        "/employer/account/password/",
        "/employer/provider/settings/",
        f"/employer/{bakery.public_id}/settings/",
        f"/employer/{bakery.public_id}/employees/",
        f"/employer/{bakery.public_id}/employees/?q=nobody",
        steps.path_of(eva),
        f"{steps.path_of(eva)}?tab=history",
    ):
        check(page, path, language)
    for person, acts in (
        (anna, ("block", "username")),
        (dirk, ("invite",)),
        (bob, ("again", "withdraw")),
    ):
        check(page, steps.path_of(person), language)
        for act in acts:
            check_dialog(page, words[act], language)
    _block_without_reason(page, anna, words["block"])
    check_shown(page, language)
    steps.fill(page, reason="left")
    page.locator("#id_reason").press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    check(page, f"{steps.path_of(anna)}?tab=history", language)


def test_pages_about_sent_mails(page: Page, language: str, bakery: Employer, anna: Employee, carla: User) -> None:
    User.objects.filter(pk=carla.pk).update(language=language)
    _enter(page, "employer", "carla")
    emails = f"/employer/{bakery.public_id}/emails/"
    for path in (emails, f"{emails}?list=work", f"{emails}?q=nobody", f"{steps.path_of(anna)}?tab=emails"):
        check(page, path, language)  # with nothing on them
    for state in MailState:
        mail = cast.make_mail(anna, "username", state=state)
    waiting, bounced = (OutgoingEmail.objects.get(state=state) for state in ("queued", "bounced"))
    suppression.suppress(bounced, why=bounced.why)

    for path in (
        emails,
        f"{emails}?since=1900-01-01",
        f"{emails}?list=work",
        "/employer/provider/emails/",
        "/employer/provider/emails/?list=work",
        f"{emails}{mail.pk}/",
        f"{emails}{waiting.pk}/",
        f"{emails}{bounced.pk}/",
        f"/employer/provider/emails/{bounced.pk}/",
        steps.path_of(anna),
        f"{steps.path_of(anna)}?tab=emails",
    ):
        check(page, path, language)


@pytest.mark.parametrize("language", ["nl"])
def test_the_keyboard_is_enough(page: Page, anna: Employee, carla: User) -> None:
    _enter(page, "employer", "carla")
    page.goto(steps.path_of(anna))

    page.keyboard.press("Tab")
    skip_link = page.locator(":focus")
    expect(skip_link).to_have_attribute("href", "#content")
    expect(skip_link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    block = page.get_by_role("button", name="Blokkeren", exact=True)
    for _ in range(30):
        page.keyboard.press("Tab")
        if block.evaluate("button => button === document.activeElement"):
            break
    expect(block).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(block).to_be_focused()

    page.keyboard.press("Enter")
    steps.fill(page, reason="left")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Deblokkeren", exact=True)).to_be_visible()


def _block_without_reason(page: Page, employee: Employee, label: str) -> None:
    """Refused; the dialog stands open again and says why."""
    page.goto(steps.path_of(employee))
    steps.act(page, label)
    expect(page.locator("#id_reason")).to_have_attribute("aria-invalid", "true")


def _wrong_sign_in(page: Page, language: str) -> None:
    page.goto("/employee/sign-in/")
    steps.fill(page, username="anna", password="wrong")
    page.locator("#id_password").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    check_shown(page, language)


def _enter(page: Page, portal: str, username: str) -> None:
    page.goto(f"/{portal}/sign-in/")
    steps.fill(page, username=username, password=cast.PASSWORD)
    page.locator("#id_password").press("Enter")
    steps.expect_home(page, portal)


def _account(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account
