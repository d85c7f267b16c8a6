"""A mail that came back: seen on the work list, put right in payroll, sent again, and it arrives."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Employee, HistoryEntry, User
from emailtemplates import suppression
from emailtemplates.models import MailState, OutgoingEmail
from tests import cast
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey


def test_a_mail_that_came_back_is_put_right_and_sent_again(
    page: Page, anna: Employee, carla: User, workers: None, postbox: Postbox
) -> None:
    mail = cast.make_mail(anna, "username", state=MailState.BOUNCED)
    suppression.suppress(mail, why=mail.why)
    browser.sign_in(page, "employer", "carla")
    page.goto(browser.path_of(anna))

    page.get_by_role("link", name="Verzonden e-mails").click()
    page.get_by_role("link", name="Werklijst").click()
    task = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Vries, Anna de"))
    expect(task).to_contain_text("Dit adres bestaat niet (meer).")
    expect(task).to_contain_text("Verbeter het adres in de salarisadministratie.")
    Employee.objects.filter(pk=anna.pk).update(email="anna@nieuw.example")
    task.get_by_role("button", name="Opnieuw versturen").click()

    expect(page.get_by_role("status")).to_contain_text("De e-mail wordt opnieuw verstuurd.")
    expect(page.get_by_role("heading", name="Niets te doen")).to_be_visible()
    (arrived,) = until(lambda: postbox.to("anna@nieuw.example"), "the mail at the new address")
    assert str(mail.pk) in str(arrived.message["Message-ID"])
    until(lambda: OutgoingEmail.objects.get(pk=mail.pk).state == MailState.SENT, "that it was sent")
    page.goto(f"{browser.path_of(anna)}?tab=emails")
    page.get_by_role("link", name="Gebruikersnaam").click()
    expect(page.get_by_role("heading", level=1, name="Gebruikersnaam")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("anna", exact=True)).to_be_visible()
    page.goto(f"{browser.path_of(anna)}?tab=history")
    expect(page.get_by_role("rowheader", name="E-mail opnieuw verstuurd")).to_be_visible()


def test_a_mail_that_waits_is_found_and_cancelled(page: Page, anna: Employee, bob: Employee, carla: User) -> None:
    waiting = cast.make_mail(anna, "username", state=MailState.QUEUED)
    cast.make_mail(bob, "invitation")
    browser.sign_in(page, "employer", "carla")
    page.goto(f"/employer/{anna.employer.public_id}/emails/")

    page.locator("#id_q").fill("anna")
    page.get_by_label("Status").select_option("underway")
    page.get_by_role("button", name="Zoeken", exact=True).click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(2)  # one of them its head
    rows.get_by_role("link", name="Gebruikersnaam").click()
    page.get_by_role("button", name="E-mail annuleren").click()

    expect(page.get_by_role("status")).to_contain_text("De e-mail is geannuleerd")
    assert OutgoingEmail.objects.get(pk=waiting.pk).state == MailState.CANCELLED
    assert HistoryEntry.objects.get().act == "mail_cancelled"
