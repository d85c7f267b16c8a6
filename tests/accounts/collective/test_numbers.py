"""Personnel numbers from what people paste and upload; and files that were made to harm."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts.collective.numbers import NoNumbers, numbers_in_file, numbers_in_text
from accounts.collective.selection import NothingSelected

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ONE = "<row><c><v>1</v></c></row>"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Of a list, a CSV, a spreadsheet and something that is none of them.
NAMES = ["people", "people.csv", "people.xlsx", "people.xls", "", "\0", "people.XLSX"]


def spreadsheet(*rows: list[Any]) -> bytes:
    """As openpyxl writes it."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def by_hand(sheet: str, strings: str = "", *, others: Mapping[str, bytes | str] = MappingProxyType({})) -> bytes:
    """An XLSX of which we say what stands in it."""
    parts: dict[str, bytes | str] = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        **others,
    }
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def refused(name: str, data: bytes) -> str:
    """What is said about it."""
    with translation.override("en"), pytest.raises(NothingSelected) as caught:
        numbers_in_file(name, data)
    return str(caught.value)


# --- Pasted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1\n0042\n7", "1, 0042,7", "1;0042;7", " 1 0042\t7 \r\n\r\n", "1\r0042\r7", '"1","0042","7"',
        "name;personnel_number\nAnna;1\nBob; 0042 \n;\nEva;7\n", "Personeelsnummer\n1\n0042\n7",
        "\ufeffpersonnel_number,name\n1,Anna\n0042,\"Bos, Jan\"\n7,Eva\n", "Name\tPersonnel number\nA\t1\nB\t0042\nC\t7",
    ],
)  # fmt: skip
def test_numbers_that_are_pasted(text: str) -> None:
    assert numbers_in_text(text) == ["1", "0042", "7"]


@pytest.mark.parametrize("text", ["", " \n,;\t", "personnel_number\n\n \n", "name,personnel_number\nAnna,\n"])
def test_nothing_pasted_is_said(text: str) -> None:
    with pytest.raises(NoNumbers):
        numbers_in_text(text)


def test_numbers_that_no_screen_can_show_are_refused() -> None:
    with pytest.raises(NothingSelected, match="2"):
        numbers_in_text("1\n\0002")


def test_twenty_thousand_fit_and_no_more() -> None:
    numbers = [str(number) for number in range(20_000)]

    assert numbers_in_text("\n".join(numbers)) == numbers
    assert numbers_in_file("a.csv", "\n".join(["personnel_number", *numbers]).encode()) == numbers
    with pytest.raises(NothingSelected, match="20000"):
        numbers_in_text("\n".join([*numbers, "1"]))


# --- CSV -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    text = "naam;personeelsnummer\nZoë;1\nJosé;0042\n"

    assert numbers_in_file("leavers.csv", text.encode(encoding)) == ["1", "0042"]


def test_csv_without_our_header_gives_its_first_column() -> None:
    assert numbers_in_file("a.csv", b"1;Anna\r\n0042;Bob\r\n") == ["1", "0042"]
    assert numbers_in_file("a.csv", b"1;2;3") == ["1", "2", "3"]
    assert numbers_in_file("list", b"1\n\n 4 \n") == ["1", "4"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "No personnel number"),
        (b"\x81\x8d\x00", "cannot be read"),
        ("personnel_number\n1\n".encode("utf-16"), "cannot be shown"),
        (b"personnel_number" + b",x" * 20 + b"\n1", "20 columns"),
        (b"personnel_number,x\n1," + b"y" * 257, "256 characters"),
        (b'personnel_number\n"1' + b"y" * 200_000, "cannot be read"),
        (b"1\n" * 3_000_000, "5 MB"),
    ],
)
def test_csv_that_is_refused(data: bytes, said: str) -> None:
    assert said in refused("a.csv", data)


# --- XLSX ------------------------------------------------------------------------------------------


def test_spreadsheet_with_our_header() -> None:
    data = spreadsheet(["Naam", None, "Personeelsnummer"], ["Anna", 3, "0042"], [], ["Bob", None, 12], ["Eva", 1, None])

    assert numbers_in_file("leavers.xlsx", data) == ["0042", "12"]
    assert numbers_in_file("named wrongly.csv", data) == ["0042", "12"]


def test_spreadsheet_without_header_gives_its_first_column() -> None:
    assert numbers_in_file("a.xlsx", spreadsheet([12.0, "Anna"], ["12.0", "Bob"], [7, "Eva"])) == ["12", "12.0", "7"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("<c><v>12.0</v></c>", "12"),
        ("<c><v>1.2E3</v></c>", "1200"),
        ("<c><v>1.5</v></c>", "1.5"),
        ("<c><v>1E400</v></c>", "1E400"),
        ("<c><v>123456789012345678</v></c>", "123456789012345678"),
        ('<c t="inlineStr"><is><t>007</t></is></c>', "007"),
        ('<c t="inlineStr"><is><r><t>0</t></r><r><t>07</t></r></is></c>', "007"),
        ('<c t="str"><f>A1</f><v>007</v></c>', "007"),
        ('<c t="s"><v>1</v></c>', "a&b"),
        ('<c t="b"><v>1</v></c>', "TRUE"),  # never number 1
        ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
    ],
)
def test_what_a_cell_says(cell: str, number: str) -> None:
    data = by_hand(f"<row>{cell}</row>", "<si><t>other</t></si><si><r><t>a&amp;</t></r><r><t>b</t></r></si>")

    assert numbers_in_file("a.xlsx", data) == [number]


def test_only_the_first_sheet_counts() -> None:
    book = Workbook()
    book.worksheets[0].append([1])
    book.create_sheet().append([2])
    book.worksheets[0]["A2"] = date(2026, 11, 25)
    file = BytesIO()
    book.save(file)

    assert numbers_in_file("a.xlsx", file.getvalue()) == ["1", "46351"]


def _nested() -> bytes:
    inner = spreadsheet(["1"])
    return by_hand(ONE, others={"xl/embeddings/book": inner})


def _entries(count: int) -> bytes:
    return by_hand(ONE, others={f"xl/media/{number}": b"" for number in range(count - 4)})


def _lying() -> bytes:
    """The directory says that the sheet is small; it is not."""
    data = by_hand("<row><c><v>1</v></c></row>" * 100_000)
    with ZipFile(BytesIO(data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return data.replace(size.to_bytes(4, "little"), (500).to_bytes(4, "little"))


XXE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


STRANGE = [
    (lambda: b"", "cannot be read"),
    (lambda: b"PK\x03\x04 and no more", "cannot be read"),
    (lambda: b"1\n2\n3\n", "cannot be read"),
    (lambda: b"<html>no spreadsheet</html>", "cannot be read"),
    (lambda: spreadsheet(["1"])[:-100], "cannot be read"),
    (lambda: spreadsheet(), "No personnel number"),
    (lambda: spreadsheet(["=1+1"]), "formula"),
    (lambda: spreadsheet(*([number] for number in range(20_001))), "At most 20000"),
    (lambda: spreadsheet(["personnel_number"], list(range(21))), "20 columns"),
    (lambda: spreadsheet(["1", "x" * 257]), "256 characters"),
    (lambda: spreadsheet(["1", "x" * 32_000]), "256 characters"),
    (lambda: by_hand('<row><c t="s"><v>9</v></c></row>'), "cannot be read"),
    (lambda: by_hand("<row><c><v>1</v></row>"), "cannot be read"),
    (lambda: by_hand(ONE, others={"xl/workbook.xml": "<workbook/>"}), "cannot be read"),
    (_nested, "too much"),
    (_lying, "cannot be read"),
    (lambda: _entries(201), "too much"),
    (lambda: by_hand(ONE, others={"xl/media/picture": bytes(65 * 1024 * 1024)}), "too much"),
    (
        lambda: by_hand("", others={"xl/worksheets/sheet1.xml": f"{XXE}<x>{ONE.replace('1', '&f;')}</x>"}),
        "cannot be read",
    ),
    (lambda: by_hand("", others={"xl/sharedStrings.xml": f"{LAUGHS}<sst><si><t>&b;</t></si></sst>"}), "cannot be read"),
    (lambda: by_hand("", others={"xl/sharedStrings.xml": f"{XXE}<sst/>".encode("utf-16")}), "cannot be read"),
    (lambda: by_hand("", others={"xl/workbook.xml": f"{XXE}<workbook/>"}), "cannot be read"),
]


@pytest.mark.parametrize(("make", "said"), STRANGE)
def test_spreadsheets_that_are_refused(make: Callable[[], bytes], said: str) -> None:
    assert said in refused("people.xlsx", make())


def test_two_hundred_parts_are_taken() -> None:
    assert numbers_in_file("a.xlsx", _entries(200)) == ["1"]


@pytest.mark.parametrize("name", ["people.xls", "people.xlsx"])
def test_an_old_excel_file_is_told_apart(name: str) -> None:
    assert "Excel" in refused(name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


# --- Bombs -----------------------------------------------------------------------------------------

MUCH = 60 * 1024 * 1024
BOMBS: dict[str, Callable[[], bytes]] = {
    "one row of millions of cells": lambda: by_hand(f"<row>{'<c/>' * (MUCH // 4)}</row>"),
    "as many tags as we take, twice": lambda: by_hand(f"<row>{'<c/>' * 1_990_000}</row>", "<t/>" * 1_990_000),
    "a million rows": lambda: by_hand("<row><c><v>1</v></c></row>" * 1_048_576),
    "millions of texts": lambda: by_hand("", "<si/>" * (MUCH // 5)),
    "one endless text": lambda: by_hand("", f"<si><t>{'x' * MUCH}</t></si>"),
    "one endless tag": lambda: by_hand(f"<row {' ' * MUCH}/>"),
    "five megabytes that unpack to more than 64": lambda: by_hand(
        "",
        others={
            "xl/media/zeros": bytes(70 * 1024 * 1024),
            "xl/media/noise": Random(1).randbytes(5_000_000),  # noqa: S311 - the same in every run
        },
    ),
}
READ = """
import resource, sys, time
from pathlib import Path
import django
django.setup()
from accounts.collective.numbers import numbers_in_file
from accounts.collective.selection import NothingSelected
resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024,) * 2)
used = int(time.process_time()) + 1
resource.setrlimit(resource.RLIMIT_CPU, (used + 5, used + 5))
try:
    numbers_in_file("people.xlsx", Path(sys.argv[1]).read_bytes())
except NothingSelected:
    print("refused")
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_five_seconds_and_512_mebibytes(bomb: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb.xlsx"
    file.write_bytes(BOMBS[bomb]())
    assert file.stat().st_size <= 5 * 1024 * 1024

    # In a process of its own: the system holds it to the limits.
    reader = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=False)

    assert (reader.stdout, reader.returncode) == ("refused\n", 0), reader.stderr


# --- Whatever comes --------------------------------------------------------------------------------


def is_list_or_refused(read: Callable[[], list[str]]) -> None:
    try:
        numbers = read()
    except NothingSelected:
        return
    assert numbers
    assert all(number and number.isprintable() and len(number) <= 256 for number in numbers)


@given(text=st.text() | st.from_regex(r"(?s)personnel_number[,;].*"))
def test_any_text(text: str) -> None:
    is_list_or_refused(lambda: numbers_in_text(text))


@given(name=st.sampled_from(NAMES), data=st.binary(max_size=2000))
def test_any_bytes(name: str, data: bytes) -> None:
    is_list_or_refused(lambda: numbers_in_file(name, data))


SHEETS = [
    spreadsheet(["Naam", "Personeelsnummer"], ["Anna", "0042"], ["Bob", 12]),
    by_hand('<row><c t="s"><v>0</v></c><c r="B1"><v>1</v></c></row>', "<si><t>1</t></si>"),
]


@settings(max_examples=300)
@given(data=st.data(), base=st.sampled_from(SHEETS))
def test_any_damage_to_a_spreadsheet(data: st.DataObject, base: bytes) -> None:
    damaged = bytearray(base)
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(base) - 1), st.integers(0, 255)), min_size=1, max_size=8)
    ):
        damaged[place] = value
    is_list_or_refused(lambda: numbers_in_file("a.xlsx", bytes(damaged)))


TAGS = st.sampled_from(
    ["<row>", "</row>", "<c>", "</c>", '<c t="s">', '<c r="ZZZ1">', '<c r="\u00e9\u4e00">', "<v>", "</v>", "<t>", "</t>",
     "<f/>", "12.0", "9" * 400, "-1", "\u0663", "&#0;", "&#55296;", "<!--", "<?x ?>", "<x:c/>"]
)  # fmt: skip


@settings(max_examples=300)
@given(tags=st.lists(TAGS, max_size=12).map("".join))
def test_any_sheet(tags: str) -> None:
    is_list_or_refused(lambda: numbers_in_file("a.xlsx", by_hand(tags, "<si><t>1</t></si>")))
