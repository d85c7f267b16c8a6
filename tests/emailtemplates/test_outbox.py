"""Putting mail in, and which messages are on."""

from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import Employee, Employer, Provider
from accounts.recipients import recipient
from emailtemplates import doorbell, outbox, switches
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models import MailState, OutgoingEmail
from emailtemplates.outbox import Recipient

SOMEBODY = Recipient(address="anna@example.nl", language="", provider_id=None)


def test_the_catalogue_is_that_of_the_contract() -> None:
    assert {key: (message.key, message.on_by_default, message.overridable) for key, message in MESSAGES.items()} == {
        "invitation": ("invitation", True, True),
        "access_blocked": ("access_blocked", True, True),
        "access_unblocked": ("access_unblocked", False, True),
        "access_end_announced": ("access_end_announced", True, True),
        "username": ("username", True, True),
        "password_reset": ("password_reset", True, True),
        "credentials_changed": ("credentials_changed", False, True),
        "administrator_invitation": ("administrator_invitation", True, False),
        # Ours, besides the contract: what asks for a second pair of eyes, and the code that confirms a sender's address.
        "collective_approval": ("collective_approval", True, False),
        "sender_code": ("sender_code", True, False),
    }
    assert {key for key, message in MESSAGES.items() if message.optional} == {"access_unblocked", "credentials_changed"}


def test_a_mail_is_a_row_with_ids_and_no_text(anna: Employee) -> None:
    act, about = uuid4(), uuid4()

    mail = outbox.enqueue("username", to=recipient(anna), act_id=act, about=about, values={"change": "username"})

    assert mail is not None
    mail.refresh_from_db()
    assert (mail.employee, mail.employer, mail.provider) == (anna, anna.employer, anna.employer.provider)
    assert (mail.state, mail.to_address, mail.language, mail.priority) == ("queued", "anna@example.nl", "nl", 1)
    assert (mail.act_id, mail.about, mail.values, mail.finished_at) == (act, about, {"change": "username"}, None)


def test_a_withheld_mail_is_kept_and_says_by_whom(db: None) -> None:
    mail = outbox.enqueue("access_blocked", to=SOMEBODY, act_id=uuid4(), withheld_by="Carla")

    assert mail is not None
    mail.refresh_from_db()
    assert (mail.state, mail.why) == (MailState.WITHHELD, "withheld by Carla")
    assert mail.finished_at is not None


def test_a_mail_without_address_is_kept_as_failed(db: None) -> None:
    nowhere = Recipient(address="", language="nl", provider_id=None)

    mail = outbox.enqueue("access_blocked", to=nowhere, act_id=uuid4())

    assert mail is not None
    mail.refresh_from_db()
    assert (mail.state, mail.why) == (MailState.FAILED, "no e-mail address")
    assert mail.finished_at is not None


def test_without_commit_there_is_neither_mail_nor_hint(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    hints: list[str] = []
    monkeypatch.setattr(doorbell, "publish", hints.append)

    with transaction.atomic():
        outbox.enqueue("access_blocked", to=SOMEBODY, act_id=uuid4())
        transaction.set_rollback(True)

    assert not OutgoingEmail.objects.exists()
    assert hints == []

    with transaction.atomic():
        outbox.enqueue("access_blocked", to=SOMEBODY, act_id=uuid4())
        assert hints == []

    assert hints == ["emailtemplates.tasks.deliver_due_emails"]


def test_an_optional_message_that_is_off_is_not_promised_unless_it_must(db: None) -> None:
    assert outbox.enqueue("credentials_changed", to=SOMEBODY, act_id=uuid4()) is None
    assert outbox.enqueue("credentials_changed", to=SOMEBODY, act_id=uuid4(), even_if_off=True) is not None


def test_the_employers_switch_goes_before_the_providers(
    provider: Provider, bakery: Employer, garage: Employer, other_employer: Employer
) -> None:
    def are_on() -> list[bool]:
        return [
            switches.is_on("access_unblocked", provider_id=employer.provider_id, employer_id=employer.pk)
            for employer in (bakery, garage, other_employer)
        ]

    def switch(employer: Employer | None, is_on: bool | None) -> None:
        employer_id = employer.pk if employer else None
        switches.set_switch(message="access_unblocked", provider_id=provider.pk, employer_id=employer_id, is_on=is_on)

    assert are_on() == [False, False, False]
    switch(None, True)
    assert are_on() == [True, True, False]
    switch(bakery, False)
    assert are_on() == [False, True, False]
    switch(bakery, None)
    switch(None, False)
    switch(garage, True)
    assert are_on() == [False, True, False]
    switch(None, None)
    switch(garage, None)
    assert are_on() == [False, False, False]


def test_what_is_not_optional_is_always_on(bakery: Employer) -> None:
    switches.set_switch(message="access_blocked", provider_id=bakery.provider_id, employer_id=bakery.pk, is_on=False)

    assert switches.is_on("access_blocked", provider_id=bakery.provider_id, employer_id=bakery.pk)
