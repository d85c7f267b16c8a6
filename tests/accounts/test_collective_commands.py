"""The commands that act on many: the same mutation as a page makes, with the same trace."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.actor import Actor
from accounts.collective import approval, preview
from accounts.management import options as shared
from accounts.models import (
    AccessBlock,
    CollectiveCeiling,
    CollectiveMutation,
    Department,
    Employee,
    Employer,
    HistoryEntry,
    Invitation,
    SelectedEmployee,
    User,
)
from emailtemplates.models import MailState, OutgoingEmail
from tests.accounts.collective.conftest import carry_out, crew, refuse_block
from tests.accounts.collective.test_numbers import spreadsheet
from tests.accounts.test_commands import Captured, outcomes, run, told
from tests.cast import Mailbox, make_administrator

__all__ = ["refuse_block"]  # a fixture

BLOCK = ["block_access", "--employer", "1001", "--json"]


def test_a_command_leaves_the_trace_of_a_mutation(anna: Employee, bob: Employee, carla: User, mailbox: Mailbox) -> None:
    said = ["--reason", "closed", "--shown-reason", "We close."]
    assert run("block_access", "--employer", "1001", "--all", "--by", "carla", *said) == 0

    mutation = CollectiveMutation.objects.get()
    assert (mutation.act, mutation.employer, mutation.maker) == ("block-access", anna.employer, carla)
    assert (mutation.state, mutation.reason, mutation.shown_reason) == ("done", "closed", "We close.")
    assert (mutation.selection["how"], mutation.selected, mutation.processed) == ("all", 2, 2)
    block = AccessBlock.objects.get(employee=anna)
    mail = mailbox.to(anna)[0]
    entry = HistoryEntry.objects.get(employee=anna)
    assert block.act_id == mail.act_id == entry.act_id == mutation.public_id
    assert (block.reason, block.shown_reason, block.pk) == ("closed", "We close.", mail.pk)
    assert (mail.state, mail.not_before - mail.created_at) == (
        MailState.HELD, timedelta(seconds=settings.COLLECTIVE_HOLD_SECONDS),
    )  # fmt: skip
    assert Invitation.objects.get(employee=bob).end == "withdrawn"
    assert HistoryEntry.objects.get(act="collective_confirmed").actor == carla


def test_what_a_command_did_can_be_undone(anna: Employee, by_carla: Actor) -> None:
    assert run(*BLOCK, "--personnel-number", "1") == 0

    carry_out(preview.prepare_undo(mutation=CollectiveMutation.objects.get(), by=by_carla), by_carla)

    assert Employee.objects.with_access().get() == anna
    assert OutgoingEmail.objects.get().state == MailState.CANCELLED


@pytest.mark.parametrize("command", ["block_access", "unblock_access"])
def test_who_gives_no_reason_is_said_to_be_at_the_command_line(anna: Employee, eva: Employee, command: str) -> None:
    assert run(command, "--employer", "1001", "--all") == 0

    mutation = CollectiveMutation.objects.get()
    assert (mutation.reason, mutation.maker) == ("command line", None)
    assert mutation.maker_name.endswith("(command line)")


def test_dry_run_leaves_no_row_at_all(anna: Employee, bob: Employee, capsys: Captured) -> None:
    for command in ("unblock_access", "invite", "resend_username"):
        assert run(command, "--employer", "1001", "--all", "--dry-run") == 0
    capsys.readouterr()
    assert run(*BLOCK, "--all", "--dry-run") == 0

    assert outcomes(told(capsys)) == {"1": "done", "2": "done"}
    for model in (CollectiveMutation, SelectedEmployee, AccessBlock, HistoryEntry, OutgoingEmail):
        assert not model._default_manager.exists()
    assert Invitation.objects.get().ended_at is None


def test_nobody_to_change_leaves_no_mutation(eva: Employee, capsys: Captured) -> None:
    assert run(*BLOCK, "--all") == 0

    answer = told(capsys)
    assert (answer["done"], outcomes(answer)) == (0, {"5": "nothing_to_do"})
    assert not CollectiveMutation.objects.exists()


def test_named_people_who_are_refused_leave_no_mutation(anna: Employee, dirk: Employee, eva: Employee) -> None:
    assert run(*BLOCK, "--personnel-number", "1", "--personnel-number", "4") == 1
    assert run("resend_username", "--employer", "1001", "--personnel-number", "1", "--personnel-number", "5") == 1

    assert not CollectiveMutation.objects.exists()
    assert not SelectedEmployee.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_who_cannot_be_told_is_said_so_and_blocked(without_email: Employee, capsys: Captured) -> None:
    assert run(*BLOCK, "--all") == 0

    row = told(capsys)["employees"][0]
    assert (row["outcome"], row["reason"].startswith(without_email.name)) == ("done", True)


# --- Filters ---------------------------------------------------------------------------------------


@pytest.fixture
def leavers(bakery: Employer, anna: Employee, bob: Employee, dirk: Employee, eva: Employee) -> None:
    """Dirk left in March, Eva in June; Anna works in the shop and never signed in."""
    Employee.objects.filter(pk=dirk.pk).update(out_of_service_on="2026-03-31", email="")
    Employee.objects.filter(pk=eva.pk).update(out_of_service_on="2026-06-30")
    shop = Department.objects.create(employer=bakery, name="De winkel")
    Employee.objects.filter(pk=anna.pk).update(department=shop)
    User.objects.filter(employees=anna).update(last_login=None)
    User.objects.filter(employees=eva).update(last_login=timezone.now() - timedelta(days=400))


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ("--state invited", {"2"}),
        ("--department=De winkel", {"1"}),
        ("--in-service-on 2026-05-01", {"1", "2", "5"}),
        ("--out-of-service-on 2026-05-01", {"4"}),
        ("--left-from 2026-04-01", {"5"}),
        ("--left-until 2026-04-01", {"4"}),
        ("--left-from 2026-01-01 --left-until 2026-12-31", {"4", "5"}),
        ("--left-from 2026-01-01 --no-email", {"4"}),
        ("--last-sign-in-before 2026-01-01", {"5"}),
        ("--never-signed-in", {"1"}),
    ],
)
def test_filters(leavers: None, filters: str, numbers: set[str], capsys: Captured) -> None:
    arguments = [filters] if "=" in filters else filters.split()

    assert run(*BLOCK, *arguments, "--dry-run") == 0

    assert outcomes(told(capsys)).keys() == numbers


@pytest.mark.parametrize(
    "arguments",
    [
        ["--all", "--state", "active"],
        ["--personnel-number", "1", "--no-email"],
        ["--file", "people.csv", "--never-signed-in"],
        ["--state", "gone"],
        ["--state", ""],
        ["--state", "active", "--department", ""],
        ["--department", " "],
        ["--left-from", "31-12-2026"],
        ["--left-from", "0001-01-01"],
        ["--left-from", "2026-02-02", "--left-until", "2026-02-01"],
        ["--all", "--reason", "x" * 501],
        ["--all", "--shown-reason", "two\nlines"],
    ],
)
def test_wrong_usage_is_never_everybody(anna: Employee, arguments: list[str]) -> None:
    assert run(*BLOCK, *arguments) == 2

    assert not CollectiveMutation.objects.exists()


def test_filters_that_nobody_fits_are_an_error(anna: Employee, capsys: Captured) -> None:
    assert run(*BLOCK, "--department", "Misspelt") == 1

    assert not CollectiveMutation.objects.exists()


# --- Files -----------------------------------------------------------------------------------------


def test_people_from_a_spreadsheet(anna: Employee, bob: Employee, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "leavers.xlsx"
    file.write_bytes(spreadsheet(["Naam", "Personeelsnummer"], ["Anna", 1.0], ["Bob", "2"]))

    assert run(*BLOCK, "--file", str(file)) == 0
    assert outcomes(told(capsys)) == {"1": "done", "2": "done"}

    file.write_bytes(b"PK\x03\x04")
    assert run(*BLOCK, "--file", str(file)) == 1
    file.write_bytes(spreadsheet(["Personeelsnummer"]))
    assert run(*BLOCK, "--file", str(file)) == 2
    file.write_bytes(b"1\n" * 3_000_000)
    assert run(*BLOCK, "--file", str(file)) == 1


# --- Who may, and four eyes ------------------------------------------------------------------------


def test_above_a_ceiling_it_waits_for_a_second_administrator(
    anna: Employee, bob: Employee, carla: User, capsys: Captured
) -> None:
    nadia = make_administrator("nadia", provider=anna.employer.provider)
    CollectiveCeiling.objects.create(employer=anna.employer, number=1)

    assert run(*BLOCK, "--all", "--by", "carla") == 0

    answer = told(capsys)
    assert (answer["done"], answer["waiting"]) == (0, 2)
    mutation = CollectiveMutation.objects.get()
    assert (mutation.state, AccessBlock.objects.exists()) == ("waiting", False)
    assert OutgoingEmail.objects.get(message="collective_approval").account == nadia
    assert approval.decide(mutation=mutation, by=Actor.of(nadia), approved=True) is True


def test_above_a_ceiling_without_a_second_administrator_nothing_is_done(
    anna: Employee, bob: Employee, carla: User
) -> None:
    CollectiveCeiling.objects.create(employer=anna.employer, number=1)

    assert run(*BLOCK, "--all", "--by", "carla") == 1
    assert not CollectiveMutation.objects.exists()


def test_the_operator_is_above_every_ceiling(anna: Employee, bob: Employee) -> None:
    CollectiveCeiling.objects.create(employer=anna.employer, number=1)

    assert run(*BLOCK, "--all") == 0
    assert AccessBlock.objects.get().employee == anna


# --- Many ------------------------------------------------------------------------------------------


def test_of_very_many_a_table_shows_the_first_and_json_all(
    bakery: Employer, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(shared, "MOST_PRINTED", 3)
    crew(bakery, 5)

    assert run("block_access", "--employer", "1001", "--all", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert ("Crew2" in printed, "Crew3" in printed) == (True, False)
    assert re.search(r"\b2\b", printed)  # and two more
    assert run("block_access", "--employer", "1001", "--all") == 0
    assert "Crew3" not in capsys.readouterr().out
    assert run("unblock_access", "--employer", "1001", "--all", "--json") == 0
    assert len(told(capsys)["employees"]) == 5


def test_more_than_the_browser_waits_for_are_frozen_and_run_here(
    bakery: Employer, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(preview, "AT_ONCE", 3)
    crew(bakery, 150)

    assert run(*BLOCK, "--all") == 0

    assert told(capsys)["done"] == 150
    assert CollectiveMutation.objects.get().state == "done"
    assert AccessBlock.objects.count() == 150


def test_a_hundred_and_more_need_no_number_typed_of_an_administrator_either(bakery: Employer, carla: User) -> None:
    crew(bakery, 101)

    assert run(*BLOCK, "--all", "--by", "carla") == 0
    assert AccessBlock.objects.count() == 101


def test_somebody_who_cannot_be_changed_is_told(
    bakery: Employer, refuse_block: Callable[[Iterable[Employee]], None], capsys: Captured
) -> None:
    people = crew(bakery, 3)
    refuse_block(people[1:2])

    assert run(*BLOCK, "--all") == 1

    assert outcomes(told(capsys)) == {"c0": "done", "c1": "failed", "c2": "done"}
