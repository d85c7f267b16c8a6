"""In whose name a mail goes out: name and address each from the employer, else the provider, else this installation.

An address stands under From only if it was confirmed by a code and DNS proves that its domain lets us. Confirmed alone
it is where answers go; without that it is used for nothing.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from emailtemplates.clock import in_
from emailtemplates.domain_names import in_dns, in_letters
from emailtemplates.models import Sender, SenderDomain

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_LOCAL_PART = 255, 254, 64
# Domains are looked at daily. One that DNS cannot tell us anything about for so long is no longer proven.
PROOF_LASTS = timedelta(days=3)

# A level: a provider, and one of its employers or None for the provider itself; both None for a mail of nobody.
Level = tuple[int | None, int | None]

# Without quotes and comments, in which an address could hide that is not the one it seems.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class From(NamedTuple):
    """What stands under From; `reply_to` is the address people meant when it may not stand there itself."""

    name: str
    address: str
    reply_to: str = ""


@dataclass(frozen=True)
class _Chosen:
    name: str
    address: str  # empty unless it was confirmed


def senders_of(levels: Collection[Level]) -> Mapping[Level, From]:
    """The sender for each level, in one query, and one more where addresses were chosen."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    ours = From(name, address)
    chosen = _chosen(levels)
    if not chosen:
        return dict.fromkeys(levels, ours)
    proven = _proven(chosen)
    return {level: _sender(level, chosen, proven, ours) for level in levels}


def proven() -> QuerySet[SenderDomain]:
    """Domains from which mail may be sent now."""
    return SenderDomain.objects.exclude(proven_at=None).filter(checked_at__gt=in_(-PROOF_LASTS))


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def readable(address: str) -> str:
    """The address with its domain as people write it."""
    local_part, at, domain = address.rpartition("@")
    return local_part + at + in_letters(domain)


def proper_address(text: str) -> str:
    """Exactly one address, with its domain as DNS writes it. Raises ValidationError."""
    local_part, _at, typed = text.strip().rpartition("@")
    domain = in_dns(typed)
    if not _LOCAL_PART.fullmatch(local_part) or len(local_part) > LONGEST_LOCAL_PART:
        raise ValidationError(_("Fill in one e-mail address, such as salaris@example.nl."))
    if domain is None:
        raise ValidationError(_("What stands after the @ is not the domain of an organisation, such as example.nl."))
    if len(address := f"{local_part}@{domain}") > LONGEST_ADDRESS:
        raise ValidationError(_("This address is too long."))
    return address


def _chosen(levels: Collection[Level]) -> dict[Level, _Chosen]:
    """What these levels and their providers have chosen."""
    providers = {provider for provider, _employer in levels if provider is not None}
    if not providers:
        return {}
    employers = {employer for _provider, employer in levels if employer is not None}
    rows = Sender.objects.filter(Q(employer=None) | Q(employer__in=employers), provider__in=providers)
    columns = rows.values_list("provider_id", "employer_id", "name", "address", "confirmed_at")
    return {
        (provider, employer): _Chosen(name, address if confirmed_at else "")
        for provider, employer, name, address, confirmed_at in columns
    }


def _proven(chosen: Mapping[Level, _Chosen]) -> frozenset[tuple[int | None, str]]:
    """Which of these addresses' domains are proven, each for its own provider."""
    domains = {domain_of(each.address) for each in chosen.values() if each.address}
    if not domains:
        return frozenset()
    providers = {provider for provider, _employer in chosen}
    rows = proven().filter(provider__in=providers, domain__in=domains)
    return frozenset(rows.values_list("provider_id", "domain"))


def _sender(
    level: Level, chosen: Mapping[Level, _Chosen], proven: Collection[tuple[int | None, str]], ours: From
) -> From:
    provider, _employer = level
    levels = [chosen[each] for each in (level, (provider, None)) if each in chosen]
    name = next((each.name for each in levels if each.name), ours.name)
    address = next((each.address for each in levels if each.address), "")
    if not address:
        return From(name, ours.address)
    if (provider, domain_of(address)) in proven:
        return From(name, address)
    return From(name, ours.address, reply_to=address)
