"""The plain part of a mail, made from the same small HTML as the other part."""

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "ul", "ol"}


def plain_text(body: str) -> str:
    """The body as text: paragraphs apart, lists with dashes or numbers, links written out. Placeholders stay."""
    parser = _PlainText()
    parser.feed(body)
    parser.close()
    return parser.text()


class _PlainText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._lists: list[int | None] = []  # the last number given out; None: a list with dashes
        self._href = ""
        self._label = ""

    def text(self) -> str:
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "p":
                self._pieces.append("\n\n")
            case "ul" | "ol":
                self._pieces.append("\n\n")
                self._lists.append(0 if tag == "ol" else None)
            case "li":
                self._pieces.append("\n" + self._next_mark())
            case "br":
                self._pieces.append("\n")
            case "a":
                self._href, self._label = dict(attrs).get("href") or "", ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._pieces.append("\n\n")
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == "a" and self._href:
            if self._label.strip() != self._href:
                self._pieces.append(f": {self._href}")
            self._href = ""

    def handle_data(self, data: str) -> None:
        data = re.sub(r"\s+", " ", data)
        self._label += data
        self._pieces.append(data)

    def _next_mark(self) -> str:
        last = self._lists[-1] if self._lists else None
        if last is None:
            return "- "
        self._lists[-1] = last + 1
        return f"{last + 1}. "
