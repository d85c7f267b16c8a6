"""What an administrator does about one mail: send it again, cancel it, try its address again, call it handled."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from accounts import access, invitations, mail_previews, mails
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.mail_lists import with_prospects
from accounts.models import Employee, HistoryEntry, PasswordLink, Provider, User
from accounts.permissions import NotAllowed
from emailtemplates import delivery, handover, suppression
from emailtemplates.models import REMOVED, MailState, OutgoingEmail, SuppressedAddress
from tests import cast

ACTS: list[Callable[..., bool]] = [mails.retry_mail, mails.cancel_mail, mails.try_address_again, mails.mark_handled]


def now(mail: OutgoingEmail) -> OutgoingEmail:
    return with_prospects(OutgoingEmail.objects.all()).get(pk=mail.pk)


def bounced(to: Employee | User, message: str = "username", **facts: Any) -> OutgoingEmail:
    """As a worker leaves it: the address takes no mail any more."""
    mail = cast.make_mail(to, message, state=MailState.BOUNCED, first_attempt_at=timezone.now(), attempts=3, **facts)
    suppression.suppress(mail, why="550 5.1.1 no such user")
    return mail


def acts_done() -> list[str]:
    return list(HistoryEntry.objects.order_by("pk").values_list("act", flat=True))


def test_retry_sends_the_same_mail_to_the_address_of_now(anna: Employee, by_carla: Actor) -> None:
    mail = bounced(anna)
    Employee.objects.filter(pk=anna.pk).update(email="anna@new.example")

    assert mails.retry_mail(mail=now(mail), by=by_carla)

    again = now(mail)
    assert (again.state, again.to_address, again.attempts, again.why) == ("queued", "anna@new.example", 0, "")
    assert (again.first_attempt_at, again.created_at) == (mail.first_attempt_at, mail.created_at)
    assert (again.finished_at, again.attention_at) == (None, None)
    assert timedelta(hours=23) < again.expires_at - timezone.now() < timedelta(hours=25)
    entry = HistoryEntry.objects.get()
    assert (entry.act, entry.employee, entry.mail_id, entry.actor_name) == ("mail_retried", anna, mail.pk, "Carla")


def test_what_was_retried_goes_out_although_the_address_was_suppressed(anna: Employee, by_carla: Actor) -> None:
    mail = bounced(anna)

    mails.retry_mail(mail=now(mail), by=by_carla)
    delivery.deliver_due()

    assert now(mail).state == MailState.SENT
    assert not SuppressedAddress.objects.exists()


def test_retry_twice_is_one_retry(anna: Employee, by_carla: Actor) -> None:
    mail = bounced(anna)
    mails.retry_mail(mail=now(mail), by=by_carla)

    assert mails.retry_mail(mail=now(mail), by=by_carla) is False

    assert acts_done() == ["mail_retried"]


@pytest.mark.parametrize("state", [MailState.SENT, MailState.DELIVERED, MailState.COMPLAINED, MailState.WITHHELD])
def test_what_arrived_or_was_not_to_be_sent_is_not_retried(anna: Employee, by_carla: Actor, state: str) -> None:
    mail = cast.make_mail(anna, "username", state=state)

    with pytest.raises(ActRefused):
        mails.retry_mail(mail=now(mail), by=by_carla)

    assert not HistoryEntry.objects.exists()


def test_what_is_not_true_any_more_is_not_retried(
    anna: Employee, bob: Employee, dirk: Employee, by_carla: Actor
) -> None:
    access.block_access(employee=anna, by=by_carla)
    block = anna.blocks.get()
    told = OutgoingEmail.objects.get(pk=block.pk)
    cast.bounce(told.pk)
    assert mails.why_not_retry(now(told)) is None
    access.unblock_access(employee=anna, by=by_carla)
    invited = invitations.invite(employee=dirk, by=by_carla)
    invitation = OutgoingEmail.objects.get(pk=invited.pk)
    cast.bounce(invitation.pk)
    assert mails.why_not_retry(now(invitation)) is None
    invitations.withdraw(employee=dirk, by=by_carla)

    for mail in (told, invitation, bounced(bob), bounced(anna, "password_reset")):
        assert mails.why_not_retry(now(mail))
        with pytest.raises(ActRefused):
            mails.retry_mail(mail=now(mail), by=by_carla)


def test_an_invitation_is_not_retried_at_another_address(dirk: Employee, by_carla: Actor) -> None:
    mail = OutgoingEmail.objects.get(pk=invitations.invite(employee=dirk, by=by_carla).pk)
    cast.bounce(mail.pk)

    Employee.objects.filter(pk=dirk.pk).update(email="dirk@new.example")

    assert mails.why_not_retry(now(mail))


def test_without_an_address_there_is_nowhere_to_send_it(without_email: Employee, by_carla: Actor) -> None:
    mail = cast.make_mail(without_email, "access_blocked", state=MailState.FAILED)

    with translation.override("en"):
        assert "address" in str(mails.why_not_retry(now(mail)))


def test_cancel_is_for_what_waits(anna: Employee, by_carla: Actor) -> None:
    queued = cast.make_mail(anna, "username", state=MailState.QUEUED)
    held = cast.make_mail(anna, "username", state=MailState.HELD)
    uncertain = cast.make_mail(anna, "username", state=MailState.UNCERTAIN)

    for mail in (queued, held, uncertain):
        assert mails.cancel_mail(mail=now(mail), by=by_carla)
        assert mails.cancel_mail(mail=now(mail), by=by_carla) is False
        assert now(mail).state == MailState.CANCELLED
        assert "Carla" in now(mail).why_in_words

    assert acts_done() == ["mail_cancelled"] * 3
    assert delivery.deliver_due() == 0


def test_what_left_is_not_cancelled(anna: Employee, by_carla: Actor) -> None:
    sent = cast.make_mail(anna, "username", state=MailState.SENT)
    leaving = cast.make_mail(
        anna,
        "username",
        state=MailState.TRANSMITTING,
    )

    for mail in (sent, leaving):
        with pytest.raises(ActRefused):
            mails.cancel_mail(mail=now(mail), by=by_carla)


def test_try_an_address_again(anna: Employee, by_carla: Actor) -> None:
    mail = bounced(anna)

    assert mails.try_address_again(mail=now(mail), by=by_carla)
    assert mails.try_address_again(mail=now(mail), by=by_carla) is False

    assert not SuppressedAddress.objects.exists()
    assert now(mail).state == MailState.BOUNCED
    assert acts_done() == ["address_tried_again"]


def test_try_the_address_of_an_employee_again(anna: Employee, by_carla: Actor, by_vera: Actor) -> None:
    bounced(anna)
    with pytest.raises(NotAllowed):
        mails.try_address_of_employee_again(employee=anna, by=by_vera)

    assert mails.try_address_of_employee_again(employee=anna, by=by_carla)
    assert mails.try_address_of_employee_again(employee=anna, by=by_carla) is False
    assert acts_done() == ["address_tried_again"]


def test_handled_is_handled_once(anna: Employee, by_carla: Actor) -> None:
    mail = bounced(anna)

    assert mails.mark_handled(mail=now(mail), by=by_carla)
    assert mails.mark_handled(mail=now(mail), by=by_carla) is False

    assert now(mail).attention_at is None
    assert acts_done() == ["mail_handled"]


@pytest.mark.parametrize("act", ACTS)
def test_neither_viewer_nor_stranger_acts(
    anna: Employee, by_vera: Actor, by_stranger: Actor, act: Callable[..., bool]
) -> None:
    for by in (by_vera, by_stranger):
        with pytest.raises(NotAllowed):
            act(mail=now(bounced(anna)), by=by)

    assert not HistoryEntry.objects.exists()


@pytest.mark.parametrize("act", [mails.retry_mail, mails.try_address_again, mails.mark_handled])
def test_when_something_fails_nothing_is_done(anna: Employee, by_carla: Actor, act: Callable[..., bool]) -> None:
    mail = bounced(anna)

    @transaction.atomic
    def act_and_fail() -> None:
        act(mail=now(mail), by=by_carla)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act_and_fail()

    assert (now(mail).state, now(mail).attention_at) == (MailState.BOUNCED, mail.attention_at)
    assert SuppressedAddress.objects.exists()
    assert not HistoryEntry.objects.exists()


def test_the_mail_of_an_administrator_is_the_providers(
    provider: Provider, carla: User, by_carla: Actor, by_stranger: Actor
) -> None:
    new = cast.make_administrator("nora", provider=provider)
    link = PasswordLink.objects.create(
        user=new, email=new.email, credentials_version=1, issued_at=timezone.now(), expires_at=timezone.now() + timedelta(days=4)
    )  # fmt: skip
    mail = bounced(new, "administrator_invitation", about=link.pk)
    with pytest.raises(NotAllowed):
        mails.retry_mail(mail=now(mail), by=by_stranger)

    assert mails.retry_mail(mail=now(mail), by=by_carla)

    entry = HistoryEntry.objects.get()
    assert (entry.provider, entry.employer, entry.employee, entry.after) == (provider, None, None, "Nora")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_retry_once(anna: Employee, by_carla: Actor) -> None:
    mail = now(bounced(anna))
    together, answers = Barrier(2), []

    def press() -> None:
        together.wait()
        answers.append(mails.retry_mail(mail=mail, by=by_carla))
        connection.close()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False, True]
    assert acts_done() == ["mail_retried"]


# --- Reading it again --------------------------------------------------------------------------------


def test_a_preview_makes_no_link(dirk: Employee, by_carla: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = OutgoingEmail.objects.get(pk=invitations.invite(employee=dirk, by=by_carla).pk)

    rendered = mail_previews.preview_of(now(mail))

    assert rendered is not None
    for part in (rendered.html, rendered.text):
        assert "/activate/" not in part
        assert "[link]" in part
        assert "Dirk" in part
    assert 'href="[link]"' not in rendered.html


def test_a_preview_after_the_invitation_ended_still_shows_what_was_said(dirk: Employee, by_carla: Actor) -> None:
    mail = OutgoingEmail.objects.get(pk=invitations.invite(employee=dirk, by=by_carla).pk)
    invitations.withdraw(employee=dirk, by=by_carla)

    assert mail_previews.preview_of(now(mail)) is not None


def test_a_preview_shows_no_username_of_another_day(anna: Employee) -> None:
    mail = cast.make_mail(anna, "username")
    first = mail_previews.preview_of(now(mail))
    HistoryEntry.objects.create(act="username_changed", act_id=mail.pk, provider=anna.employer.provider, employee=anna)

    after = mail_previews.preview_of(now(mail))

    assert first is not None
    assert after is not None
    assert ">anna<" in first.html or " anna" in first.text
    assert "[gebruikersnaam]" in after.text or "[username]" in after.text


def test_of_a_removed_mail_there_is_nothing_to_read(anna: Employee) -> None:
    mail = cast.make_mail(anna, "username", why=REMOVED)

    assert mail_previews.preview_of(now(mail)) is None
    assert mails.why_not_retry(now(mail))


def test_a_suppressed_address_gets_nothing_and_the_mail_asks_for_attention(anna: Employee, by_carla: Actor) -> None:
    bounced(anna)

    access.block_access(employee=anna, by=by_carla)
    delivery.deliver_due()

    mail = OutgoingEmail.objects.get(message="access_blocked")
    assert (mail.state, mail.why) == (MailState.FAILED, handover.SUPPRESSED)
    assert mail.attention_at is not None
