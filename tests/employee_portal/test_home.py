"""What an employee sees after signing in, and the edges of signing in."""

import pytest
from django.test import Client

from accounts.models import Employee, User
from emailtemplates.models import OutgoingEmail
from tests import cast

SIGN_IN = "/employee/sign-in/"


def test_home_greets_and_has_room_for_documents(anna: Employee) -> None:
    assert anna.account is not None
    page = cast.sign_in(anna.account, "employee").get("/employee/").content.decode()

    assert "Anna" in page
    assert anna.employer.name in page


def test_signing_out_ends_the_session(anna: Employee) -> None:
    assert anna.account is not None
    browser = cast.sign_in(anna.account, "employee")
    cookie = browser.cookies["session"].value

    assert browser.get("/employee/sign-out/").status_code == 405
    assert browser.post("/employee/sign-out/").status_code == 302

    thief = Client()
    thief.cookies["session"] = cookie
    assert thief.get("/employee/").status_code == 302


def test_one_browser_can_be_in_both_portals(anna: Employee, carla: User) -> None:
    assert anna.account is not None
    browser = cast.sign_in(anna.account, "employee")
    browser.post("/employer/sign-in/", {"username": "carla", "password": cast.PASSWORD})

    assert browser.get("/employee/").status_code == 200
    assert browser.get("/employer/").status_code == 200
    browser.post("/employer/sign-out/")
    assert browser.get("/employee/").status_code == 200
    assert browser.get("/employer/").status_code == 302


def test_the_session_gets_a_new_key_at_sign_in(anna: Employee) -> None:
    browser = Client()
    browser.cookies["session"] = "planted-by-somebody-else-0123456"
    browser.post(SIGN_IN, {"username": "anna", "password": cast.PASSWORD})

    assert browser.cookies["session"].value != "planted-by-somebody-else-0123456"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)",
     "/employee/sign-out/", "/employer/", "x" * 5000, "%2f%2fevil.example", "/employee/\x00"],
)  # fmt: skip
def test_after_signing_in_one_stays_here(anna: Employee, wanted: str) -> None:
    answer = Client().post(SIGN_IN, {"username": "anna", "password": cast.PASSWORD, "next": wanted})

    assert answer["Location"] == "/employee/"


def test_after_signing_in_one_gets_the_page_one_asked_for(anna: Employee) -> None:
    browser = Client()
    asked = browser.get("/employee/account/")
    assert asked["Location"] == "/employee/sign-in/?next=/employee/account/"

    answer = browser.post(SIGN_IN, {"username": "anna", "password": cast.PASSWORD, "next": "/employee/account/"})

    assert answer["Location"] == "/employee/account/"


@pytest.mark.parametrize(
    "typed",
    [{}, {"username": "", "password": ""}, {"username": "x" * 300, "password": "y"}, {"username": "anna\x00", "password": "y"},
     {"username": "anna", "password": "y" * 129}],
)  # fmt: skip
def test_bad_input_is_said_at_the_field(anna: Employee, typed: dict[str, str]) -> None:
    answer = Client().post(SIGN_IN, typed)

    assert answer.status_code == 422
    assert answer.context["form"].errors


def test_a_form_of_another_site_is_refused(anna: Employee) -> None:
    form = {"username": "anna", "password": cast.PASSWORD}

    assert Client().post(SIGN_IN, form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert Client(enforce_csrf_checks=True).post(SIGN_IN, form).status_code == 403


def test_an_employee_can_change_the_password_and_other_sessions_end(anna: Employee) -> None:
    assert anna.account is not None
    here, elsewhere = (cast.sign_in(anna.account, "employee") for _ in range(2))
    new = "another fine password"

    answer = here.post(
        "/employee/account/password/",
        {"current_password": cast.PASSWORD, "new_password": new, "new_password_again": new},
    )

    assert answer.status_code == 302
    assert here.get("/employee/").status_code == 200
    assert elsewhere.get("/employee/").status_code == 302
    assert not OutgoingEmail.objects.exists()
    cast.sign_in(anna.account, "employee", new)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"current_password": "wrong"}, "current_password"), ({"new_password_again": "else"}, "new_password_again"),
     ({"new_password": "short", "new_password_again": "short"}, "new_password"),
     ({"new_password": "password1234", "new_password_again": "password1234"}, "new_password"),
     ({"new_password": ""}, "new_password"),
     ({"new_password": "AnnaVries1990", "new_password_again": "AnnaVries1990"}, "new_password"),
     ({"new_password": cast.PASSWORD, "new_password_again": cast.PASSWORD}, "new_password")],
)  # fmt: skip
def test_a_password_that_is_not_good_is_said_at_the_field(anna: Employee, changed: dict[str, str], field: str) -> None:
    assert anna.account is not None
    new = "another fine password"
    form = {"current_password": cast.PASSWORD, "new_password": new, "new_password_again": new, **changed}

    answer = cast.sign_in(anna.account, "employee").post("/employee/account/password/", form)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_answers_leave_no_copy_and_have_the_headers(anna: Employee) -> None:
    assert anna.account is not None
    for answer in (Client().get(SIGN_IN), cast.sign_in(anna.account, "employee").get("/employee/")):
        assert "no-store" in answer["Cache-Control"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(anna: Employee) -> None:
    answer = Client().post(SIGN_IN, b"x" * 300_000, content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 413


@pytest.mark.parametrize("key", ["\x00aaaaaaaaaaaa", "A" * 32, "a" * 33, "../../../etc/passwd"])
def test_a_session_key_of_another_form_is_nobody(anna: Employee, key: str) -> None:
    thief = Client()
    thief.cookies["session"] = key

    assert thief.get("/employee/").status_code == 302
