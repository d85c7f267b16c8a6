"""Which usernames are the same, which are allowed, and changing one's own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import usernames
from accounts.actor import Actor
from accounts.models import Employee, HistoryEntry, ReleasedUsername, User
from emailtemplates.models import OutgoingEmail
from tests import cast


@pytest.mark.parametrize("other", ["Anna", " anna ", "ＡＮＮＡ", "ANNA", "ａnna"])
def test_names_that_look_the_same_are_the_same(other: str) -> None:
    assert usernames.canonical(other) == "anna"


def test_an_accent_is_the_same_composed_or_not() -> None:
    assert usernames.canonical("rene\u0301") == usernames.canonical("René")


@pytest.mark.parametrize(
    "name",
    ["аnna", "αnna", "mıke", "an na", "anna\u200b", "anna\u202e", "anna\x00", "ab", "x" * 65, "anna\nbcc", "iemand@else.nl", "i\u0307an", "\u0301ab", "a/b", "<b>"],
)  # fmt: skip
def test_what_nobody_may_have(name: str) -> None:
    with pytest.raises(usernames.UsernameRefused):
        usernames.check(name, own_addresses={"anna@example.nl"})


@pytest.mark.parametrize("name", ["anna", "René", "a.b-c_d+e", "anna@example.nl", "ANNA@example.nl", "123"])
def test_what_one_may_have(name: str) -> None:
    assert usernames.check(name, own_addresses={"anna@example.nl"}) == name


def test_changing_ones_username_ends_other_sessions_and_mails_nothing(anna: Employee) -> None:
    account = anna.account
    assert account is not None
    here, elsewhere = cast.sign_in(account, "employee"), cast.sign_in(account, "employee")

    answer = here.post("/employee/account/username/", {"username": "anna2", "current_password": cast.PASSWORD})

    assert answer.status_code == 302
    assert here.get("/employee/").status_code == 200
    assert elsewhere.get("/employee/").status_code == 302
    account.refresh_from_db()
    assert account.username == "anna2"
    assert not OutgoingEmail.objects.exists()
    entry = HistoryEntry.objects.get(employee=anna)
    assert (entry.act, entry.before, entry.after) == ("username_changed", "anna", "anna2")


@pytest.mark.parametrize("taken", ["eva", "EVA", "ｅｖａ", " eva"])
def test_a_taken_name_is_not_available(anna: Employee, eva: Employee, taken: str) -> None:
    assert anna.account is not None
    browser = cast.sign_in(anna.account, "employee")

    answer = browser.post("/employee/account/username/", {"username": taken, "current_password": cast.PASSWORD})

    assert answer.status_code == 422
    assert "username" in answer.context["form"].errors


def test_the_current_password_is_asked(anna: Employee) -> None:
    assert anna.account is not None
    browser = cast.sign_in(anna.account, "employee")

    answer = browser.post("/employee/account/username/", {"username": "anna2", "current_password": "wrong password 1"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["current_password"]
    assert User.objects.filter(username="anna").exists()


def test_a_name_given_up_stays_reserved_for_a_year(anna: Employee, eva: Employee) -> None:
    assert anna.account is not None
    assert eva.account is not None
    usernames.change_username(user=anna.account, username="anna2", by=Actor.of(anna.account))

    with pytest.raises(usernames.UsernameRefused):
        usernames.change_username(user=eva.account, username="Anna", by=Actor.of(eva.account))
    ReleasedUsername.objects.update(released_at=timezone.now() - timedelta(days=366))
    usernames.change_username(user=eva.account, username="Anna", by=Actor.of(eva.account))


def test_one_may_take_ones_own_former_name_back(anna: Employee) -> None:
    assert anna.account is not None
    usernames.change_username(user=anna.account, username="anna2", by=Actor.of(anna.account))

    user = usernames.change_username(user=anna.account, username="anna", by=Actor.of(anna.account))

    assert user.username == "anna"
