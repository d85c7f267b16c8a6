"""Names of domains: as DNS writes them and as people do."""

from email.utils import parseaddr

import idna
from django.conf import settings


def in_dns(domain: str) -> str | None:
    """The domain as DNS writes it, in small letters. None: it cannot be one that mail comes from.

    A registry's own suffix such as co.uk passes; nobody but the registry can put the records there.
    """
    try:
        name = idna.encode(domain.strip().removesuffix("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None
    labels = name.split(".")
    # An address of a machine (10.0.0.1) ends in a number, which no domain does.
    return name if len(labels) > 1 and not labels[-1].isdecimal() and len(name) <= 253 else None


def in_letters(domain: str) -> str:
    """The same domain as people write it."""
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def our_domain() -> str:
    """That of our own address."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return in_dns(domain) or domain.lower()
