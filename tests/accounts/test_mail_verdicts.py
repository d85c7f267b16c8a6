"""Is what a mail says still true at the moment of sending? Taken out of the outbox as a worker does, mails as files."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from accounts import access, invitations, password_links, passwords, usernames
from accounts.actor import Actor
from accounts.mail_facts import SOURCE
from accounts.models import AccessBlock, Employee, Employer, PasswordLink, User
from accounts.switches import switch_message
from emailtemplates import delivery, handover, leases, suppression
from emailtemplates.clock import database_now
from emailtemplates.models import MailState, OutgoingEmail
from tests import cast
from tests.journeys import crowd


@pytest.fixture(autouse=True)
def mail_as_files(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "emailtemplates.file_backend.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path


def outcomes(person: Employee | User) -> list[tuple[str, str]]:
    """What came of each mail to this person, oldest first, with the reason when it was not sent."""
    delivery.deliver_due()
    return [(mail.state, mail.why if mail.state != MailState.SENT else "") for mail in cast.Mailbox().to(person)]


def ask_for_link(user: User, by: Actor) -> PasswordLink:
    link = password_links.issue(
        user=user,
        message="password_reset",
        issued_at=database_now(),
        lifetime=password_links.RESET_LIFETIME,
        by=by,
    )
    assert link is not None
    return link


def account(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account


def test_a_block_is_told(anna: Employee, by_carla: Actor) -> None:
    access.block_access(employee=anna, by=by_carla, reason="left")

    assert outcomes(anna) == [("sent", "")]


def test_a_block_that_was_lifted_before_it_was_told_is_not_told(anna: Employee, by_carla: Actor) -> None:
    switch_message(at=anna.employer, message="access_unblocked", is_on=True, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left")
    access.unblock_access(employee=anna, by=by_carla)

    assert outcomes(anna) == [
        ("superseded", "unblocked meanwhile"),
        ("superseded", "the mail about the block was never sent"),
    ]


def test_a_block_lifted_behind_the_back_of_the_outbox_is_not_told_either(anna: Employee, by_carla: Actor) -> None:
    access.block_access(employee=anna, by=by_carla, reason="left")
    AccessBlock.objects.update(lifted_at=Now())

    assert outcomes(anna) == [("superseded", "unblocked meanwhile")]


def test_an_unblock_is_told_to_who_was_told_of_the_block(anna: Employee, by_carla: Actor) -> None:
    switch_message(at=anna.employer, message="access_unblocked", is_on=True, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left")
    delivery.deliver_due()
    access.unblock_access(employee=anna, by=by_carla)

    assert outcomes(anna) == [("sent", ""), ("sent", "")]


def test_of_block_unblock_and_block_again_only_the_last_is_told(anna: Employee, by_carla: Actor) -> None:
    switch_message(at=anna.employer, message="access_unblocked", is_on=True, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left")
    access.unblock_access(employee=anna, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left again")

    assert [state for state, _why in outcomes(anna)] == ["superseded", "superseded", "sent"]


def test_a_mail_about_access_waits_for_the_one_before_it(anna: Employee, by_carla: Actor) -> None:
    switch_message(at=anna.employer, message="access_unblocked", is_on=True, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left")
    (first,) = leases.claim(1)
    access.unblock_access(employee=anna, by=by_carla)
    OutgoingEmail.objects.filter(pk=first.pk).update(  # on the wire since before the unblock
        state="transmitting", lease_token=first.lease_token, lease_until=Now() + timedelta(minutes=1),
        first_attempt_at=Now(), why="", finished_at=None,
    )  # fmt: skip

    assert delivery.deliver_due() == 0

    leases.update(first, state="sent", why="250 taken", sent_at=Now(), finished_at=Now(), **leases.NONE)
    assert outcomes(anna) == [("sent", ""), ("sent", "")]


def test_what_nobody_knows_the_outcome_of_holds_up_nothing(anna: Employee, by_carla: Actor) -> None:
    switch_message(at=anna.employer, message="access_unblocked", is_on=True, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left")
    OutgoingEmail.objects.update(
        state="uncertain", first_attempt_at=Now(), not_before=Now() + timedelta(minutes=2), unknown_outcomes=1
    )
    access.unblock_access(employee=anna, by=by_carla)

    assert [state for state, _why in outcomes(anna)] == ["uncertain", "sent"]
    OutgoingEmail.objects.filter(state="uncertain").update(not_before=Now())
    assert outcomes(anna)[0] == ("superseded", "unblocked meanwhile")


@pytest.mark.parametrize("lifted", [False, True])
def test_a_link_asked_for_before_a_block_is_not_sent_after_it(anna: Employee, by_carla: Actor, *, lifted: bool) -> None:
    ask_for_link(account(anna), by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left", do_not_mail=True)
    if lifted:
        access.unblock_access(employee=anna, by=by_carla)

    assert outcomes(anna)[0] == ("superseded", "the link ended meanwhile")


def test_of_two_links_only_the_newest_is_sent(anna: Employee, by_carla: Actor) -> None:
    ask_for_link(account(anna), by_carla)
    ask_for_link(account(anna), by_carla)

    assert outcomes(anna) == [("superseded", "the link ended meanwhile"), ("sent", "")]


@pytest.mark.parametrize("what", ["password", "username", "address"])
def test_a_link_for_what_has_changed_is_not_sent(anna: Employee, by_carla: Actor, what: str) -> None:
    user = account(anna)
    ask_for_link(user, by_carla)
    if what == "password":
        passwords.change_password(user=user, password="another horse battery", by=by_carla)
    elif what == "username":
        usernames.change_username(user=user, username="anna2", by=by_carla)
    else:
        Employee.objects.filter(pk=anna.pk).update(email="anna@new.example")

    assert outcomes(anna) == [("superseded", "the link ended meanwhile")]


def test_a_link_that_could_not_be_sent_in_a_quarter_of_an_hour_is_not_sent(anna: Employee, by_carla: Actor) -> None:
    ask_for_link(account(anna), by_carla)
    OutgoingEmail.objects.update(expires_at=Now())

    assert outcomes(anna) == [("expired", handover.TOO_LATE)]


def test_a_username_is_not_sent_after_a_block_nor_after_it_changed(
    anna: Employee, by_carla: Actor, bakery: Employer
) -> None:
    bert = cast.make_employee(bakery, "9", "Bert", "Bos", account=cast.make_account("bert"))
    for person in (anna, bert):
        access.resend_username(employee=person, by=by_carla)
    access.block_access(employee=anna, by=by_carla, reason="left", do_not_mail=True)
    usernames.change_username(user=account(bert), username="bertus", by=by_carla)

    assert outcomes(anna)[0] == ("superseded", "blocked meanwhile")
    assert outcomes(bert) == [("superseded", "the username changed meanwhile")]


def test_an_invitation_that_was_withdrawn_or_replaced_is_not_sent(dirk: Employee, by_carla: Actor) -> None:
    invitations.invite(employee=dirk, by=by_carla)
    invitations.invite(employee=dirk, by=by_carla)
    invitations.withdraw(employee=dirk, by=by_carla)

    assert outcomes(dirk) == [("superseded", "the invitation ended meanwhile")] * 2


def test_an_address_that_took_no_mail_gets_none_and_somebody_is_told(anna: Employee, by_carla: Actor) -> None:
    access.resend_username(employee=anna, by=by_carla)
    (mail,) = cast.Mailbox().to(anna)
    suppression.suppress(mail, why="550 5.1.1 no such user")

    assert outcomes(anna) == [("failed", handover.SUPPRESSED)]
    assert OutgoingEmail.objects.exclude(attention_at=None).count() == 1

    Employee.objects.filter(pk=anna.pk).update(email="anna@new.example")
    access.resend_username(employee=Employee.objects.get(pk=anna.pk), by=by_carla)
    assert outcomes(anna)[-1] == ("sent", "")


def test_another_providers_bounce_says_nothing_here(anna: Employee, other_employer: Employer, by_carla: Actor) -> None:
    abroad = OutgoingEmail(provider_id=other_employer.provider_id, to_address=anna.email)
    suppression.suppress(abroad, why="550 5.1.1 no such user")
    access.resend_username(employee=anna, by=by_carla)

    assert outcomes(anna) == [("sent", "")]


MESSAGES: list[Callable[[Employee, Actor], object]] = [
    lambda person, by: access.resend_username(employee=person, by=by),
    lambda person, by: ask_for_link(account(person), by),
    lambda person, by: access.block_access(employee=person, by=by, reason="left"),
]


@pytest.mark.parametrize("promise", MESSAGES)
def test_asking_about_many_takes_as_many_queries_as_about_one(
    bakery: Employer, by_carla: Actor, promise: Callable[[Employee, Actor], object],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for person in crowd.with_access(bakery, 30):
        User.objects.filter(employees=person).update(last_login=Now())
        promise(Employee.objects.select_related("employer", "account").get(pk=person.pk), by_carla)
    mails = list(OutgoingEmail.objects.all())

    with django_assert_max_num_queries(4):
        facts = SOURCE.facts_about(mails)
    assert len(facts) == 30
