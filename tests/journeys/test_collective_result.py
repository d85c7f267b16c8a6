"""A collective mutation from its preview to taking it back, as an administrator sees it."""

import re

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer, User
from emailtemplates.models import MailState, OutgoingEmail
from tests import cast
from tests.journeys import browser as steps
from tests.journeys import crowd
from tests.journeys.accessibility import check, check_shown
from tests.journeys.processes import Installation

pytestmark = pytest.mark.journey


def confirmed(bakery: Employer, carla: User) -> CollectiveMutation:
    """A block of everybody at the bakery, confirmed by Carla; nobody has done anything about it yet."""
    by = Actor.of(carla)
    mutation = preview.prepare(act="block-access", place=bakery, selection=selection.everyone([bakery]), by=by)
    said = confirm.Confirmation(reason="De bakkerij sluit", number=mutation.selected)
    confirm.confirm(mutation=mutation, by=by, confirmation=said)
    mutation.refresh_from_db()
    return mutation


def path_of(mutation: CollectiveMutation) -> str:
    assert mutation.employer is not None
    return f"/employer/{mutation.employer.public_id}/collective/{mutation.public_id}/"


def test_progress_shows_and_the_result_comes_by_itself_and_is_taken_back(
    installation: Installation, bakery: Employer, carla: User, page: Page
) -> None:
    crowd.with_access(bakery, 120)
    mutation = confirmed(bakery, carla)
    steps.sign_in(page, "employer", "carla")
    steps.expect_home(page, "employer")
    page.goto(path_of(mutation))
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "0")
    running.run_chunk(mutation.pk)  # as a worker does that dies behind its first chunk
    expect(bar).to_have_attribute("value", "120")

    page.goto("/employer/")  # leaving the page stops nothing
    page.goto(path_of(mutation))
    installation.start_worker()
    expect(page.get_by_text("De toegang van 120 werknemers is geblokkeerd.")).to_be_visible(timeout=30_000)
    expect(bar).to_have_count(0)
    expect(page.get_by_role("row")).to_have_count(51)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV downloaden").click()
    assert len(download.value.path().read_text(encoding="utf-8-sig").splitlines()) == 121

    page.get_by_role("button", name="Terugdraaien").click()
    expect(page).not_to_have_url(re.compile(str(mutation.public_id)))
    assert Employee.objects.blocked().count() == 120  # it is a preview
    steps.fill(page, reason="Verkeerde lijst", number="120")
    page.locator("#id_number").press("Enter")
    taken_back = page.get_by_text("Bij 120 werknemers is de blokkering teruggedraaid.")
    expect(taken_back).to_be_visible(timeout=30_000)
    assert not Employee.objects.blocked().exists()
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {MailState.CANCELLED}
    page.get_by_role("link", name=re.compile("^Toegang blokkeren, door Carla")).click()
    expect(page).to_have_url(re.compile(path_of(mutation)))
    expect(page.get_by_text("Teruggedraaid:")).to_be_visible()
    expect(page.get_by_role("button", name="Terugdraaien")).to_have_count(0)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_its_pages_are_for_everybody(
    installation: Installation, bakery: Employer, anna: Employee, bob: Employee, dirk: Employee, eva: Employee,
    without_email: Employee, carla: User, page: Page, language: str,
) -> None:  # fmt: skip
    complaints: list[str] = []
    page.on("console", lambda message: _note(complaints, message))
    nadia = cast.make_administrator("nadia", provider=bakery.provider)
    User.objects.update(language=language)
    signed_in = steps.page_in(page, installation, f"{language}-NL")
    signed_in.on("console", lambda message: _note(complaints, message))
    _enter(signed_in, "nadia")
    mutations = f"/employer/{bakery.public_id}/collective/"
    check(signed_in, mutations, language)  # with nothing on it
    check(signed_in, "/employer/provider/collective/", language)

    approval.set_ceiling(employer=bakery, number=1, percent=50, by=Actor.of(carla))
    waiting = confirmed(bakery, carla)
    for path in (mutations, path_of(waiting), f"/employer/{bakery.public_id}/settings/"):
        check(signed_in, path, language)
    signed_in.goto(path_of(waiting))
    signed_in.locator("[commandfor=dialog-reject]").first.click()
    signed_in.locator("#dialog-reject .button-danger").click()  # without a reason
    expect(signed_in.locator("#dialog-reject")).to_be_visible()
    check_shown(signed_in, language)

    approval.decide(mutation=waiting, by=Actor.of(nadia), approved=True)
    check(signed_in, path_of(waiting), language)
    signed_in.locator("[commandfor=dialog-stop]").first.click()
    check_shown(signed_in, language)
    check(signed_in, mutations, language)
    running.run(waiting)
    cast.bounce(OutgoingEmail.objects.get(employee=anna).pk)
    for query in ("", "?kind=nothing", "?q=nobody", "?anew=1", "?mail=undelivered"):
        check(signed_in, path_of(waiting) + query, language)
    check(signed_in, mutations, language)
    assert complaints == []


def _enter(page: Page, username: str) -> None:
    page.goto("/employer/sign-in/")
    steps.fill(page, username=username, password=cast.PASSWORD)
    page.locator("#id_password").press("Enter")
    steps.expect_home(page, "employer")


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # That a page answers 422 is no complaint about what is on it.
    if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
        complaints.append(message.text)
