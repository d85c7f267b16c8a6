"""A fresh password: remembered for fifteen minutes, renewed by giving it again and by nothing else."""

import time
from datetime import timedelta

import pytest
from django.test import Client

from accounts import step_up
from accounts.gate import EMPLOYEE, EMPLOYER
from accounts.models import Employee, User
from tests import cast


def given(browser: Client, *, ago: timedelta) -> None:
    """Pretend that the password was given so long ago."""
    session = browser.session
    session[EMPLOYER] = {**session[EMPLOYER], "password_at": int(time.time() - ago.total_seconds())}
    session.save()


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def test_who_just_signed_in_gave_it_just_now(desk: Client) -> None:
    assert step_up.is_fresh(desk.session, EMPLOYER)
    assert not step_up.is_fresh(desk.session, EMPLOYEE)


def test_it_is_fresh_for_fifteen_minutes_and_looking_at_pages_does_not_change_that(desk: Client) -> None:
    given(desk, ago=timedelta(minutes=14))
    assert step_up.is_fresh(desk.session, EMPLOYER)

    given(desk, ago=timedelta(minutes=16))
    session = desk.session
    session[EMPLOYER] = {**session[EMPLOYER], "seen": session[EMPLOYER]["seen"] - 120}
    session.save()
    assert desk.get("/employer/").status_code == 200

    assert desk.session[EMPLOYER]["seen"] > session[EMPLOYER]["seen"]
    assert not step_up.is_fresh(desk.session, EMPLOYER)


def test_the_right_password_renews_it_and_a_wrong_one_does_not(desk: Client, carla: User) -> None:
    given(desk, ago=timedelta(hours=1))
    session = desk.session

    assert not step_up.confirm(session, EMPLOYER, carla, "wrong")
    assert not step_up.is_fresh(session, EMPLOYER)
    assert step_up.confirm(session, EMPLOYER, carla, cast.PASSWORD)
    assert step_up.is_fresh(session, EMPLOYER)


def test_a_session_of_before_it_was_remembered_is_not_fresh(desk: Client) -> None:
    session = desk.session
    part = dict(session[EMPLOYER])
    del part["password_at"]
    session[EMPLOYER] = part
    session.save()

    assert not step_up.is_fresh(desk.session, EMPLOYER)
    assert desk.get("/employer/").status_code == 200


def test_each_portal_remembers_its_own(desk: Client, anna: Employee) -> None:
    given(desk, ago=timedelta(hours=1))
    assert anna.account is not None

    desk.post("/employee/sign-in/", {"username": "anna", "password": cast.PASSWORD})

    assert step_up.is_fresh(desk.session, EMPLOYEE)
    assert not step_up.is_fresh(desk.session, EMPLOYER)


def test_a_change_of_ones_own_password_keeps_what_was_remembered(desk: Client) -> None:
    given(desk, ago=timedelta(hours=1))
    new = "quite another horse"

    answer = desk.post(
        "/employer/account/password/",
        {"current_password": cast.PASSWORD, "new_password": new, "new_password_again": new},
    )

    assert answer.status_code == 302
    assert not step_up.is_fresh(desk.session, EMPLOYER)
