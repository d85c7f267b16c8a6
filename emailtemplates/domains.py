"""What DNS says of a domain that mail is to be sent from, and what it should say: SPF, DKIM and DMARC.

What is wrong is said in English through gettext_noop; in_words() translates it. It never repeats what stands in
somebody's record.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from emailtemplates.domain_names import our_domain

# An administrator waits for it. The three records are looked up side by side.
SECONDS_PER_QUESTION = 2.0
# The policy of a domain higher up counts for those below it; nobody's name has more parts than this to look at.
MOST_LEVELS = 4

NO_SUCH_DOMAIN = gettext_noop("this domain does not exist in DNS")
MISSING = gettext_noop("the record is not there")
SEVERAL = gettext_noop("there are several of these records, and receivers then ignore them all; keep one")
SPF_WITHOUT_US = gettext_noop("there is a record, but this portal is not in it")
SPF_NOT_ASKED = gettext_noop("the operator of this portal must set SENDER_SPF before a domain can be proven")
DKIM_NOT_ASKED = gettext_noop("the operator of this portal must set SENDER_DKIM_SELECTOR before a domain can be proven")
DKIM_WITHOUT_KEY = gettext_noop("there is a record, but no key in it")
DMARC_WITHOUT_POLICY = gettext_noop("there is a record, but no policy in it: p=none, p=quarantine or p=reject")
NO_ANSWER = gettext_noop("DNS did not answer in time; this is looked at again later")
DNS_FAULT = gettext_noop("DNS answered with a fault; this is looked at again later")
# DNS itself was the trouble: says nothing about the domain.
NO_VERDICT = (NO_ANSWER, DNS_FAULT)


class Findings(NamedTuple):
    """What is wrong with each record; empty: it is right."""

    spf: str
    dkim: str
    dmarc: str

    @property
    def right(self) -> bool:
        return not any(self)

    @property
    def conclusive(self) -> bool:
        return not any(fault in NO_VERDICT for fault in self)


@dataclass(frozen=True)
class Wanted:
    """A record to add. `value` is empty where only the mail service or the operator knows it."""

    name: str  # SPF, DKIM or DMARC
    host: str
    type: str
    value: str


class Unanswered(Exception):
    """DNS gave no usable answer. Holds which sentence says so."""


def in_words(fault: str) -> str:
    """What is wrong, in the reader's language."""
    return gettext(fault) if fault else ""


def wanted(domain: str) -> list[Wanted]:
    """The records that this installation needs at this domain, in the order of Findings."""
    selector = settings.SENDER_DKIM_SELECTOR
    by_service = settings.EMAIL_BACKEND.startswith("anymail.")  # which makes a key for each domain
    return [
        Wanted("SPF", domain, "TXT", f"v=spf1 {settings.SENDER_SPF} ~all" if settings.SENDER_SPF else ""),
        Wanted(
            "DKIM",
            _dkim_host(domain) if selector else "",
            "TXT" if by_service else "CNAME",
            "" if by_service or not selector else _dkim_host(our_domain()),
        ),
        Wanted("DMARC", f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none"),
    ]


def look_up(domain: str, *, spf_mechanism: str | None = None) -> Findings:
    """Ask DNS about all three, side by side. `spf_mechanism` "": any SPF record does; None: the one of SENDER_SPF."""
    asked = settings.SENDER_SPF if spf_mechanism is None else spf_mechanism
    questions: list[Callable[[], str]] = [
        lambda: _spf(domain, asked, any_will_do=spf_mechanism == ""),
        lambda: _dkim(domain),
        lambda: _dmarc(domain),
    ]
    with ThreadPoolExecutor(len(questions)) as side_by_side:
        return Findings(*side_by_side.map(_answered, questions))


def _answered(question: Callable[[], str]) -> str:
    try:
        return question()
    except Unanswered as trouble:
        return str(trouble)


def _spf(domain: str, mechanism: str, *, any_will_do: bool) -> str:
    if not mechanism and not any_will_do:
        return SPF_NOT_ASKED
    texts = _texts(domain)
    if texts is None:
        return NO_SUCH_DOMAIN
    records = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) != 1:
        return SEVERAL if records else MISSING
    terms = records[0].lower().split()[1:]
    # What stands after «all» is never looked at (RFC 7208, 5.1).
    ends = [number for number, term in enumerate(terms) if term.lstrip("+-~?") == "all"]
    looked_at = {term.removeprefix("+") for term in terms[: ends[0] if ends else None]}
    return "" if any_will_do or mechanism.lower() in looked_at else SPF_WITHOUT_US


def _dkim(domain: str) -> str:
    """Whose key it is the mail server knows; a name that points at ours is followed to what stands there."""
    if not settings.SENDER_DKIM_SELECTOR:
        return DKIM_NOT_ASKED
    texts = _texts(_dkim_host(domain))
    if not texts:
        return MISSING
    return "" if any(_tags(text).get("p") for text in texts) else DKIM_WITHOUT_KEY


def _dmarc(domain: str) -> str:
    """The record of the domain itself, or of the nearest one above it that has one."""
    labels = domain.split(".")
    for start in range(min(len(labels) - 1, MOST_LEVELS)):
        texts = _texts("_dmarc." + ".".join(labels[start:])) or []
        records = [tags for tags in map(_tags, texts) if tags.get("v") == "DMARC1"]
        if len(records) > 1:
            return SEVERAL
        if records:
            policy = records[0].get("p", "").lower()
            return "" if policy in ("none", "quarantine", "reject") else DMARC_WITHOUT_POLICY
    return MISSING


def _dkim_host(domain: str) -> str:
    return f"{settings.SENDER_DKIM_SELECTOR}._domainkey.{domain}"


def _tags(text: str) -> dict[str, str]:
    """What stands in `v=DMARC1; p=none`."""
    pairs = (tag.partition("=") for tag in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _equals, value in pairs}


def _texts(name: str) -> list[str] | None:
    """Every TXT at this name, also through aliases; none of another kind. None: there is no such name."""
    try:
        answer = _resolver().resolve(name, dns.rdatatype.TXT, search=False, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return None
    except dns.resolver.LifetimeTimeout:
        raise Unanswered(NO_ANSWER) from None
    except (dns.exception.DNSException, OSError):
        raise Unanswered(DNS_FAULT) from None
    return [b"".join(row.strings).decode("utf-8", errors="replace") for row in answer.rrset or ()]


def _resolver() -> dns.resolver.Resolver:
    """That of DNS_RESOLVER, or the system's. Remembers nothing: a record that was just added must be seen."""
    resolver = dns.resolver.Resolver(configure=settings.DNS_RESOLVER is None)
    if settings.DNS_RESOLVER is not None:
        host, resolver.port = settings.DNS_RESOLVER
        resolver.nameservers = [host]
    resolver.timeout = resolver.lifetime = SECONDS_PER_QUESTION
    return resolver
