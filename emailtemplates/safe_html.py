"""The small HTML of a body: which tags and addresses it may hold, and where it holds something else.

It is read as strictly as it is written here, so that no mail program can read it differently. What passes is given to
nh3 as well: where that would still remove or move something, the two readings differ, and that is refused too.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

import nh3
from django.utils.translation import gettext as _

from emailtemplates.safe_values import same_style, wrong_value

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("p", "br", "strong", "b", "em", "i", "u", "ul", "ol", "li"), ()),
    "a": ("href",),
    "span": ("style",),
    "img": ("src", "alt"),
}
DEEPEST = 12

_EMPTY = {"br", "img"}
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"<>]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_LONGEST_QUOTE = 40

# A fault: where it begins in the body, and what is wrong.
Found = tuple[int, str]


class _Event(NamedTuple):
    """One thing that a reader of HTML meets; where it stands does not count when two readings are compared."""

    what: str
    position: tuple[int, int]


@dataclass
class _Open:
    """A tag that is not closed yet, and whether there is something to press in it."""

    name: str
    at: int
    href: str = ""
    is_filled: bool = False


@dataclass
class _Walk:
    image_hosts: Collection[str] | None
    open: list[_Open] = field(default_factory=list)


def markup_faults(body: str, *, image_hosts: Collection[str] | None = None) -> Iterator[Found]:
    """Every fault in tags, attributes and addresses. `image_hosts`: where images may come from; None: anywhere."""
    walk, end = _Walk(image_hosts), 0
    for start in _starts(body):
        if start < end:
            continue
        tag = _TAG.match(body, start)
        _fill(walk, body[end:start])
        end = tag.end() if tag else start + 1
        yield from _of_tag(tag, walk) if tag else [(start, _not_a_tag(body, start))]
    for opened in walk.open:
        yield opened.at, _("<%(tag)s> is not closed. Add </%(tag)s>.") % {"tag": opened.name}


def read_differently(body: str) -> Iterator[Found]:
    """Where nh3, and so a browser, reads a body without such faults otherwise than it is written."""
    cleaned = nh3.clean(
        body,
        tags=set(ATTRIBUTES),
        attributes={name: set(known) for name, known in ATTRIBUTES.items() if known},
        url_schemes={"https", "mailto"},
        filter_style_properties={"color"},
        link_rel=None,
    )
    written, read = _events(body), _events(cleaned)
    if [each.what for each in written] == [each.what for each in read]:
        return
    same = sum(1 for _pair in _while_alike(written, read))
    line, column = written[min(same, len(written) - 1)].position if written else (1, 0)
    yield (
        _index(body, line, column),
        _("A mail program would read this differently from how it is written: a tag stands where it cannot stand."),
    )


def _starts(body: str) -> Iterator[int]:
    return (match.start() for match in re.finditer("<", body))


def _fill(walk: _Walk, text: str) -> None:
    if unescape(text).strip():
        for opened in walk.open:
            opened.is_filled = True


def _not_a_tag(body: str, start: int) -> str:
    facts = {"what": body[start : start + _LONGEST_QUOTE].split("\n")[0]}
    return _("“%(what)s” is not a tag that can be used here. Write &lt; for the sign < itself.") % facts


def _of_tag(tag: re.Match[str], walk: _Walk) -> Iterator[Found]:
    closing, name, rest = tag.groups()
    if name not in ATTRIBUTES:
        facts = {"tag": tag[0][:_LONGEST_QUOTE], "tags": ", ".join(ATTRIBUTES)}
        yield tag.start(), _("%(tag)s cannot be used here. These can: %(tags)s.") % facts
    elif closing:
        yield from _closed(tag, walk)
    else:
        yield from _of_attributes(tag, walk)
        _opened(tag, dict(_ATTRIBUTE.findall(rest)), walk)
        if len(walk.open) == DEEPEST + 1:
            yield tag.start(), _("Too many tags stand within each other here; at most %(most)d.") % {"most": DEEPEST}


def _opened(tag: re.Match[str], attributes: Mapping[str, str], walk: _Walk) -> None:
    name = tag[2]
    if name not in _EMPTY:
        walk.open.append(_Open(name, tag.start(), attributes.get("href", "")))
    elif name == "img":
        _fill(walk, attributes.get("alt", ""))


def _closed(tag: re.Match[str], walk: _Walk) -> Iterator[Found]:
    name = tag[2]
    if tag[3] or name in _EMPTY:
        yield tag.start(), _("%(tag)s cannot be used here.") % {"tag": tag[0][:_LONGEST_QUOTE]}
    elif name not in [opened.name for opened in walk.open]:
        yield tag.start(), _("</%(tag)s> closes nothing. Remove it, or add <%(tag)s> before it.") % {"tag": name}
    else:
        while (opened := walk.open.pop()).name != name:
            yield opened.at, _("<%(tag)s> is not closed before </%(other)s>.") % {"tag": opened.name, "other": name}
        if name == "a" and not opened.is_filled:
            yield opened.at, _("This link has no words to press.")


def _of_attributes(tag: re.Match[str], walk: _Walk) -> Iterator[Found]:
    name, offset = tag[2], tag.start(3)
    seen: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag[3]):
        attribute, value, at = match[1], unescape(match[2]), offset + match.start()
        facts = {"tag": name, "attribute": attribute}
        if attribute not in ATTRIBUTES[name]:
            yield at, _("%(attribute)s cannot stand in <%(tag)s>.") % facts
        elif attribute in seen:
            yield at, _("%(attribute)s stands twice in <%(tag)s>.") % facts
        elif wrong := wrong_value(attribute, value, match[2], walk.image_hosts):
            yield at, wrong
        seen[attribute] = value
    if name == "a" and seen and not tag[0].startswith('<a href="'):
        yield tag.start(), _('Write a link as <a href="…">, with one space.')
    for attribute in ATTRIBUTES[name]:
        if attribute not in seen:
            facts = {"tag": name, "attribute": attribute}
            yield tag.start(), _('<%(tag)s> needs %(attribute)s="…".') % facts


def _while_alike(written: list[_Event], read: list[_Event]) -> Iterator[None]:
    for one, other in zip(written, read, strict=False):
        if one.what != other.what:
            return
        yield None


def _events(html: str) -> list[_Event]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.events


def _index(body: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in body.split("\n")[: line - 1]) + column


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[_Event] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = sorted((name, same_style(name, value or "")) for name, value in attrs)
        self.events.append(_Event(f"<{tag} {values}>", self.getpos()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.events.append(_Event(f"</{tag}>", self.getpos()))

    def handle_data(self, data: str) -> None:
        self.events.append(_Event(data, self.getpos()))
