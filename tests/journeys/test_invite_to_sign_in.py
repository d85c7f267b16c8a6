"""From payroll's file to somebody who signs in: import, invite, mail, link, username and password."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright import CreateContextCallback

from accounts.models import Employee, Provider, User
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

PASSWORD = "vier blauwe paarden rennen"
CSV = (
    "client_number;employer_name;personnel_number;initials;first_name;prefix;last_name;date_of_birth;email;language;"
    "department;in_service_on;out_of_service_on\n"
    "1001;Bakkerij Van Dam;7;N.;Noor;;Visser;1991-02-28;noor@example.nl;{language};Winkel;2020-01-01;\n"
)
WORDS = {
    "nl": {"subject": "Je uitnodiging", "payslips": "Loonstroken", "sign out": "Uitloggen", "sign in": "Inloggen"},
    "en": {"subject": "Your invitation", "payslips": "Payslips", "sign out": "Sign out", "sign in": "Sign in"},
}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_from_payrolls_file_to_signing_in_again(
    language: str,
    provider: Provider,
    carla: User,
    installation: Installation,
    workers: None,
    postbox: Postbox,
    page: Page,
    tmp_path: Path,
) -> None:
    words = WORDS[language]
    file = tmp_path / "payroll.csv"
    file.write_text(CSV.format(language=language), encoding="utf-8")
    installation.manage("import_employees", str(file), "--provider", provider.slug)
    assert postbox.mails == []

    browser.sign_in(page, "employer", "carla")
    page.get_by_role("link", name="Bakkerij Van Dam").click()
    page.get_by_role("link", name="Visser, Noor").click()
    browser.act(page, "Toegang verlenen")
    expect(page.get_by_role("button", name="Uitnodiging intrekken", exact=True)).to_be_visible()

    (mail,) = until(lambda: postbox.to("noor@example.nl"), "the invitation")
    assert mail.subject.startswith(words["subject"])
    assert mail.message["Content-Language"] == language
    assert "Bakkerij Van Dam" in mail.plain

    hers = browser.page_in(page, installation, f"{language}-NL")
    hers.goto(mail.link)
    expect(hers.locator("html")).to_have_attribute("lang", language)
    assert mail.link.rsplit("/", 2)[1] not in hers.url  # no secret stays in the address bar
    browser.fill(hers, date_of_birth="1991-02-28")
    hers.locator("#id_date_of_birth").press("Enter")
    browser.fill(hers, username="noor.visser", new_password=PASSWORD, new_password_again=PASSWORD)
    hers.locator("#id_new_password_again").press("Enter")

    browser.expect_home(hers, "employee")
    expect(hers.get_by_role("heading", level=1)).to_contain_text("Noor")
    expect(hers.get_by_role("heading", name=words["payslips"], exact=True)).to_be_visible()
    assert Employee.objects.with_access().filter(personnel_number="7").exists()

    hers.get_by_role("button", name=words["sign out"], exact=True).click()
    browser.expect_signed_out(hers, "employee")
    browser.fill(hers, username="Noor.Visser", password=PASSWORD)
    hers.get_by_role("button", name=words["sign in"], exact=True).click()
    browser.expect_home(hers, "employee")


def test_the_invitation_works_once_and_dies_with_the_fifth_wrong_date(
    bob: Employee, dirk: Employee, carla: User, workers: None, postbox: Postbox, page: Page,
    new_context: CreateContextCallback,
) -> None:  # fmt: skip
    browser.sign_in(page, "employer", "carla")
    page.goto(browser.path_of(dirk))
    browser.act(page, "Toegang verlenen")
    (mail,) = until(lambda: postbox.to(dirk.email), "the invitation")
    stranger = new_context().new_page()

    for year in range(1971, 1976):
        stranger.goto(mail.link)
        browser.fill(stranger, date_of_birth=f"{year}-01-01")
        with stranger.expect_response(re.compile("/employee/activate/")) as answer:
            stranger.locator("#id_date_of_birth").press("Enter")

    assert answer.value.status == 410
    response = stranger.goto(mail.link)
    assert response is not None
    assert response.status == 410
    # The administrator sees that it ended, and can offer again.
    page.reload()
    expect(page.get_by_role("button", name="Toegang verlenen", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Uitnodiging intrekken", exact=True)).to_have_count(0)
