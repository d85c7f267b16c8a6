"""What the page of an employee says of mail that did not arrive."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import invitations
from accounts.actor import Actor
from accounts.models import AccessState, Employee, User
from emailtemplates import suppression
from emailtemplates.models import MailState
from employer_portal import mail_words
from employer_portal.panel import panel_of
from tests import cast


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def of(employee: Employee) -> Any:
    return panel_of(Employee.objects.with_state().select_related("employer").get(pk=employee.pk), can_act=True)


@pytest.mark.parametrize("state", [MailState.BOUNCED, MailState.FAILED])
def test_an_invitation_that_did_not_arrive_is_undeliverable(dirk: Employee, by_carla: Actor, state: str) -> None:
    invited = invitations.invite(employee=dirk, by=by_carla)
    assert of(dirk).state == AccessState.INVITED

    cast.bounce(invited.pk, state)

    with translation.override("nl"):
        panel = of(dirk)
    assert panel.state == AccessState.UNDELIVERABLE
    assert [act.key for act in panel.acts] == ["invite", "withdraw_invitation"]
    assert list(Employee.objects.in_state("undeliverable")) == [dirk]
    invitations.invite(employee=dirk, by=by_carla)
    assert of(dirk).state == AccessState.INVITED
    invitations.withdraw(employee=dirk, by=by_carla)
    assert of(dirk).state == AccessState.WITHDRAWN


def test_an_expired_invitation_is_expired_whatever_became_of_its_mail(bob: Employee) -> None:
    invitation = bob.invitations.get()
    cast.make_mail(bob, "invitation", state=MailState.BOUNCED, pk=invitation.pk)
    assert of(bob).state == AccessState.UNDELIVERABLE

    bob.invitations.update(expires_at=timezone.now() - timedelta(hours=1))

    assert of(bob).state == AccessState.EXPIRED


def test_a_held_back_address_is_offered_again(desk: Client, anna: Employee) -> None:
    suppression.suppress(cast.make_mail(anna, "username", state=MailState.BOUNCED), why="550")
    path = reverse("employer_portal:try_address_of_employee_again", args=[anna.employer.public_id, anna.public_id])
    assert of(anna).acts[0].key == "try_address_of_employee_again"

    assert desk.post(path, follow=True).context["panel"].acts[0].key == "resend_username"
    assert desk.post(path).status_code == 302


@pytest.mark.parametrize("state", list(MailState))
def test_the_sentence_about_a_block_says_what_became_of_its_mail(eva: Employee, state: str) -> None:
    mail = cast.make_mail(eva, "access_blocked", state=state, pk=eva.blocks.get().pk)

    with translation.override("en"):
        sentence = of(eva).sentence
        assert sentence.endswith(f"; {mail_words.in_a_clause(mail)}.")
    if state in (MailState.DELIVERED, MailState.BOUNCED):
        assert {"delivered": "has been delivered", "bounced": "came back (this address does not exist"}[
            state
        ] in sentence
