"""Where placeholders may stand in a text: {Link} is a secret, and none may become part of somebody's address."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from html import unescape

from django.utils.translation import gettext as _

from emailtemplates.catalogue import Message
from emailtemplates.placeholders import PATTERN
from emailtemplates.safe_values import WHOLE_ADDRESSES

# Where a fault begins, None for the field as a whole; and what is wrong.
Found = tuple[int | None, str]

_IN_BRACES = re.compile(r"\{[^{}\s<]{0,40}\}?|\}")
# A word as mail programs see it when they look for addresses to make a link of.
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|www\.|@|[\w}-]\.[a-z]{2,}", re.IGNORECASE)
# What may stand against {Link} in a text.
_BESIDE_LINK = re.compile(r"""[().,:;"'“”‘’«»\[\]?-]*""")


def of_braces(message: Message, text: str) -> Iterator[Found]:
    """Everything in braces that this message does not know, and braces that are written otherwise."""
    for match in _IN_BRACES.finditer(text):
        placeholder = PATTERN.fullmatch(match[0])
        if placeholder is None:
            yield (
                match.start(),
                _("“%(what)s” is not a placeholder, and braces stand for nothing else.") % {"what": match[0]},
            )
        elif placeholder[1] not in message.known:
            yield match.start(), _unknown(message, placeholder[1])
    for match in re.finditer(r"&#?[0-9A-Za-z]+;?", text):
        if {"{", "}"} & set(unescape(match[0])):
            yield match.start(), _("“%(what)s” is a brace in disguise.") % {"what": match[0]}


def of_links(text: str) -> Iterator[Found]:
    """An address within a link that leads elsewhere: it would show one and open another."""
    for match in re.finditer(r'<a href="([^"<>]*)"[^<>]*>((?:(?!</a>).)*)', text, re.DOTALL):
        for placeholder in WHOLE_ADDRESSES:
            if match[1] != placeholder and placeholder in match[2]:
                at = match.start(2) + match[2].index(placeholder)
                yield at, _("%(what)s stands within a link to somewhere else.") % {"what": placeholder}


def of_subject_words(subject: str) -> Iterator[Found]:
    """Placeholders that run into an address in a subject."""
    for match in _WORD.finditer(subject):
        if PATTERN.search(match[0]) and _ADDRESS.search(match[0]):
            yield match.start(), _in_address()


def of_words(text: str, plain: str) -> Iterator[Found]:
    """Placeholders that run into an address, in the plain part as it is read: there tags have gone and words have met."""
    for match in _WORD.finditer(plain):
        word = match[0]
        names = PATTERN.findall(word)
        if not names or word in WHOLE_ADDRESSES:
            continue
        if "Link" in names and not _BESIDE_LINK.fullmatch(word.replace("{Link}", "", 1)):
            yield _where(text, plain, match, "{Link}"), _("{Link} must be a text of its own, with spaces around it.")
        elif _ADDRESS.search(word):
            yield _where(text, plain, match, f"{{{names[0]}}}"), _in_address()


def _unknown(message: Message, name: str) -> str:
    like = get_close_matches(name, sorted(message.known), n=1)
    if like:
        return _("{%(name)s} is not known. Did you mean {%(like)s}?") % {"name": name, "like": like[0]}
    facts = {"name": name, "known": ", ".join(f"{{{each}}}" for each in sorted(message.known))}
    return _("{%(name)s} is not known. This e-mail knows: %(known)s.") % facts


def _where(text: str, plain: str, word: re.Match[str], placeholder: str) -> int | None:
    """Where in the text the placeholder stands that this word of the plain part holds: it is as many as that one."""
    number = plain.count(placeholder, 0, word.start()) + 1
    at = -1
    for _each in range(number):
        at = text.find(placeholder, at + 1)
        if at < 0:
            return None
    return at


def _in_address() -> str:
    return _("A placeholder cannot be part of an address.")
