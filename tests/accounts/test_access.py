"""Block, unblock, send username: the rules."""

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.actor import Actor
from accounts.models import AccessBlock, Employee, HistoryEntry, User
from accounts.permissions import NotAllowed
from emailtemplates.models import MessageSwitch, OutgoingEmail
from tests import cast


def test_block_access_withholds_access_tells_the_employee_and_remembers(
    anna: Employee, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    done = access.block_access(employee=anna, by=by_carla, reason="left", shown_reason="You left us.")

    assert done is True
    assert list(Employee.objects.blocked()) == [anna]
    block = AccessBlock.objects.get(employee=anna)
    assert (block.blocked_by, block.blocked_by_name, block.reason) == (by_carla.user, "Carla", "left")
    (mail,) = mailbox.to(anna)
    assert (mail.message, mail.to_address, mail.state) == ("access_blocked", anna.email, "queued")
    entry = HistoryEntry.objects.get(employee=anna)
    assert (entry.act, entry.actor, entry.reason, entry.before, entry.after) == (
        "access_blocked",
        by_carla.user,
        "left",
        "active",
        "blocked",
    )
    assert entry.mail == mail
    assert entry.act_id == block.act_id == mail.act_id


def test_block_access_twice_sends_one_mail(anna: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    access.block_access(employee=anna, by=by_carla, reason="left")

    again = access.block_access(employee=anna, by=by_carla, reason="left again")

    assert again is False
    assert [mail.message for mail in mailbox.to(anna)] == ["access_blocked"]
    assert HistoryEntry.objects.filter(employee=anna).count() == 1


def test_only_somebody_with_access_can_be_blocked(dirk: Employee, bob: Employee, by_carla: Actor) -> None:
    for person in (dirk, bob):
        with pytest.raises(access.ActRefused, match=person.first_name):
            access.block_access(employee=person, by=by_carla, reason="left")

    assert not AccessBlock.objects.exists()
    assert not HistoryEntry.objects.exists()


def test_neither_a_viewer_nor_a_stranger_can_act(anna: Employee, by_vera: Actor, by_stranger: Actor) -> None:
    for actor in (by_vera, by_stranger):
        for act in (access.block_access, access.unblock_access, access.resend_username):
            with pytest.raises(NotAllowed):
                act(employee=anna, by=actor)

    assert not AccessBlock.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_a_block_that_fails_half_way_leaves_nothing(anna: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    with transaction.atomic():
        access.block_access(employee=anna, by=by_carla, reason="left")
        transaction.set_rollback(True)

    assert not Employee.objects.blocked().exists()
    assert mailbox.all() == []
    assert not HistoryEntry.objects.exists()


def test_do_not_mail_is_remembered_with_the_name(anna: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    access.block_access(employee=anna, by=by_carla, reason="left", do_not_mail=True)

    (mail,) = mailbox.to(anna)
    assert mail.state == "withheld"
    assert "Carla" in mail.why
    assert mail.finished_at is not None


def test_a_block_without_address_shows_that_the_mail_failed(
    without_email: Employee, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    assert access.block_access(employee=without_email, by=by_carla, reason="left")

    (mail,) = mailbox.to(without_email)
    assert (mail.state, mail.why) == ("failed", "no e-mail address")


def test_block_all_blocks_who_has_access_in_three_statements(
    anna: Employee, bob: Employee, dirk: Employee, eva: Employee, without_email: Employee, by_carla: Actor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    everybody = Employee.objects.filter(employer=anna.employer)

    with django_assert_num_queries(5):  # begin and end of the savepoint, and three INSERT … SELECT
        count = access.block_all(employees=everybody, by=by_carla, reason="closed")

    assert count == 2
    assert set(Employee.objects.blocked()) == {anna, without_email, eva}
    assert AccessBlock.objects.filter(employee=eva).count() == 1
    assert HistoryEntry.objects.filter(act="access_blocked").count() == 2
    assert {mail.to_address: mail.state for mail in OutgoingEmail.objects.all()} == {anna.email: "queued", "": "failed"}


def test_one_person_has_at_most_one_open_block(eva: Employee) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.make_block(eva)


def test_unblock_access_gives_back_the_same_account(eva: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    account = eva.account
    password = account.password if account else ""

    assert access.unblock_access(employee=eva, by=by_carla) is True

    eva.refresh_from_db()
    assert eva.account == account
    assert User.objects.get(employees=eva).password == password
    block = AccessBlock.objects.get(employee=eva)
    assert block.lifted_at is not None
    assert block.lifted_by == by_carla.user
    assert HistoryEntry.objects.get(employee=eva).act == "access_unblocked"
    assert mailbox.to(eva) == []  # the message is off unless somebody switches it on


def test_unblock_access_twice_is_harmless(eva: Employee, by_carla: Actor) -> None:
    access.unblock_access(employee=eva, by=by_carla)

    assert access.unblock_access(employee=eva, by=by_carla) is False
    assert HistoryEntry.objects.filter(employee=eva).count() == 1


def test_unblock_mails_where_the_message_is_switched_on(eva: Employee, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    MessageSwitch.objects.create(provider=eva.employer.provider, message="access_unblocked", is_on=True)

    access.unblock_access(employee=eva, by=by_carla)

    assert [mail.message for mail in mailbox.to(eva)] == ["access_unblocked"]


def test_the_employers_own_switch_goes_before_the_providers(
    eva: Employee, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    provider, employer = eva.employer.provider, eva.employer
    MessageSwitch.objects.create(provider=provider, message="access_unblocked", is_on=True)
    MessageSwitch.objects.create(provider=provider, employer=employer, message="access_unblocked", is_on=False)

    access.unblock_access(employee=eva, by=by_carla)

    assert mailbox.to(eva) == []


@pytest.mark.parametrize(
    ("granted", "signed_in", "sent"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_the_username_is_sent_only_to_who_has_access_and_signed_in_before(
    bakery: object, garage: object, by_carla: Actor, mailbox: cast.Mailbox, granted: bool, signed_in: bool, sent: bool
) -> None:
    account = cast.make_account("flip", signed_in=signed_in)
    # Without access here, but perhaps with an account at another employer.
    cast.make_employee(garage, "9", "Flip", "Kok", account=account)  # type: ignore[arg-type]
    flip = cast.make_employee(bakery, "9", "Flip", "Kok", account=account if granted else None)  # type: ignore[arg-type]

    if sent:
        access.resend_username(employee=flip, by=by_carla)
    else:
        with pytest.raises(access.ActRefused):
            access.resend_username(employee=flip, by=by_carla)

    assert [mail.message for mail in mailbox.to(flip)] == (["username"] if sent else [])
    assert HistoryEntry.objects.filter(employee=flip).count() == int(sent)


def test_the_username_is_not_sent_to_who_is_blocked_or_has_no_address(
    eva: Employee, without_email: Employee, by_carla: Actor
) -> None:
    for person in (eva, without_email):
        with pytest.raises(access.ActRefused):
            access.resend_username(employee=person, by=by_carla)

    assert not OutgoingEmail.objects.exists()


def test_asking_for_the_username_twice_at_once_sends_one_mail(
    anna: Employee, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    access.resend_username(employee=anna, by=by_carla)
    access.resend_username(employee=anna, by=by_carla)

    assert len(mailbox.to(anna)) == 1


def test_the_end_of_employment_changes_nothing(anna: Employee, mailbox: cast.Mailbox) -> None:
    Employee.objects.filter(pk=anna.pk).update(out_of_service_on="2020-01-31")

    assert Employee.objects.with_access().filter(pk=anna.pk).exists()
    assert mailbox.all() == []
