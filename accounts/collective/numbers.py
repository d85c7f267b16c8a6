"""Personnel numbers as people bring them: pasted, in a CSV or in a spreadsheet. A file is somebody else's: none may harm us.

XLSX is read here piece by piece: openpyxl keeps whole rows and every style in memory, which a file of 5 MB makes gigabytes of.
"""

import csv
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from posixpath import join, normpath
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from django.utils.translation import gettext as _

from accounts.collective.selection import MOST_NUMBERS, NothingSelected
from accounts.uploads import LARGEST_FILE

HEADERS = frozenset({"personnel_number", "personeelsnummer"})
MOST_COLUMNS = 20
LONGEST_CELL = 256
MOST_PARTS = 200
LARGEST_UNPACKED = 64 * 1024 * 1024
# Every cell of the largest table that is allowed, and a second of work.
MOST_TAGS = 2_000_000
# A tag or a text that is longer than this is no part of a list; and a parser would look at it again for every piece.
PIECE = 64 * 1024
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # also a new one with a password
_BETWEEN = re.compile(r"[\s,;]+")
# A spreadsheet keeps whole numbers exactly up to here.
_EXACT_UP_TO = 2**53
# What zipfile and expat say about a file that is damaged, or made to harm.
_DAMAGED = (
    BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError, RuntimeError, ValueError, LookupError,
    OverflowError,
)  # fmt: skip


class NoNumbers(NothingSelected):
    """It can be read, and nothing stands in it."""


def numbers_in_text(text: str) -> list[str]:
    """The numbers of a list with lines, commas, semicolons or spaces between them, or of a CSV with our header."""
    if _has_header(text):
        return _numbers(_csv_rows(text))
    return _numbers([part.strip('"')] for part in _BETWEEN.split(text))


def numbers_in_file(name: str, data: bytes) -> list[str]:
    """The numbers of an XLSX or CSV: its column with our header, or its first one."""
    if len(data) > LARGEST_FILE:
        raise NothingSelected(_("This file is larger than 5 MB. Save only the column with the numbers."))
    if data.startswith(_OLD_OFFICE) or name.lower().endswith(".xls"):
        raise NothingSelected(_("An old Excel file, or one with a password, cannot be read. Save it as XLSX or CSV."))
    if data.startswith(_ZIP) or name.lower().endswith(".xlsx"):
        return _numbers(_xlsx_rows(data))
    text = _decoded(data)
    lines = text.split("\n", 2)
    # One line, or nothing that makes columns: a list, as one pastes it.
    is_list = not "".join(lines[1:]).strip() or _delimiter(text) not in _first_line(text)
    return numbers_in_text(text) if is_list else _numbers(_csv_rows(text))


def _numbers(rows: Iterable[list[str]]) -> list[str]:
    """One column of a table, within all that we take."""
    found: list[str] = []
    column: int | None = None
    count = 0
    for row in rows:
        cells = _checked(row)
        if not cells:
            continue
        if column is None:
            column = next((place for place, cell in enumerate(cells) if _is_header(cell)), None)
            if column is not None:
                continue
            column = 0
        count += 1
        if count > MOST_NUMBERS:
            raise NothingSelected(_("At most %(most)s personnel numbers at once.") % {"most": MOST_NUMBERS})
        if column < len(cells) and cells[column]:
            found.append(_printable(cells[column], count))
    if not found:
        raise NoNumbers(_("No personnel number was given."))
    return found


def _checked(row: list[str]) -> list[str]:
    """Its cells up to the last that is filled in."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise _too_wide()
    if any(len(cell) > LONGEST_CELL for cell in cells):
        raise NothingSelected(_("There is a cell with more than %(most)s characters.") % {"most": LONGEST_CELL})
    return cells


def _is_header(cell: str) -> bool:
    return cell.casefold().replace(" ", "_") in HEADERS


def _printable(number: str, count: int) -> str:
    if not number.isprintable():
        raise NothingSelected(_("Number %(count)s holds characters that cannot be shown.") % {"count": count})
    return number


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def _first_line(text: str) -> str:
    return text.lstrip("\ufeff \r\n").partition("\n")[0]


def _delimiter(text: str) -> str:
    return max(",;\t", key=_first_line(text).count)


def _has_header(text: str) -> bool:
    cells = _first_line(text)[: MOST_COLUMNS * LONGEST_CELL].split(_delimiter(text))
    return any(_is_header(cell.strip().strip('"')) for cell in cells)


def _csv_rows(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text))
    except csv.Error:
        raise _unreadable() from None


def _xlsx_rows(data: bytes) -> Iterator[list[str]]:
    """The rows of its first sheet."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            _require_small(archive)
            sheet, strings = _places(archive)
            shared = _Strings()
            if strings:
                for piece in _markup(archive, strings):
                    shared.feed(piece)
            table = _Sheet(shared.texts)
            for piece in _markup(archive, sheet):
                table.feed(piece)
                yield from table.taken()
    except _DAMAGED:
        raise _unreadable() from None


def _require_small(archive: ZipFile) -> None:
    """Counted while it is unpacked: what a file says about its own size may be untrue."""
    room = LARGEST_UNPACKED
    if len(archive.infolist()) > MOST_PARTS:
        raise _too_much()
    for part in archive.infolist():
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile
        with archive.open(part) as file:
            piece = file.read(PIECE)
            if piece.startswith(_ZIP):
                raise _too_much()
            while piece:
                room -= len(piece)
                if room < 0:
                    raise _too_much()
                piece = file.read(PIECE)


def _places(archive: ZipFile) -> tuple[str, str]:
    """Where the first sheet is, and its texts; empty: it has none."""
    sheets: list[dict[str, str]] = []
    links: list[dict[str, str]] = []
    _attributes(archive, "xl/workbook.xml", "sheet", sheets.append)
    _attributes(archive, "xl/_rels/workbook.xml.rels", "Relationship", links.append)
    first = next(value for name, value in sheets[0].items() if name.rpartition(":")[2] == "id")
    targets = {link["Id"]: normpath(join("/xl", link["Target"])).lstrip("/") for link in links}
    strings = [targets[link["Id"]] for link in links if link["Type"].endswith("/sharedStrings")]
    return targets[first], strings[0] if strings else ""


def _attributes(archive: ZipFile, part: str, tag: str, take: Callable[[dict[str, str]], object]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, found: take(found) if _local(name) == tag else None
    for piece in _markup(archive, part):
        parser.Parse(piece)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _markup(archive: ZipFile, part: str) -> Iterator[bytes]:
    """The XML of one part in pieces. No spreadsheet needs a DTD, which is where entities come from, comments or the like."""
    tags, last = 0, b""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            seam = last + piece
            declared = 0 if last else int(b"?>" in piece[:1024])
            if b"\0" in piece or b"<!" in seam or seam.count(b"<?") > declared:
                raise BadZipFile
            tags += piece.count(b"<")
            if tags > MOST_TAGS or (len(piece) == PIECE and b"<" not in piece):
                raise _too_much()
            last = piece[-1:]
            yield piece


class _Texts:
    """What stands between the tags that are asked for, cut where it is too long already."""

    def __init__(self) -> None:
        self.text = ""
        self.listening = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.hear
        self.feed = self.parser.Parse

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError

    def hear(self, text: str) -> None:
        if self.listening:
            self.text = (self.text + text)[: LONGEST_CELL + 1]


class _Strings(_Texts):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        self.listening = name == "t"
        if name == "si":
            self.text = ""

    def end(self, name: str) -> None:
        self.listening = False
        if _local(name) == "si":
            self.texts.append(self.text)


class _Sheet(_Texts):
    """Its rows, as far as they were read and not taken yet."""

    def __init__(self, shared: list[str]) -> None:
        super().__init__()
        self.shared = shared
        self.rows: list[list[str]] = []
        self.cells: list[str] = []
        self.column = 0
        self.kind = ""
        self.is_formula = False

    def taken(self) -> list[list[str]]:
        rows, self.rows = self.rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self.cells, self.column = [], 0
            case "c":
                self.column = _column_of(attributes.get("r", "")) or self.column + 1
                self.kind = attributes.get("t", "n")
                self.text, self.is_formula = "", False
            case "f":
                self.is_formula = True
            case "v" | "t":
                self.listening = True

    def end(self, name: str) -> None:
        self.listening = False
        match _local(name):
            case "row":
                self.rows.append(self.cells)
            case "c":
                if self.is_formula and not self.text and self.kind != "str":
                    raise NothingSelected(_("There is a formula without its outcome. Open and save the file once."))
                if text := self._shown():
                    self._put(text)

    def _shown(self) -> str:
        match self.kind:
            case "s":
                return self.shared[int(self.text)] if self.text.isdecimal() else ""
            case "n":
                return _whole(self.text)
            case "b":
                return "TRUE" if self.text == "1" else "FALSE"
        return self.text

    def _put(self, text: str) -> None:
        if self.column > MOST_COLUMNS:
            raise _too_wide()
        self.cells += [""] * (self.column - len(self.cells))
        self.cells[self.column - 1] = text


def _column_of(place: str) -> int:
    """1 for A7, 28 for AB7; 0: it does not say."""
    column = 0
    for letter in place.rstrip("0123456789")[:4]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return max(column, 0)


def _whole(text: str) -> str:
    """12 for the 12.0 and 1.2E1 that a spreadsheet makes of it."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) <= _EXACT_UP_TO else text


def _unreadable() -> NothingSelected:
    return NothingSelected(_("This file cannot be read. Save it as XLSX or CSV."))


def _too_much() -> NothingSelected:
    return NothingSelected(_("There is too much in this file. Save only the column with the numbers."))


def _too_wide() -> NothingSelected:
    return NothingSelected(_("There are more than %(most)s columns.") % {"most": MOST_COLUMNS})
