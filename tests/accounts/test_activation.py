"""Following an invitation, in the browser: date of birth, then an account."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts import activation, invitations
from accounts.actor import Actor
from accounts.models import Employee, Employer, HistoryEntry, Invitation, User
from accounts.usernames import UsernameRefused
from tests import cast

NEW = {"username": "bobbie", "new_password": "a long new password", "new_password_again": "a long new password"}


def link_of(employee: Employee) -> str:
    return reverse("employee_portal:activate", args=[activation.token_of(Invitation.objects.get(employee=employee))])


def past_date_of_birth(employee: Employee) -> tuple[Client, str]:
    """A browser that followed the link and knew the date of birth."""
    browser = Client()
    page = browser.get(link_of(employee))["Location"]
    answer = browser.post(page, {"date_of_birth": employee.date_of_birth.isoformat()})
    assert answer.status_code == 302
    return browser, page


def test_activation_makes_an_account_and_signs_in(bob: Employee) -> None:
    browser, page = past_date_of_birth(bob)

    answer = browser.post(page, NEW)

    assert (answer.status_code, answer["Location"]) == (302, "/employee/")
    assert browser.get("/employee/").status_code == 200
    bob.refresh_from_db()
    assert bob.account is not None
    assert bob.account.username == "bobbie"
    assert bob.account.has_signed_in
    assert Invitation.objects.get(employee=bob).used_at is not None
    assert HistoryEntry.objects.get(employee=bob).act == "access_activated"
    assert Client().get(link_of(bob)).status_code == 410
    cast.sign_in(bob.account, "employee", NEW["new_password"])


def test_no_address_after_the_first_holds_the_secret(bob: Employee) -> None:
    browser = Client()

    answer = browser.get(link_of(bob))

    assert answer["Location"] == "/employee/activate/link/"
    assert activation.token_of(Invitation.objects.get(employee=bob)) not in str(dict(browser.session))


def test_looking_uses_nothing_up(bob: Employee) -> None:
    for _ in range(5):
        assert Client().get(link_of(bob)).status_code == 302
        assert Client().head(link_of(bob)).status_code == 302

    assert Invitation.objects.good().filter(employee=bob).exists()


def test_five_wrong_dates_of_birth_end_the_invitation(bob: Employee) -> None:
    browser = Client()
    page = browser.get(link_of(bob))["Location"]

    answers = [browser.post(page, {"date_of_birth": f"1970-01-0{day}"}).status_code for day in range(1, 6)]

    assert answers == [422, 422, 422, 422, 410]
    invitation = Invitation.objects.get(employee=bob)
    assert invitation.end == "wrong_date_of_birth"
    assert browser.post(page, {"date_of_birth": bob.date_of_birth.isoformat()}).status_code == 410
    entry = HistoryEntry.objects.get(employee=bob)
    assert (entry.act, entry.reason) == ("invitation_withdrawn", "wrong_date_of_birth")


def test_tries_are_counted_over_browsers(bob: Employee) -> None:
    for day in range(1, 6):
        browser = Client()
        browser.post(browser.get(link_of(bob))["Location"], {"date_of_birth": f"1970-01-0{day}"})

    assert not Invitation.objects.good().filter(employee=bob).exists()


def test_the_account_cannot_be_chosen_without_the_date_of_birth(bob: Employee) -> None:
    browser = Client()
    page = browser.get(link_of(bob))["Location"]

    assert browser.post(page, NEW).status_code == 422
    assert not User.objects.filter(username_key="bobbie").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", ""), ("username", "no"), ("username", "ann a"), ("username", "аnna"), ("username", "x" * 65),
     ("username", "an\u200bna"), ("username", "iemand@example.nl"), ("username", "anna"), ("username", "ＡＮＮＡ"),
     ("new_password", "short"), ("new_password", "x" * 129), ("new_password_again", "something else entirely")],
)  # fmt: skip
def test_what_is_not_good_is_said_at_the_field_and_nothing_typed_is_lost(
    anna: Employee, bob: Employee, field: str, value: str
) -> None:
    browser, page = past_date_of_birth(bob)
    typed = {**NEW, field: value}
    if field == "new_password":
        typed["new_password_again"] = value

    answer = browser.post(page, typed)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert answer.context["form"]["username"].value() == typed["username"]
    bob.refresh_from_db()
    assert bob.account is None
    assert Invitation.objects.good().filter(employee=bob).exists()


def test_the_own_address_may_be_the_username(bob: Employee) -> None:
    user = activation.activate(
        invitation_id=Invitation.objects.get().pk, username=bob.email, password=NEW["new_password"], address=None
    )

    assert user.username == bob.email


def test_a_password_like_the_name_is_refused(bob: Employee) -> None:
    with pytest.raises(ValidationError):
        activation.activate(
            invitation_id=Invitation.objects.get().pk, username="somebody", password="Bob Jansen 12", address=None
        )


def test_who_has_an_account_elsewhere_links_it(anna: Employee, garage: Employer) -> None:
    second = cast.make_employee(garage, "31", "Anna", "Vries", prefix="de")
    cast.make_invitation(second)
    browser, page = past_date_of_birth(second)

    answer = browser.post(page, {"existing": "1", "username": "anna", "password": cast.PASSWORD})

    assert answer.status_code == 302
    second.refresh_from_db()
    assert second.account == anna.account
    assert {employee.pk for employee in browser.get("/employee/").context["employees"]} == {anna.pk, second.pk}


def test_linking_asks_the_right_password_and_never_takes_an_administrator(
    anna: Employee, carla: User, garage: Employer
) -> None:
    second = cast.make_employee(garage, "31", "Anna", "Vries", prefix="de")
    cast.make_invitation(second)
    browser, page = past_date_of_birth(second)

    for name, password in [("anna", "not the password"), ("carla", cast.PASSWORD), ("nobody", cast.PASSWORD)]:
        assert browser.post(page, {"existing": "1", "username": name, "password": password}).status_code == 422

    second.refresh_from_db()
    assert second.account is None


def test_two_browsers_cannot_both_use_one_invitation(bob: Employee) -> None:
    first, page = past_date_of_birth(bob)
    second, _page = past_date_of_birth(bob)

    assert first.post(page, NEW).status_code == 302
    assert second.post(page, {**NEW, "username": "other"}).status_code == 410
    assert not User.objects.filter(username_key="other").exists()


def test_a_forged_link_is_not_valid(bob: Employee) -> None:
    good = link_of(bob)
    last = "1" if good[-2] == "0" else "0"
    for forged in (
        f"{good[:-2]}{last}/",
        "/employee/activate/abc/",
        "/employee/activate/%00/",
        "/employee/activate/link/",
    ):
        assert Client().get(forged).status_code == 410


def test_a_taken_username_is_refused_by_the_act_too(anna: Employee, bob: Employee) -> None:
    with pytest.raises(UsernameRefused):
        activation.activate(
            invitation_id=Invitation.objects.get().pk, username="Anna", password=NEW["new_password"], address=None
        )


def test_the_longest_names_and_addresses_fit_everywhere(bakery: Employer, by_carla: Actor) -> None:
    """PostgreSQL refuses what does not fit its column; then a wrong date of birth would not be counted."""
    long = cast.make_employee(
        bakery, "9", "F" * 100, "L" * 100, prefix="p" * 30, email=f"{'e' * 60}@{'d' * 180}.example"
    )
    invitation = invitations.invite(employee=long, by=by_carla)
    for _ in range(5):
        activation.check_date_of_birth(invitation_id=invitation.pk, date_of_birth=date(1970, 1, 1), address=None)
    with pytest.raises(activation.InvitationNotValid):
        activation.find_by_id(invitation.pk)

    again = invitations.invite(employee=long, by=by_carla)
    user = activation.activate(invitation_id=again.pk, username="long", password=NEW["new_password"], address=None)

    assert Employee.objects.get(account=user) == long
