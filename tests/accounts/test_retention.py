"""What is thrown away when its time is over, and what stays."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from accounts import retention, tasks
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.models import (
    CollectiveMutation,
    CollectiveOutcome,
    Employee,
    HistoryEntry,
    PasswordRequest,
    SelectedEmployee,
    User,
)
from accounts.retention import Purged
from emailtemplates import retention as of_mails
from emailtemplates import suppression
from emailtemplates.models import REMOVED, MailState, OutgoingEmail, SuppressedAddress
from tests import cast
from tests.accounts.test_commands import run

LONG_AGO = timezone.now() - timedelta(days=91)
NOTHING = Purged(mails=0, suppressed_addresses=0, password_requests=0, sessions=0, previews=0, mutation_people=0)


def old_mail(to: Employee | User, state: str = MailState.SENT, **facts: Any) -> OutgoingEmail:
    return cast.make_mail(to, "credentials_changed", state=state, finished_at=LONG_AGO, values={"change": "x"}, **facts)


def test_an_old_mail_is_made_anonymous_and_the_row_stays(anna: Employee) -> None:
    mail = old_mail(anna, sent_at=LONG_AGO, first_attempt_at=LONG_AGO, esp_id="esp-1")

    assert retention.purge().mails == 1

    left = OutgoingEmail.objects.get(pk=mail.pk)
    assert (left.to_address, left.values, left.why, left.esp_id) == ("", {}, REMOVED, "")
    assert (left.state, left.employee, left.finished_at) == (MailState.SENT, anna, LONG_AGO)
    assert (left.sent_at, left.first_attempt_at, left.created_at) == (LONG_AGO, LONG_AGO, mail.created_at)
    assert left.why_in_words == "verwijderd na de bewaartermijn" or left.why_in_words == REMOVED


def test_twice_is_once(anna: Employee) -> None:
    old_mail(anna)
    tasks.purge()

    assert retention.purge() == NOTHING


@pytest.mark.parametrize("state", [MailState.BOUNCED, MailState.WITHHELD, MailState.EXPIRED, MailState.COMPLAINED])
def test_whatever_way_it_ended(anna: Employee, state: str) -> None:
    mail = old_mail(anna, state)

    retention.purge()

    mail.refresh_from_db()
    assert (mail.state, mail.attention_at) == (state, None)
    assert mail.why_in_words


def test_what_is_under_way_or_young_stays_as_it_is(anna: Employee, settings: Settings) -> None:
    waiting = cast.make_mail(anna, "username", state=MailState.QUEUED, created_at=LONG_AGO)
    young = cast.make_mail(anna, "username", finished_at=timezone.now() - timedelta(days=89))

    assert retention.purge().mails == 0
    assert {mail.to_address for mail in (waiting, young)} == {anna.email}
    settings.MAIL_RETENTION_DAYS = 30
    assert retention.purge().mails == 1


def test_more_than_one_chunk(anna: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_mails, "CHUNK", 2)
    for _ in range(5):
        old_mail(anna)

    assert retention.purge().mails == 5


def test_suppressed_addresses_that_nobody_has_any_more(anna: Employee, bob: Employee, carla: User) -> None:
    for person in (anna, bob, carla):
        suppression.suppress(cast.make_mail(person, "username"), why="550")
    Employee.objects.filter(pk=bob.pk).update(email="other@example.nl")
    Employee.objects.filter(pk=anna.pk).update(email=anna.email.upper())

    assert retention.purge().suppressed_addresses == 1

    assert set(SuppressedAddress.objects.values_list("address", flat=True)) == {anna.email, carla.email}


def test_an_address_of_another_providers_people_is_another_matter(anna: Employee, other_employer: Any) -> None:
    cast.make_employee(other_employer, "1", "Other", "Person", email="shared@example.nl")
    SuppressedAddress.objects.create(provider=anna.employer.provider, address="shared@example.nl", why="550")

    assert retention.purge().suppressed_addresses == 1


def test_answered_password_requests_and_sessions_that_are_over(db: None) -> None:
    now = timezone.now()
    PasswordRequest.objects.create(username_key="", portal="employee", answered_at=now - timedelta(days=3))
    PasswordRequest.objects.create(username_key="", portal="employee", answered_at=now)
    PasswordRequest.objects.create(username_key="anna", portal="employee")
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="b" * 32, session_data="", expire_date=now + timedelta(minutes=1))

    purged = retention.purge()

    assert (purged.password_requests, purged.sessions) == (1, 1)
    assert PasswordRequest.objects.count() == 2
    assert Session.objects.get().session_key == "b" * 32


def mutation_of(people: list[Employee], *, confirm_it: bool, days_ago: float) -> CollectiveMutation:
    """A block of these people, previewed or done so long ago."""
    numbers = [person.personnel_number for person in people]
    employer = people[0].employer
    by = Actor.command_line("root")
    mutation = preview.prepare(
        act="block-access", place=employer, selection=selection.by_numbers(employer, numbers), by=by
    )
    at = timezone.now() - timedelta(days=days_ago)
    if confirm_it:
        confirm.confirm(mutation=mutation, by=by, confirmation=confirm.Confirmation(reason="closed"))
        running.run(mutation)
        CollectiveMutation.objects.filter(pk=mutation.pk).update(finished_at=at)
    CollectiveMutation.objects.filter(pk=mutation.pk).update(created_at=at)
    return mutation


def test_a_preview_that_nobody_confirmed_goes_with_its_people(anna: Employee, eva: Employee) -> None:
    mutation_of([anna, eva], confirm_it=False, days_ago=1.1)
    young = mutation_of([anna], confirm_it=False, days_ago=0.9)

    assert retention.would_purge().previews == 1
    assert CollectiveMutation.objects.count() == 2
    assert retention.purge().previews == 1

    assert CollectiveMutation.objects.get() == young
    assert SelectedEmployee.objects.get().mutation == young
    assert retention.purge() == NOTHING


def test_a_preview_that_was_never_frozen_goes_as_well(anna: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "AT_ONCE", 0)
    by = Actor.command_line("root")
    everyone = selection.everyone([anna.employer])
    mutation = preview.prepare(act="block-access", place=anna.employer, selection=everyone, by=by)
    CollectiveMutation.objects.filter(pk=mutation.pk).update(created_at=LONG_AGO)
    assert mutation.state == "selecting"

    assert retention.purge().previews == 1
    assert not CollectiveMutation.objects.exists()


def test_an_old_mutation_forgets_its_people_and_stays(
    anna: Employee, eva: Employee, without_email: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 1)
    old = mutation_of([anna, eva], confirm_it=True, days_ago=732)
    young = mutation_of([without_email], confirm_it=True, days_ago=730)

    assert retention.would_purge().mutation_people == 2
    assert retention.purge().mutation_people == 2

    assert set(CollectiveMutation.objects.all()) == {old, young}
    assert {row.mutation for row in SelectedEmployee.objects.all()} == {young}
    assert {row.mutation for row in CollectiveOutcome.objects.all()} == {young}
    old.refresh_from_db()
    assert (old.selected, old.outcomes_by_kind) == (2, {"change": 1, "nothing": 1})
    assert HistoryEntry.objects.filter(employee=anna, act_id=old.public_id).exists()
    assert retention.purge() == NOTHING


def test_people_stay_as_long_as_the_mutation_that_takes_them_back_needs_them(anna: Employee) -> None:
    old = mutation_of([anna], confirm_it=True, days_ago=800)
    by = Actor.command_line("root")
    undo = preview.prepare_undo(mutation=old, by=by)
    confirm.confirm(mutation=undo, by=by, confirmation=confirm.Confirmation(reason="by mistake"))

    assert retention.purge().mutation_people == 0
    running.run(undo)

    assert list(Employee.objects.with_access()) == [anna]
    assert retention.purge().mutation_people == 1


def test_the_command_tells_what_it_did(anna: Employee, capsys: pytest.CaptureFixture[str]) -> None:
    old_mail(anna)

    assert run("purge", "--dry-run", "--json") == 0
    dry = json.loads(capsys.readouterr().out)
    assert OutgoingEmail.objects.get().to_address == anna.email
    assert run("purge", "--json") == 0
    done = json.loads(capsys.readouterr().out)

    assert dry == {"dry_run": True, **asdict(NOTHING), "mails": 1}
    assert done == {**dry, "dry_run": False}
    assert OutgoingEmail.objects.get().to_address == ""
    assert run("purge") == 0
    assert "mails: 0" in capsys.readouterr().out
    assert not HistoryEntry.objects.exists()


def test_the_command_is_of_the_command_line_alone(carla: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("purge", "--by", "carla") == 1
    assert run("purge", "--by", "nobody") == 1
    assert run("purge", "--everything") == 2


def test_the_schedule_knows_it() -> None:
    assert "accounts.tasks.purge" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
