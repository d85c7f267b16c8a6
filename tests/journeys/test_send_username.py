"""The username is sent again only to who was given access and has signed in before."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Employee, Employer, User
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

LABEL = "Gebruikersnaam versturen"


def test_send_username_of_the_four_kinds_of_people_reaches_one(
    bakery: Employer, garage: Employer, carla: User, workers: None, postbox: Postbox, page: Page
) -> None:
    people = {
        (granted, signed_in): _someone(bakery, garage, granted=granted, signed_in=signed_in)
        for granted in (True, False)
        for signed_in in (True, False)
    }
    both = people.pop((True, True))
    browser.sign_in(page, "employer", "carla")
    browser.expect_home(page, "employer")

    for person in people.values():
        page.goto(browser.path_of(person))
        expect(page.get_by_role("heading", name="Toegang Werknemerloket", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name=LABEL, exact=True)).to_have_count(0)
        refused = browser.post(page.request, f"{browser.path_of(person)}resend-username/")
        assert refused.status == 409
        assert person.first_name in refused.text()

    page.goto(browser.path_of(both))
    browser.act(page, LABEL)

    (mail,) = until(lambda: postbox.mails, "the mail with the username")
    assert mail.to == both.email
    assert both.account is not None
    for text in mail.parts.values():
        assert both.account.username in text
        assert cast.PASSWORD not in text
        assert both.account.password not in text
    assert mail.links == []
    assert OutgoingEmail.objects.count() == 1


def _someone(here: Employer, elsewhere: Employer, *, granted: bool, signed_in: bool) -> Employee:
    """An employee here whose account, signed in before or not, was given access here or only elsewhere."""
    number = f"{granted:d}{signed_in:d}"
    name = {"11": "Alfa", "10": "Beta", "01": "Gamma", "00": "Delta"}[number]
    account = cast.make_account(f"{name.lower()}-kok", signed_in=signed_in)
    cast.make_employee(elsewhere, number, name, "Kok", account=account)
    return cast.make_employee(here, number, name, "Kok", account=account if granted else None)
