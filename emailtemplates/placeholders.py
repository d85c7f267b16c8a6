"""Fills the placeholders of a text: in one pass, with flat strings, so that a text or a name can never run anything.

What surrounds a placeholder is the same in every mail. So a text is taken apart once, and a mail only joins the parts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.utils.translation import gettext as _

PATTERN = re.compile(r"\{([A-Z][A-Za-z]{2,30})\}")

_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\s*")
# Control characters other than the end of a line, and marks that turn the direction of reading and so make an address
# or a name look like another one.
_NEVER_SHOWN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_BUTTON = (
    '<a class="button" href="{address}" style="display:inline-block;padding:12px 20px;border-radius:6px;'
    'background:#0f6b54;color:#ffffff;font-weight:600;text-decoration:none">{label}</a><br>'
    '<span class="quiet" style="display:inline-block;margin-top:8px;color:#5a6472;font-size:14px;'
    'word-break:break-all">{address}</span>'
)


@dataclass(frozen=True)
class _Part:
    """What stands before a placeholder, and the placeholder; its name is empty after the last one."""

    before: str
    name: str
    as_text: str  # the placeholder as it stands there
    is_button: bool = False
    stays: bool = False


def fill_html(body: str, values: Mapping[str, str], *, link_label: str = "") -> str:
    """The body with escaped values; {Link} becomes a button, or just the address where it is the whole of an href.

    Unknown names stay as text. Paragraphs that come out empty are left out.
    """
    pieces: list[str] = []
    for part in _parts_of_html(body):
        pieces.append(part.before)
        if part.stays or part.name not in values:
            pieces.append(part.as_text)
        elif part.is_button:
            label = escape(link_label or _("Open the link"))
            pieces.append(_BUTTON.format(address=_as_html(values[part.name]), label=label))
        else:
            pieces.append(_as_html(values[part.name]))
    filled = "".join(pieces)
    # Only what was empty makes an empty paragraph, and looking for one takes as long as filling.
    return filled if all(map(str.strip, values.values())) else _EMPTY_PARAGRAPH.sub("", filled)


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """The text with the values as they are, without control characters. Unknown names stay as text."""
    pieces: list[str] = []
    for part in _parts_of_text(text):
        pieces += (part.before, _shown(values[part.name]) if part.name in values else part.as_text)
    return "".join(pieces)


@lru_cache(maxsize=1024)
def _parts_of_text(text: str) -> tuple[_Part, ...]:
    parts, end = [], 0
    for match in PATTERN.finditer(text):
        parts.append(_Part(text[end : match.start()], match[1], match[0]))
        end = match.end()
    return (*parts, _Part(text[end:], "", ""))


@lru_cache(maxsize=1024)
def _parts_of_html(body: str) -> tuple[_Part, ...]:
    parts, end = [], 0
    body = _EMPTY_PARAGRAPH.sub("", body)
    for match in PATTERN.finditer(body):
        stays, is_button = _place_of_link(match) if match[1] == "Link" else (False, False)
        parts.append(_Part(body[end : match.start()], match[1], match[0], is_button, stays))
        end = match.end()
    return (*parts, _Part(body[end:], "", ""))


def _place_of_link(match: re.Match[str]) -> tuple[bool, bool]:
    """Does {Link} stay unfilled here, and does it become a button?

    It is a secret: anywhere within a tag but as the whole address of a link, such as in the address of somebody's
    picture, it stays unfilled.
    """
    before, after = match.string[: match.start()], match.string[match.end() :]
    if before.endswith('<a href="') and after.startswith('"'):
        return False, False
    if before.rfind("<") > before.rfind(">"):
        return True, False
    return False, before.rfind("<a ") <= before.rfind("</a>")


def _as_html(value: str) -> str:
    return escape(_shown(value)).replace("\n", "<br>")


def _shown(value: str) -> str:
    if value.isprintable():  # no such character is, and asking is quicker than looking for them
        return value
    return _NEVER_SHOWN.sub("", value.replace("\r\n", "\n"))
