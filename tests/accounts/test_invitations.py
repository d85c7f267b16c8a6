"""Offering access, and taking the offer back."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts import activation, invitations
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.models import Employee, HistoryEntry, Invitation
from accounts.permissions import NotAllowed
from tests import cast


def state_of(employee: Employee) -> str:
    return Employee.objects.with_state().get(pk=employee.pk).state


def test_invite_offers_access_by_mail_for_four_calendar_days(
    dirk: Employee, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    invitation = invitations.invite(employee=dirk, by=by_carla)

    assert state_of(dirk) == "invited"
    (mail,) = mailbox.to(dirk)
    assert (mail.message, mail.about, mail.to_address) == ("invitation", invitation.pk, dirk.email)
    assert HistoryEntry.objects.get(employee=dirk).act == "invited"
    wall = timezone.localtime(invitation.expires_at).replace(tzinfo=None)
    now = timezone.localtime().replace(tzinfo=None)
    assert abs(wall - now - timedelta(days=4)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-27T10:14:00+01:00", "2026-03-31T10:14:00+02:00"),  # over the start of summer time
        ("2026-10-23T10:14:00+02:00", "2026-10-27T10:14:00+01:00"),  # over its end
    ],
)
def test_the_invitation_ends_at_the_same_time_of_day(now: str, until: str) -> None:
    moment, expected = datetime.fromisoformat(now), datetime.fromisoformat(until)

    assert invitations.expiry(moment) == expected


def test_inviting_again_ends_the_earlier_link(bob: Employee, by_carla: Actor) -> None:
    first = Invitation.objects.get(employee=bob)
    token = activation.token_of(first)

    second = invitations.invite(employee=bob, by=by_carla)

    assert Invitation.objects.open().get(employee=bob) == second
    with pytest.raises(activation.InvitationNotValid):
        activation.find(token)
    assert activation.find(activation.token_of(second)) == second
    assert HistoryEntry.objects.get(employee=bob).act == "invitation_resent"


def test_who_has_access_or_no_address_is_not_invited(
    anna: Employee, eva: Employee, bakery: object, by_carla: Actor
) -> None:
    nowhere = cast.make_employee(bakery, "8", "Noor", "Vos", email="")  # type: ignore[arg-type]
    for person in (anna, eva, nowhere):
        with pytest.raises(ActRefused):
            invitations.invite(employee=person, by=by_carla)

    assert not Invitation.objects.exists()


def test_withdraw_ends_the_link_and_twice_is_harmless(bob: Employee, by_carla: Actor) -> None:
    token = activation.token_of(Invitation.objects.get(employee=bob))

    assert invitations.withdraw(employee=bob, by=by_carla) is True
    assert invitations.withdraw(employee=bob, by=by_carla) is False

    assert state_of(bob) == "withdrawn"
    with pytest.raises(activation.InvitationNotValid):
        activation.find(token)
    assert HistoryEntry.objects.filter(employee=bob).count() == 1


def test_an_expired_invitation_shows_and_can_be_sent_again(bob: Employee, by_carla: Actor) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert state_of(bob) == "expired"
    with pytest.raises(activation.InvitationNotValid):
        activation.find_by_id(Invitation.objects.get().pk)

    invitations.invite(employee=bob, by=by_carla)

    assert state_of(bob) == "invited"


def test_a_changed_address_ends_the_offer(bob: Employee, by_carla: Actor) -> None:
    assert invitations.withdraw_for_changed_address(employees=[bob], by=by_carla) == 1

    assert Invitation.objects.get(employee=bob).end == "email_changed"
    assert state_of(bob) == "withdrawn"
    assert HistoryEntry.objects.get(employee=bob).reason == "email_changed"


def test_neither_a_viewer_nor_a_stranger_invites(
    dirk: Employee, bob: Employee, by_vera: Actor, by_stranger: Actor
) -> None:
    for actor in (by_vera, by_stranger):
        with pytest.raises(NotAllowed):
            invitations.invite(employee=dirk, by=actor)
        with pytest.raises(NotAllowed):
            invitations.withdraw(employee=bob, by=actor)

    assert state_of(dirk) == "none"
    assert state_of(bob) == "invited"
