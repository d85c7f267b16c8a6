"""What the text of an e-mail must be like: how long, with which placeholders, in which places. Each fault is named."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple
from unicodedata import category
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from emailtemplates.catalogue import MESSAGES, Message
from emailtemplates.placeholder_rules import Found, of_braces, of_links, of_subject_words, of_words
from emailtemplates.placeholders import PATTERN
from emailtemplates.plain_text import plain_text
from emailtemplates.safe_html import markup_faults, read_differently
from emailtemplates.senders import proven

Field = Literal["subject", "body"]
FIELDS: tuple[Field, ...] = ("subject", "body")
LONGEST_SUBJECT, LONGEST_BODY = 512, 6000
# Who pastes something altogether different is helped by the first ones.
MOST_FAULTS = 20


class Place(NamedTuple):
    """Where a fault begins; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return _("line %(line)d, column %(column)d") % self._asdict()


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field, in the language of whoever asks; no place: with the field as a whole."""

    field: Field
    place: Place | None
    words: str


def as_stored(text: str) -> str:
    """What was filled in, with line ends of one kind and nothing around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def faults_of(message: str, subject: str, body: str, *, image_hosts: Collection[str] | None = None) -> list[Fault]:
    """Every fault, or the first MOST_FAULTS of a field. An empty field is as the level above has it, and has none.

    `image_hosts`: where images may come from; None: from anywhere.
    """
    return [
        *(_faults(message, "subject", as_stored(subject)) if subject.strip() else ()),
        *(_faults(message, "body", as_stored(body), image_hosts) if body.strip() else ()),
    ]


@lru_cache(maxsize=512)
def is_proper(message: str, field: Field, text: str) -> bool:
    """Whether a stored text may be used. Asked for each mail, so the answer is kept.

    Where images come from is not asked: a domain that DNS cannot tell of for some days would change what people read.
    """
    return not _faults(message, field, text)


def image_hosts_of(provider_id: int) -> frozenset[str]:
    """Where images in texts of this provider may come from: this installation, and the domains proven to be theirs."""
    own = urlsplit(settings.BASE_URL).hostname or ""
    return frozenset({own, *proven().filter(provider=provider_id).values_list("domain", flat=True)})


def _faults(message: str, field: Field, text: str, image_hosts: Collection[str] | None = None) -> list[Fault]:
    most = LONGEST_SUBJECT if field == "subject" else LONGEST_BODY
    if len(text) > most:
        facts = {"most": most, "length": len(text)}
        return [Fault(field, None, _("At most %(most)d characters; these are %(length)d.") % facts)]
    found = _of_subject(text) if field == "subject" else _of_body(MESSAGES[message], text, image_hosts)
    kinds = (_of_signs(text), of_braces(MESSAGES[message], text), found)
    everything = [each for kind in kinds for each in islice(kind, MOST_FAULTS)]
    if field == "body" and not everything:
        everything = list(read_differently(text))
    placed = sorted((each for each in everything if each[0] is not None), key=lambda each: each[0] or 0)
    whole = [each for each in everything if each[0] is None]
    return [
        Fault(field, None if at is None else _place(text, at), words)
        for at, words in islice((*whole, *placed), MOST_FAULTS)
    ]


def _place(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _of_signs(text: str) -> Iterator[Found]:
    """Signs that nobody sees, and that can make a text look like another one."""
    for at, sign in enumerate(text):
        if sign not in "\n\t" and category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            yield (
                at,
                _("Here stands a sign that cannot be seen (U+%(code)s). Remove it.") % {"code": f"{ord(sign):04X}"},
            )


def _of_subject(text: str) -> Iterator[Found]:
    for match in re.finditer(r"[\n\t]", text):
        yield match.start(), _("A subject is one line.")
    for match in re.finditer(r"\{Link\}", text):
        yield match.start(), _("{Link} is a secret and cannot stand in the subject, which is shown on locked screens.")
    yield from of_subject_words(text)


def _of_body(message: Message, text: str, image_hosts: Collection[str] | None) -> Iterator[Found]:
    names = set(PATTERN.findall(text))
    for name in sorted(message.required - names):
        yield None, _("{%(name)s} must stand in this text.") % {"name": name}
    markup = list(islice(markup_faults(text, image_hosts=image_hosts), MOST_FAULTS))
    yield from markup
    if markup:
        return
    plain = plain_text(text)
    if not plain:
        yield None, _("There is nothing to read in this text.")
    yield from of_links(text)
    yield from of_words(text, plain)
