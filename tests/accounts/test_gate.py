"""The one rule: what was issued before a block was lifted is worth nothing, for ever."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts import access, password_links, passwords
from accounts.actor import Actor
from accounts.gate import EMPLOYEE, may_enter
from accounts.models import AccessBlock, Employee, Employer, PasswordLink, User
from emailtemplates.clock import database_now
from tests import cast

HOME = "/employee/"


def is_in(browser: Client) -> bool:
    return browser.get(HOME).status_code == 200


def account_of(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account


def test_a_block_ends_every_open_session_at_the_next_request(anna: Employee, by_carla: Actor) -> None:
    browsers = [cast.sign_in(account_of(anna), "employee") for _ in range(3)]
    assert all(is_in(browser) for browser in browsers)

    access.block_access(employee=anna, by=by_carla, reason="left")

    for browser in browsers:
        answer = browser.get(HOME)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/employee/sign-in/")


def test_an_unblock_revives_nothing_and_the_old_password_works(anna: Employee, by_carla: Actor) -> None:
    browsers = [cast.sign_in(account_of(anna), "employee") for _ in range(3)]
    cookies = [browser.cookies["session"].value for browser in browsers]
    access.block_access(employee=anna, by=by_carla, reason="left")
    access.unblock_access(employee=anna, by=by_carla)

    assert not any(is_in(browser) for browser in browsers)
    for value in cookies:  # as somebody who kept the cookie would send it
        thief = Client()
        thief.cookies["session"] = value
        assert not is_in(thief)
    assert is_in(cast.sign_in(account_of(anna), "employee"))


def test_somebody_blocked_gets_the_answer_of_a_wrong_password(eva: Employee, anna: Employee) -> None:
    address = reverse("employee_portal:sign_in")
    answers = [
        Client().post(address, {"username": name, "password": password})
        for name, password in [("eva", cast.PASSWORD), ("anna", "wrong-password-1"), ("nobody", "wrong-password-1")]
    ]

    assert {answer.status_code for answer in answers} == {422}
    bodies = {
        answer.content.decode().replace(name, "NAME").replace(str(answer.context["csrf_token"]), "TOKEN")
        for answer, name in zip(answers, ["eva", "anna", "nobody"], strict=True)
    }
    assert len(bodies) == 1


def test_a_block_at_one_employer_leaves_the_other_alone(anna: Employee, garage: Employer, by_carla: Actor) -> None:
    account = account_of(anna)
    cast.make_employee(garage, "77", "Anna", "Vries", account=account)
    browser = cast.sign_in(account, "employee")

    access.block_access(employee=anna, by=by_carla, reason="left")

    answer = browser.get(HOME)
    assert answer.status_code == 200
    assert [employee.employer for employee in answer.context["employees"]] == [garage]
    access.unblock_access(employee=anna, by=by_carla)
    assert [employee.employer for employee in browser.get(HOME).context["employees"]] == [garage]


@pytest.mark.parametrize(
    ("lifted_after", "good"),
    [(None, False), (timedelta(seconds=1), False), (timedelta(0), False), (timedelta(seconds=-1), True)],
)
def test_a_credential_is_good_only_if_no_block_was_in_force_since(
    anna: Employee, lifted_after: timedelta | None, good: bool
) -> None:
    issued_at = database_now()
    block = cast.make_block(anna)
    lifted_at = None if lifted_after is None else issued_at + lifted_after
    AccessBlock.objects.filter(pk=block.pk).update(blocked_at=issued_at - timedelta(hours=1), lifted_at=lifted_at)

    assert may_enter(account_of(anna), portal=EMPLOYEE, since=issued_at) is good


def test_a_password_link_dies_with_a_block_also_after_the_unblock(anna: Employee, by_carla: Actor) -> None:
    link = ask_link(anna)
    token = password_links.token_of(link)
    access.block_access(employee=anna, by=by_carla, reason="left")
    with pytest.raises(password_links.LinkNotValid):
        password_links.find(token)
    access.unblock_access(employee=anna, by=by_carla)

    with pytest.raises(password_links.LinkNotValid):
        password_links.find(token)
    with pytest.raises(password_links.LinkNotValid):
        password_links.use(link_id=link.pk, password="a completely new one", address=None)
    assert passwords.fits(cast.PASSWORD, user=User.objects.get(employees=anna))


def ask_link(employee: Employee) -> PasswordLink:
    password_links.request_password(username=account_of(employee).username, portal="employee", address=None)
    password_links.answer_requests()
    return PasswordLink.objects.open().get(user=employee.account_id)


def test_the_gate_takes_one_query(anna: Employee, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    browser = cast.sign_in(account_of(anna), "employee")

    with django_assert_num_queries(2):  # the session, the gate
        browser.get(HOME)


def test_an_idle_session_ends(anna: Employee) -> None:
    browser = cast.sign_in(account_of(anna), "employee")
    session = browser.session
    session["employee"] = {**session["employee"], "seen": session["employee"]["seen"] - 12 * 3600 - 1}
    session.save()

    assert not is_in(browser)


def test_a_session_of_older_credentials_is_worth_nothing(anna: Employee) -> None:
    browser = cast.sign_in(account_of(anna), "employee")
    User.objects.filter(employees=anna).update(credentials_version=F("credentials_version") + 1)

    assert not is_in(browser)
