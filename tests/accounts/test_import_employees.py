"""Taking people over from payroll: all of them or none, and whatever is wrong is named."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import people
from accounts.actor import Actor
from accounts.models import Department, Employee, Employer, HistoryEntry, Invitation, InvitationEnd, Provider
from accounts.people import ImportRefused, ImportResult, import_employees
from accounts.people_rows import MOST_FAULTS
from accounts.permissions import NotAllowed
from tests.cast import Mailbox

HEADER = (
    "client_number,employer_name,personnel_number,initials,first_name,prefix,last_name,"
    "date_of_birth,email,language,department,in_service_on,out_of_service_on"
)
ANNA = "1001,Bakkerij Van Dam,1,A.,Anna,de,Vries,1990-04-27,anna@example.nl,nl,Winkel,2019-01-01,"
RENE = "1001,Bakkerij Van Dam,7,R.,René,van der,Løwe,1988-02-29,rene@example.nl,en,Oven,2020-05-01,2026-06-30"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def write(file: Path, *rows: str, header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def problems(refusal: pytest.ExceptionInfo[ImportRefused]) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in refusal.value.faults]


def test_import_creates_employer_departments_and_employees(file: Path, provider: Provider, by_carla: Actor) -> None:
    result = import_employees(file=write(file, ANNA, RENE), provider=provider, by=by_carla)

    assert result == ImportResult(created=2, updated=0, unchanged=0, employers_created=1)
    rene = Employee.objects.select_related("employer", "department").get(personnel_number="7")
    assert rene.name == "René van der Løwe"
    assert (rene.employer.client_number, rene.employer.name) == ("1001", "Bakkerij Van Dam")
    assert rene.department == Department.objects.get(name="Oven")
    assert (rene.date_of_birth, rene.out_of_service_on) == (date(1988, 2, 29), date(2026, 6, 30))
    assert rene.search_key == "rene van der lowe r. 7 rene@example.nl"
    entry = HistoryEntry.objects.get(act="employees_imported")
    assert (entry.after, entry.actor_name) == ("2 created, 0 updated", "Carla")


def test_import_twice_writes_nothing_the_second_time(file: Path, provider: Provider, by_carla: Actor) -> None:
    import_employees(file=write(file, ANNA, RENE), provider=provider, by=by_carla)
    before = list(Employee.objects.order_by("pk").values())

    again = import_employees(file=file, provider=provider, by=by_carla)

    assert again == ImportResult(created=0, updated=0, unchanged=2, employers_created=0)
    assert list(Employee.objects.order_by("pk").values()) == before
    assert HistoryEntry.objects.count() == 1


def test_import_updates_what_changed_and_leaves_access_alone(
    file: Path, provider: Provider, anna: Employee, eva: Employee, by_carla: Actor, mailbox: Mailbox
) -> None:
    married = ANNA.replace("Vries", "Vries-Smit").replace("2019-01-01,", "2019-01-01,2026-01-31")

    result = import_employees(file=write(file, married), provider=provider, by=by_carla)

    assert result.updated == 1
    anna.refresh_from_db()
    assert (anna.last_name, anna.out_of_service_on) == ("Vries-Smit", date(2026, 1, 31))
    assert anna.account is not None
    assert Employee.objects.blocked().get() == eva
    assert mailbox.all() == []


def test_import_leaves_what_the_file_has_no_column_for(
    file: Path, provider: Provider, anna: Employee, by_carla: Actor
) -> None:
    header = "personnel_number;client_number;employer_name;first_name;last_name;date_of_birth"

    write(file, "1;1001;Bakkerij Van Dam;Anna;Vries;1991-01-01", header=header)
    import_employees(file=file, provider=provider, by=by_carla)

    anna.refresh_from_db()
    assert anna.date_of_birth == date(1991, 1, 1)
    assert (anna.prefix, anna.email, anna.department) == ("de", "anna@example.nl", Department.objects.get())


def test_import_as_a_spreadsheet_saves_it(file: Path, provider: Provider, by_carla: Actor) -> None:
    rows = [
        HEADER.replace(",", ";"),
        ANNA.replace(",", ";"),
        ";" * 12,
        RENE.replace(",", ";").replace("René", '"René"'),
    ]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())

    assert import_employees(file=file, provider=provider, by=by_carla).created == 2


def test_changed_address_ends_the_invitation(
    file: Path, provider: Provider, bob: Employee, by_carla: Actor, mailbox: Mailbox
) -> None:
    row = "1001,Bakkerij Van Dam,2,,Bob,,Jansen,1985-12-03,bob@new.example,,,,"

    import_employees(file=write(file, row), provider=provider, by=by_carla)

    assert Invitation.objects.get().end == InvitationEnd.EMAIL_CHANGED
    entry = HistoryEntry.objects.get(act="email_changed")
    assert (entry.employee, entry.before, entry.after) == (bob, "bob@example.nl", "bob@new.example")
    assert mailbox.all() == []


def test_renamed_employer_is_renamed(file: Path, provider: Provider, bakery: Employer, by_carla: Actor) -> None:
    import_employees(file=write(file, ANNA.replace("Van Dam", "Van Dam en Zoon")), provider=provider, by=by_carla)

    bakery.refresh_from_db()
    assert bakery.name == "Bakkerij Van Dam en Zoon"
    assert HistoryEntry.objects.get(act="employer_renamed").before == "Bakkerij Van Dam"


def test_dry_run_tells_and_does_nothing(file: Path, provider: Provider, by_carla: Actor) -> None:
    result = import_employees(file=write(file, ANNA, RENE), provider=provider, by=by_carla, dry_run=True)

    assert result == ImportResult(created=2, updated=0, unchanged=0, employers_created=1)
    assert not Employee.objects.exists()
    assert not Employer.objects.exists()
    assert not HistoryEntry.objects.exists()


def test_strangers_and_viewers_import_nothing(
    file: Path, provider: Provider, by_vera: Actor, by_stranger: Actor
) -> None:
    for by in (by_vera, by_stranger):
        with pytest.raises(NotAllowed):
            import_employees(file=write(file, ANNA), provider=provider, by=by)
    assert not Employee.objects.exists()


def test_employees_of_another_provider_are_out_of_reach(
    file: Path, provider: Provider, other_employer: Employer, by_carla: Actor
) -> None:
    import_employees(file=write(file, ANNA), provider=provider, by=by_carla)

    assert other_employer.employees.count() == 0
    assert Employer.objects.filter(client_number="1001").count() == 2


TOMORROW = (timezone.localdate() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        (ANNA.replace("1001", ""), "client_number"),
        (ANNA.replace("Bakkerij Van Dam", ""), "employer_name"),
        (ANNA.replace(",1,", ",,", 1), "personnel_number"),
        (ANNA.replace("Vries", "  "), "last_name"),
        (ANNA.replace("A.,Anna", ","), "first_name"),
        (ANNA.replace("1990-04-27", ""), "date_of_birth"),
        (ANNA.replace("1990-04-27", "2023-02-29"), "date_of_birth"),
        (ANNA.replace("1990-04-27", "27-04-1990"), "date_of_birth"),
        (ANNA.replace("1990-04-27", "19900427"), "date_of_birth"),
        (ANNA.replace("1990-04-27", "1899-12-30"), "date_of_birth"),
        (ANNA.replace("1990-04-27", TOMORROW), "date_of_birth"),
        (ANNA + "2018-12-31", "out_of_service_on"),
        (ANNA.replace(",nl,", ",de,"), "language"),
        (ANNA.replace("anna@example.nl", "anna"), "email"),
        (ANNA.replace("anna@example.nl", "anna@example.nl bob@example.nl"), "email"),
        (ANNA.replace("anna@example.nl", '"anna@example.nl, bob@example.nl"'), "email"),
        (ANNA.replace("anna@example.nl", f"anna@{'x' * 250}.nl"), "email"),
        (ANNA.replace("Anna", "A" * 101), "first_name"),
        (ANNA.replace("Anna", "An\u202ena"), "first_name"),
        (ANNA.replace("Anna", "An\u200bna"), "first_name"),
        (ANNA.replace("Anna", "An\x07na"), "first_name"),
        (ANNA.replace("Anna", '"An\nna"'), "first_name"),
        (ANNA.replace("Anna", '"=HYPERLINK(""https://evil.example"")"'), "first_name"),
        (ANNA.replace("Vries", "@SUM(A1)"), "last_name"),
        (ANNA.replace("Winkel", "＝1+1"), "department"),
        (ANNA.replace(",1,", ",-1,"), "personnel_number"),
        (ANNA + ",", ""),
        (ANNA.replace("Winkel", 'Win"kel'), None),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_imported(
    file: Path, provider: Provider, by_carla: Actor, wrong: str, column: str | None
) -> None:
    if column is None:  # a quote inside a cell without quotes is what many exports write, and is fine
        assert import_employees(file=write(file, wrong), provider=provider, by=by_carla).created == 1
        return
    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, RENE, wrong), provider=provider, by=by_carla)

    assert (3, column) in problems(refusal)
    assert not Employee.objects.exists()


def test_every_fault_is_named_at_once(file: Path, provider: Provider, by_carla: Actor) -> None:
    wrong = [ANNA.replace("1990-04-27", "?"), RENE, ANNA.replace("anna@", "@").replace(",nl,", ",fr,")]

    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, *wrong), provider=provider, by=by_carla)

    assert problems(refusal) == [(2, "date_of_birth"), (4, "email"), (4, "language"), (4, "email")]
    assert not refusal.value.and_more


def test_after_very_many_faults_it_stops(file: Path, provider: Provider, by_carla: Actor) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, *["x"] * (MOST_FAULTS + 50)), provider=provider, by=by_carla)

    assert len(refusal.value.faults) == MOST_FAULTS
    assert refusal.value.and_more


def test_one_person_twice_is_named_with_both_lines(file: Path, provider: Provider, by_carla: Actor) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, ANNA, RENE, ANNA), provider=provider, by=by_carla)

    (fault,) = refusal.value.faults
    assert (fault.line, fault.column, fault.value) == (4, "personnel_number", "1")
    assert "2" in fault.problem


def test_one_employer_with_two_names_is_refused(file: Path, provider: Provider, by_carla: Actor) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, ANNA, RENE.replace("Van Dam", "Dam")), provider=provider, by=by_carla)

    assert problems(refusal) == [(3, "employer_name")]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (HEADER.replace("last_name", "surname"), "last_name"),
        (HEADER.replace("language", "lang"), "lang"),
        (HEADER.replace("initials", "email"), "email"),
        (HEADER.replace("initials,first_name,", ""), "first_name"),
        ("", "client_number"),
    ],
)
def test_a_wrong_header_is_named(file: Path, provider: Provider, by_carla: Actor, header: str, column: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=write(file, ANNA, header=header), provider=provider, by=by_carla)

    assert (1, column) in problems(refusal)


def test_another_encoding_is_named_with_its_line(file: Path, provider: Provider, by_carla: Actor) -> None:
    file.write_bytes("\n".join([HEADER, ANNA, RENE]).encode("latin-1"))

    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=file, provider=provider, by=by_carla)

    assert problems(refusal) == [(3, "")]


def test_an_endless_line_and_an_open_quote_are_refused(file: Path, provider: Provider, by_carla: Actor) -> None:
    for text in ("x" * 200_000, "\n".join([HEADER, '"', *[ANNA] * 3000])):
        file.write_text(text)
        with pytest.raises(ImportRefused):
            import_employees(file=file, provider=provider, by=by_carla)


def test_a_huge_file_is_refused_unread(file: Path, provider: Provider, by_carla: Actor) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(people.LARGEST_FILE + 1)

    with pytest.raises(ImportRefused) as refusal:
        import_employees(file=file, provider=provider, by=by_carla)

    assert problems(refusal) == [(0, "")]


def test_search_finds_names_without_accents_and_capitals(file: Path, provider: Provider, by_carla: Actor) -> None:
    import_employees(file=write(file, ANNA, RENE), provider=provider, by=by_carla)

    for search in ("RENÉ", "lowe 7", "van der Löwe", "rene@example.nl"):
        assert Employee.objects.matching(people.folded(search)).get().personnel_number == "7"
