"""The commands: who is named, what is told, and the exit status a script relies on."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, load_command_class

from accounts import passwords
from accounts.models import AccessBlock, Administrator, Employee, Employer, HistoryEntry, Invitation, Provider, User
from emailtemplates.models import MailState
from tests.cast import Mailbox, make_employee, make_invitation

Captured = pytest.CaptureFixture[str]


def run(name: str, *arguments: str) -> int:
    """The exit status of `manage.py NAME …`; as Django's own run_from_argv, which also closes the database."""
    command: Any = load_command_class("accounts", name)
    command._called_from_command_line = True
    try:
        options = vars(command.create_parser("manage.py", name).parse_args(arguments))
        command.execute(*options.pop("args", ()), **options)
    except CommandError as error:
        command.stderr.write(str(error))
        return int(error.returncode)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def told(capsys: Captured) -> dict[str, Any]:
    """What --json printed."""
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {employee["personnel_number"]: employee["outcome"] for employee in answer["employees"]}


# --- Naming people ---------------------------------------------------------------------------------


def test_block_one_person(anna: Employee, bob: Employee, carla: User, mailbox: Mailbox, capsys: Captured) -> None:
    arguments = ["--employer", "1001", "--personnel-number", "1", "--by", "carla", "--reason", "left", "--json"]

    assert run("block_access", *arguments) == 0

    assert told(capsys) == {
        "dry_run": False,
        "done": 1,
        "nothing_to_do": 0,
        "employees": [{"personnel_number": "1", "name": "Anna de Vries", "outcome": "done", "reason": ""}],
    }
    block = AccessBlock.objects.get()
    assert (block.employee, block.blocked_by, block.reason) == (anna, carla, "left")
    assert [mail.message for mail in mailbox.all()] == ["access_blocked"]


def test_block_twice_is_harmless(anna: Employee, mailbox: Mailbox, capsys: Captured) -> None:
    arguments = ["block_access", "--employer", "1001", "--personnel-number", "1", "--json"]
    run(*arguments)
    capsys.readouterr()

    assert run(*arguments) == 0

    assert outcomes(told(capsys)) == {"1": "nothing_to_do"}
    assert len(mailbox.all()) == 1


def test_block_without_mail_and_unblock(anna: Employee, mailbox: Mailbox, capsys: Captured) -> None:
    assert run("block_access", "--employer", "1001", "--personnel-number", "1", "--do-not-mail") == 0
    assert [mail.state for mail in mailbox.to(anna)] == [MailState.WITHHELD]

    assert run("unblock_access", "--employer", "1001", "--personnel-number", "1") == 0
    assert Employee.objects.with_access().get() == anna

    capsys.readouterr()
    assert run("unblock_access", "--employer", "1001", "--personnel-number", "1", "--json") == 0
    assert outcomes(told(capsys)) == {"1": "nothing_to_do"}


def test_nothing_is_done_if_it_is_not_possible_for_one_of_those_named(
    anna: Employee, dirk: Employee, capsys: Captured
) -> None:
    arguments = ["--employer", "1001", "--personnel-number", "1", "--personnel-number", "4", "--json"]

    assert run("block_access", *arguments) == 1

    answer = told(capsys)
    assert outcomes(answer) == {"4": "refused"}
    assert "Dirk Bakker" in answer["employees"][0]["reason"]
    assert not AccessBlock.objects.exists()


def test_of_all_those_to_whom_it_does_not_apply_are_skipped(
    anna: Employee, dirk: Employee, eva: Employee, capsys: Captured
) -> None:
    assert run("block_access", "--employer", "1001", "--all", "--json") == 0

    assert outcomes(told(capsys)) == {"1": "done", "4": "skipped", "5": "nothing_to_do"}
    assert AccessBlock.objects.filter(lifted_at=None).count() == 2


@pytest.mark.parametrize(
    "text", ["1\n\n 4 \n", "\ufeffname;personnel_number\nAnna;1\nDirk;4\n", "personnel_number\n1\n4\n"]
)
def test_people_from_a_file(anna: Employee, dirk: Employee, bob: Employee, tmp_path: Path, text: str) -> None:
    file = tmp_path / "leavers"
    file.write_text(text)

    assert run("withdraw_invitation", "--employer", "1001", "--file", str(file)) == 1  # Anna has used hers
    assert run("block_access", "--employer", "1001", "--file", str(file)) == 1  # Dirk never had access
    make_invitation(dirk)
    file.write_text(text.replace("1\n", "2\n"))
    assert run("withdraw_invitation", "--employer", "1001", "--file", str(file)) == 0
    assert not Invitation.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("numbers", [["1", "404"], ["1", "1"]])
def test_unknown_and_double_numbers_are_named_and_nothing_is_done(
    anna: Employee, numbers: list[str], capsys: Captured
) -> None:
    named = [part for number in numbers for part in ("--personnel-number", number)]

    assert run("block_access", "--employer", "1001", *named) == 1

    assert numbers[1] in capsys.readouterr().err
    assert not AccessBlock.objects.exists()


def test_selecting_nobody_is_wrong_usage_and_never_everybody(anna: Employee, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("personnel_number\n\n")

    assert run("block_access", "--employer", "1001") == 2
    assert run("block_access", "--employer", "1001", "--file", str(empty)) == 2
    assert run("block_access", "--employer", "1001", "--personnel-number", "") == 2
    assert run("block_access", "--employer", "1001", "--all", "--personnel-number", "1") == 2
    assert run("block_access", "--all") == 2
    assert run("block_access", "--employer", "1001", "--personnel-number", "1", "--reason", "x" * 501) == 2
    assert not AccessBlock.objects.exists()


def test_unknown_employer_file_and_administrator_fail(anna: Employee) -> None:
    assert run("block_access", "--employer", "404", "--all") == 1
    assert run("block_access", "--employer", "1001", "--file", "/nowhere") == 1
    assert run("block_access", "--employer", "1001", "--all", "--by", "anna") == 1
    assert run("block_access", "--employer", "1001", "--all", "--by", "nobody") == 1
    assert not AccessBlock.objects.exists()


def test_with_several_providers_one_must_be_named(anna: Employee, other_employer: Employer) -> None:
    theirs = make_employee(other_employer, "1", "Ad", "Eik")

    assert run("block_access", "--employer", "1001", "--personnel-number", "1") == 2
    assert run("invite", "--provider", "eik", "--employer", "1001", "--personnel-number", "1") == 0
    assert Invitation.objects.get().employee == theirs


def test_the_right_of_the_named_administrator_counts(anna: Employee, vera: User, stranger: User) -> None:
    for username in ("vera", "sander"):
        named = ["--provider", "linde", "--employer", "1001", "--all", "--by", username]
        assert run("block_access", *named) == 1
    assert not AccessBlock.objects.exists()


def test_dry_run_tells_and_does_nothing(anna: Employee, dirk: Employee, mailbox: Mailbox, capsys: Captured) -> None:
    assert run("block_access", "--employer", "1001", "--all", "--dry-run", "--json") == 0
    answer = told(capsys)
    assert (answer["dry_run"], outcomes(answer)) == (True, {"1": "done", "4": "skipped"})
    assert run("invite", "--employer", "1001", "--personnel-number", "4", "--dry-run") == 0

    assert not AccessBlock.objects.exists()
    assert not Invitation.objects.exists()
    assert not HistoryEntry.objects.exists()
    assert mailbox.all() == []


# --- Invitations and usernames ---------------------------------------------------------------------


def test_invite_all_leaves_open_invitations_alone(
    bob: Employee, dirk: Employee, anna: Employee, mailbox: Mailbox, capsys: Captured
) -> None:
    assert run("invite", "--employer", "1001", "--all", "--json") == 0

    assert outcomes(told(capsys)) == {"1": "skipped", "2": "nothing_to_do", "4": "done"}
    assert [mail.employee for mail in mailbox.all()] == [dirk]


def test_invite_by_name_sends_again(bob: Employee, mailbox: Mailbox) -> None:
    assert run("invite", "--employer", "1001", "--personnel-number", "2") == 0

    assert [mail.message for mail in mailbox.to(bob)] == ["invitation"]
    assert HistoryEntry.objects.get(employee=bob).act == "invitation_resent"
    assert {entry.actor_name.endswith("(command line)") for entry in HistoryEntry.objects.all()} == {True}


def test_withdraw_twice_is_harmless(bob: Employee, capsys: Captured) -> None:
    arguments = ["withdraw_invitation", "--employer", "1001", "--personnel-number", "2", "--json"]
    assert run(*arguments) == 0
    capsys.readouterr()

    assert run(*arguments) == 0
    assert outcomes(told(capsys)) == {"2": "nothing_to_do"}


def test_resend_username_only_to_who_can_use_it(anna: Employee, eva: Employee, mailbox: Mailbox) -> None:
    assert run("resend_username", "--employer", "1001", "--personnel-number", "5") == 1
    assert run("resend_username", "--employer", "1001", "--all") == 0

    assert [(mail.message, mail.employee) for mail in mailbox.all()] == [("username", anna)]


# --- Providers, administrators, import -------------------------------------------------------------


def test_create_provider(db: None) -> None:
    assert run("create_provider", "Salarisbureau De Linde", "--slug", "linde", "--dry-run") == 0
    assert not Provider.objects.exists()

    assert run("create_provider", "Salarisbureau De Linde", "--slug", "linde") == 0
    assert run("create_provider", "Salarisbureau De Linde", "--slug", "linde") == 0
    assert run("create_provider", "Another", "--slug", "linde") == 1
    assert run("create_provider", "Another", "--slug", "not a slug") == 2
    assert Provider.objects.get().name == "Salarisbureau De Linde"


def test_create_administrator_mails_a_link(bakery: Employer, mailbox: Mailbox) -> None:
    arguments = ["--provider", "linde", "--employer", "1001", "--username", "iris", "--email", "iris@example.nl"]

    assert run("create_administrator", *arguments, "--role", "viewer") == 0
    assert run("create_administrator", *arguments, "--role", "viewer") == 0

    right = Administrator.objects.get()
    assert (right.user.username, right.employer, right.role) == ("iris", bakery, "viewer")
    assert [mail.message for mail in mailbox.all()] == ["administrator_invitation"]


def test_create_administrator_with_a_password(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox, capsys: Captured
) -> None:
    arguments = ["--provider", "linde", "--username", "iris", "--email", "iris@example.nl", "--password-stdin"]

    for line, status in (("", 2), ("short\n", 1), ("a good long password\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(line))
        assert run("create_administrator", *arguments) == status

    assert passwords.fits("a good long password", user=User.objects.get())
    assert mailbox.all() == []


def test_create_administrator_refusals(provider: Provider, carla: User, vera: User) -> None:
    arguments = ["create_administrator", "--provider", "linde", "--email", "iris@example.nl"]

    assert run(*arguments, "--username", "Carla") == 1
    assert run(*arguments, "--username", "iris", "--by", "vera") == 1
    assert run(*arguments, "--username", "iris", "--employer", "404") == 1
    assert run(*arguments, "--username", "iris", "--role", "owner") == 2
    assert run(*arguments, "--username", "iris", "--email", "iris") == 2
    assert Administrator.objects.count() == 2


def test_import_employees(provider: Provider, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "people.csv"
    header = "client_number,employer_name,personnel_number,first_name,last_name,date_of_birth"
    file.write_text(f"{header}\n1001,Bakkerij,1,Anna,Vries,1990-04-27\n")

    assert run("import_employees", str(file), "--provider", "linde", "--json") == 0
    assert told(capsys) == {"dry_run": False, "created": 1, "updated": 0, "unchanged": 0, "employers_created": 1}

    file.write_text(f"{header}\n1001,Bakkerij,2,Bob,Jansen,\x1b[31m1990\n")
    assert run("import_employees", str(file), "--provider", "linde") == 1
    printed = capsys.readouterr().out
    assert "date_of_birth" in printed
    assert "\x1b" not in printed

    assert run("import_employees", str(file), "--provider", "linde", "--json") == 1
    assert told(capsys)["faults"][0]["line"] == "2"
    assert run("import_employees", str(tmp_path / "nowhere.csv"), "--provider", "linde") == 1
    assert run("import_employees", str(file), "--provider", "oak") == 1
    assert Employee.objects.count() == 1
