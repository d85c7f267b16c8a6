"""Forgotten password: tells nothing, works once, for an hour, the newest link only."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access, password_links, passwords, usernames
from accounts.actor import Actor
from accounts.models import Employee, HistoryEntry, PasswordLink, PasswordRequest, User
from tests import cast

NEW = "a completely new password"
FORGOTTEN = "/employee/forgotten-password/"


def account_of(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account


def asked_for(username: str, portal: str = "employee") -> PasswordLink:
    """The link that a request for this name led to."""
    password_links.request_password(username=username, portal=portal, address=None)
    password_links.answer_requests()
    return PasswordLink.objects.open().get(user__username=username)


def path_of(link: PasswordLink) -> str:
    return reverse("employee_portal:set_password", args=[password_links.token_of(link)])


def is_password(user: User, password: str) -> bool:
    return passwords.fits(password, user=User.objects.get(pk=user.pk))


def test_every_name_gets_the_same_answer(anna: Employee, bob: Employee, eva: Employee, without_email: Employee) -> None:
    answers = {}
    for name in ["anna", "nobody-here", "bob", "eva", "willem", "carla"]:
        browser = Client()
        answer = browser.post(FORGOTTEN, {"username": name})
        body = answer.content.decode().replace(str(answer.context["csrf_token"]), "TOKEN")
        headers = {key: value for key, value in answer.headers.items() if key != "Content-Length"}
        answers[name] = (
            answer.status_code,
            body.replace(f'value="{name}"', 'value="NAME"'),
            headers,
            set(browser.cookies),
        )

    assert len({str(answer) for answer in answers.values()}) == 1
    assert PasswordRequest.objects.count() == 6


def test_the_page_does_the_same_work_for_every_name(
    anna: Employee, eva: Employee, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ["anna", "eva", "nobody-here"]:
        with django_assert_num_queries(1):  # the request row, and nothing about the name
            Client().post(FORGOTTEN, {"username": name})


def test_only_who_may_enter_gets_mail(
    anna: Employee, bob: Employee, eva: Employee, without_email: Employee, carla: User, mailbox: cast.Mailbox
) -> None:
    for name in ["anna", "nobody-here", "bob", "eva", "willem", "carla"]:
        password_links.request_password(username=name, portal="employee", address=None)

    assert password_links.answer_requests() == 6

    assert [(mail.message, mail.to_address) for mail in mailbox.all()] == [("password_reset", anna.email)]
    assert set(PasswordRequest.objects.values_list("username_key", flat=True)) == {""}


def test_an_administrator_asks_in_the_employer_portal(carla: User, anna: Employee, mailbox: cast.Mailbox) -> None:
    for name in ["carla", "anna"]:
        password_links.request_password(username=name, portal="employer", address=None)
    password_links.answer_requests()

    assert [mail.to_address for mail in mailbox.all()] == [carla.email]


@pytest.mark.parametrize("typed", ["", "   ", "x" * 300, "ann\x00a"])
def test_what_cannot_be_a_name_is_said_at_the_field(typed: str, db: None) -> None:
    answer = Client().post(FORGOTTEN, {"username": typed})

    assert answer.status_code == 422
    assert "username" in answer.context["form"].errors
    assert not PasswordRequest.objects.exists()


def test_following_the_link_and_choosing_a_password(anna: Employee, mailbox: cast.Mailbox) -> None:
    elsewhere = cast.sign_in(account_of(anna), "employee")
    link = asked_for("anna")
    browser = Client()

    followed = browser.get(path_of(link))
    assert followed["Location"] == "/employee/set-password/link/"
    page = browser.get(followed["Location"])
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    answer = browser.post(followed["Location"], {"new_password": NEW, "new_password_again": NEW})

    assert answer["Location"] == "/employee/sign-in/"
    assert browser.get("/employee/").status_code == 302, "a reset signs nobody in"
    assert is_password(account_of(anna), NEW)
    assert elsewhere.get("/employee/").status_code == 302
    assert [mail.message for mail in mailbox.to(anna)] == ["password_reset", "credentials_changed"]
    assert set(HistoryEntry.objects.values_list("act", flat=True)) == {"password_reset_sent", "password_reset"}


def test_looking_uses_nothing_up(anna: Employee) -> None:
    link = asked_for("anna")
    for _ in range(5):
        assert Client().get(path_of(link), headers={"purpose": "prefetch"}).status_code == 302
        assert Client().head(path_of(link)).status_code == 302

    assert password_links.use(link_id=link.pk, password=NEW, address=None) == anna.account


def test_it_works_once(anna: Employee) -> None:
    link = asked_for("anna")
    password_links.use(link_id=link.pk, password=NEW, address=None)

    with pytest.raises(password_links.LinkNotValid):
        password_links.use(link_id=link.pk, password="another password again", address=None)
    assert is_password(account_of(anna), NEW)


def test_a_refused_password_does_not_use_it_up(anna: Employee) -> None:
    link = asked_for("anna")
    with pytest.raises(ValidationError):
        password_links.use(link_id=link.pk, password="short", address=None)

    password_links.use(link_id=link.pk, password=NEW, address=None)


def test_only_the_newest_works(anna: Employee) -> None:
    first = path_of(asked_for("anna"))
    second = path_of(asked_for("anna"))

    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 302


def test_it_dies_when_the_username_the_password_or_the_address_changes(anna: Employee) -> None:
    account = account_of(anna)
    by = Actor.of(account)
    changes: list[Callable[[], object]] = [
        lambda: usernames.change_username(user=account, username="anna3", by=by),
        lambda: passwords.change_password(user=account, password="yet another password", by=by),
        lambda: Employee.objects.filter(pk=anna.pk).update(email="new@example.nl"),
    ]
    for change in changes:
        account.refresh_from_db()
        link = asked_for(account.username)
        change()

        assert Client().get(path_of(link)).status_code == 410
        with pytest.raises(password_links.LinkNotValid):
            password_links.use(link_id=link.pk, password=NEW, address=None)


def test_it_lives_for_an_hour_from_the_asking(anna: Employee) -> None:
    link = asked_for("anna")
    assert link.expires_at - link.issued_at == timedelta(hours=1)
    PasswordLink.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    assert Client().get(path_of(link)).status_code == 302

    PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path_of(link)).status_code == 410


def test_a_block_between_asking_and_answering_counts(anna: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    password_links.request_password(username="anna", portal="employee", address=None)
    access.block_access(employee=anna, by=by_carla, reason="left", do_not_mail=True)
    access.unblock_access(employee=anna, by=by_carla)
    password_links.answer_requests()

    assert [mail.message for mail in mailbox.all()] == ["access_blocked"]


def test_a_forged_token_is_not_valid(anna: Employee) -> None:
    good = path_of(asked_for("anna"))
    swapped = re.sub(r"[0-9a-f]{64}/$", "0" * 64 + "/", good)
    for forged in (swapped, "/employee/set-password/x/", "/employee/set-password/link/", "/employee/set-password/%00/"):
        assert Client().get(forged).status_code == 410
        assert Client().post(forged, {"new_password": NEW, "new_password_again": NEW}).status_code == 410
    assert is_password(account_of(anna), cast.PASSWORD)


def test_no_secret_is_in_the_database(anna: Employee) -> None:
    link = asked_for("anna")
    browser = Client()
    browser.get(path_of(link))
    token = password_links.token_of(link)

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
            assert token[32:] not in str(cursor.fetchall()), table
    assert token[32:] not in str(dict(browser.session))


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_at_once_set_one_password(anna: Employee) -> None:
    link = asked_for("anna")
    together = threading.Barrier(20)
    outcomes: list[tuple[int, str]] = []

    def post(number: int) -> None:
        password = f"{NEW} number {number}"
        try:
            together.wait()
            status = (
                Client().post(path_of(link), {"new_password": password, "new_password_again": password}).status_code
            )
            outcomes.append((status, password))
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [password for status, password in outcomes if status == 302]
    assert sorted(status for status, _ in outcomes) == [302] + [410] * 19
    assert is_password(account_of(anna), winners[0])
    assert HistoryEntry.objects.filter(act="password_reset").count() == 1
