"""Choosing people for a collective mutation, and looking at the preview, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from accounts.collective import selection
from accounts.models import CollectiveMutation, Employee, Employer, User
from tests import cast
from tests.journeys import browser as steps
from tests.journeys.accessibility import check, check_shown
from tests.journeys.crowd import with_access
from tests.journeys.processes import Installation

pytestmark = pytest.mark.journey


@pytest.fixture(params=["nl", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(browser: Browser, installation: Installation, carla: User, language: str) -> Iterator[Page]:
    """Carla's browser, which complains of nothing on the way."""
    User.objects.filter(pk=carla.pk).update(language=language)
    context = browser.new_context(base_url=installation.url, locale=f"{language}-NL")
    page, said = context.new_page(), list[str]()

    def note(message: ConsoleMessage) -> None:
        # That a form comes back with what is to be mended is no complaint about the page.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            said.append(f"{message.text} ({page.url})")

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(f"{error} ({page.url})"))
    _enter(page)
    yield page
    context.close()
    assert said == []


def test_everything_can_be_read_and_used_by_everyone(
    desk: Page, language: str, bakery: Employer, garage: Employer, anna: Employee, bob: Employee, dirk: Employee,
    eva: Employee, without_email: Employee,
) -> None:  # fmt: skip
    act = f"/employer/{bakery.public_id}/collective/block-access/"
    check(desk, f"/employer/{bakery.public_id}/employees/?state=active", language)
    desk.locator("summary").click()
    check_shown(desk, language)
    check(desk, act, language)
    _make_preview(desk)  # nothing was chosen
    expect(desk.get_by_role("alert")).to_be_focused()
    check_shown(desk, language)
    for way in ("filter", "ticked", "numbers"):
        desk.locator(f"#id_select_{way}").check()
        check_shown(desk, language)
    desk.locator("#id_select_all").check()
    _make_preview(desk)
    expect(desk.locator(".tiles")).to_be_visible()
    check_shown(desk, language)
    desk.locator("#id_reason").press("Enter")
    expect(desk.locator("#id_reason")).to_have_attribute("aria-invalid", "true")
    check_shown(desk, language)
    check(desk, "/employer/provider/collective/invite/", language)
    _make_preview(desk)
    check_shown(desk, language)


@pytest.mark.parametrize("language", ["nl"])
def test_ticks_survive_leafing_and_searching(desk: Page, bakery: Employer) -> None:
    people = with_access(bakery, 60)
    employees = f"/employer/{bakery.public_id}/employees/"
    desk.goto(employees)
    _tick(desk, people[0])
    desk.goto(f"{employees}?page=2")
    _tick(desk, people[59])
    desk.goto(f"{employees}?q=person42")
    _tick(desk, people[42])
    desk.goto(employees)
    expect(_box(desk, people[0])).to_be_checked()
    expect(desk.locator("output")).to_have_text("3")

    desk.locator(".ticked .button-danger").click()

    expect(desk.locator(".tiles")).to_be_visible()
    mutation = CollectiveMutation.objects.get()
    assert set(mutation.selection_rows.values_list("employee_id", flat=True)) == {people[n].pk for n in (0, 42, 59)}

    desk.locator("#id_reason").fill("closed")
    desk.locator("#id_reason").press("Enter")
    expect(desk.locator("#id_reason")).to_have_count(0)
    desk.goto(employees)
    expect(desk.locator("output")).to_have_text("0")


@pytest.mark.parametrize("language", ["nl"])
def test_all_on_a_page_are_ticked_and_cleared_at_once(desk: Page, bakery: Employer) -> None:
    with_access(bakery, 60)
    desk.goto(f"/employer/{bakery.public_id}/employees/")

    desk.locator('[data-ticks="page"]').click()
    expect(desk.locator("output")).to_have_text("50")
    desk.locator('[data-ticks="clear"]').click()
    expect(desk.locator("output")).to_have_text("0")
    expect(desk.locator('input[name="ids"]:checked')).to_have_count(0)


def test_without_scripts_it_works_too(
    browser: Browser, installation: Installation, bakery: Employer, carla: User, anna: Employee, eva: Employee
) -> None:
    context = browser.new_context(base_url=installation.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    _enter(page)
    page.goto(f"/employer/{bakery.public_id}/employees/")
    _box(page, anna).check()
    page.locator(".ticked .button-danger").click()
    expect(page.locator(".tiles")).to_be_visible()

    page.locator("#id_reason").fill("closed")
    page.locator("form[action$='/run/'] button").click()

    expect(page.locator("#id_reason")).to_have_count(0)
    mutation = CollectiveMutation.objects.get()
    assert (mutation.selected, mutation.reason) == (1, "closed")
    context.close()


@pytest.mark.parametrize("language", ["nl"])
def test_only_the_fields_of_the_chosen_way_are_open_and_the_keyboard_is_enough(
    desk: Page, bakery: Employer, eva: Employee, anna: Employee
) -> None:
    desk.goto(f"/employer/{bakery.public_id}/collective/unblock-access/")
    expect(desk.locator("#id_state")).to_be_hidden()
    expect(desk.locator("#id_numbers")).to_be_hidden()

    desk.locator("#id_select_all").focus()
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#id_select_filter")).to_be_checked()
    desk.keyboard.press("Tab")
    expect(desk.locator("#id_state")).to_be_focused()
    desk.locator("#id_state").select_option("blocked")
    desk.locator("#id_state").press("Tab")
    expect(desk.locator("#id_department")).to_be_focused()
    _make_preview(desk)

    expect(desk.locator("#people tbody tr")).to_have_count(1)
    expect(desk.locator("#people tbody tr")).to_contain_text(eva.last_name)


@pytest.mark.parametrize("language", ["nl"])
def test_a_preview_that_is_being_made_appears_by_itself(
    desk: Page, installation: Installation, bakery: Employer, anna: Employee, carla: User, language: str
) -> None:
    mutation = CollectiveMutation.objects.create(
        act="block-access", provider=bakery.provider, employer=bakery, maker=carla, maker_name="Carla",
        selection=selection.everyone([bakery]).as_json(),
    )  # fmt: skip
    desk.goto(f"/employer/{bakery.public_id}/collective/{mutation.public_id}/")
    expect(desk.locator("progress")).to_be_visible()
    check_shown(desk, language)

    installation.start_worker()

    expect(desk.locator(".tiles")).to_be_visible(timeout=40_000)
    expect(desk.locator("progress")).to_have_count(0)
    expect(desk.locator("iframe").content_frame.locator("body")).to_contain_text("Anna")


def _enter(page: Page) -> None:
    page.goto("/employer/sign-in/")
    steps.fill(page, username="carla", password=cast.PASSWORD)
    page.locator("#id_password").press("Enter")
    expect(page).to_have_url(re.compile("/employer/$"))


def _make_preview(page: Page) -> None:
    page.locator(".select-form .button-primary").click()


def _box(page: Page, person: Employee) -> Locator:
    return page.locator(f'input[name="ids"][value="{person.public_id}"]')


def _tick(page: Page, person: Employee) -> None:
    _box(page, person).check()
