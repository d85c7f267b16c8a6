"""Fills the placeholders of a text: in one pass, with flat strings, so that a text or a name can never run anything."""

import re
import unicodedata
from collections.abc import Mapping
from html import escape

from django.utils.translation import gettext as _

PATTERN = re.compile(r"\{([A-Z][A-Za-z]{2,30})\}")

_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\s*")
# These turn the direction of reading, and make an address or a name look like another one.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_BUTTON = (
    '<a class="button" href="{address}" style="display:inline-block;padding:12px 20px;border-radius:6px;'
    'background:#0f6b54;color:#ffffff;font-weight:600;text-decoration:none">{label}</a><br>'
    '<span class="quiet" style="display:inline-block;margin-top:8px;color:#5a6472;font-size:14px;'
    'word-break:break-all">{address}</span>'
)


def fill_html(body: str, values: Mapping[str, str], *, link_label: str = "") -> str:
    """The body with escaped values; {Link} becomes a button, or just the address where it is the whole of an href.

    Unknown names stay as text. Paragraphs that come out empty are left out.
    """

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            return match[0]
        value = escape(_clean(values[name])).replace("\n", "<br>")
        return _link(match, value, link_label) if name == "Link" else value

    return _EMPTY_PARAGRAPH.sub("", PATTERN.sub(filled, body))


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """The text with the values as they are, without control characters. Unknown names stay as text."""
    return PATTERN.sub(lambda match: _clean(values[match[1]]) if match[1] in values else match[0], text)


def _link(match: re.Match[str], address: str, label: str) -> str:
    """{Link} is a secret: anywhere else within a tag, such as in the address of somebody's picture, it stays unfilled."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if before.endswith('<a href="') and after.startswith('"'):
        return address
    if before.rfind("<") > before.rfind(">"):
        return match[0]
    if before.rfind("<a ") > before.rfind("</a>"):
        return address
    return _BUTTON.format(address=address, label=escape(label or _("Open the link")))


def _clean(value: str) -> str:
    """Without control characters, other than the end of a line."""
    return "".join(sign for sign in value.replace("\r\n", "\n") if sign == "\n" or not _is_control(sign))


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp") or sign in _BIDI_CONTROLS
