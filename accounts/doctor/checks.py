"""Everything the doctor looks at, in the order in which it is told."""

import logging
from collections.abc import Iterator

from django.db import Error
from django.utils.translation import gettext as _

from accounts.doctor import records, sending, stores, texts, wiring
from accounts.doctor.findings import Check, Finding, Level, fault, information

logger = logging.getLogger(__name__)

CHECKS = (
    Check("database", stores.database),
    Check("clock", stores.clock, needs_database=True),
    Check("broker", stores.broker),
    Check("cache", stores.shared_cache),
    Check("secret key", wiring.secret_key),
    Check("addresses", wiring.addresses),
    Check("static files", wiring.static_files),
    Check("e-mail texts", wiring.texts),
    Check("overrides", texts.overrides, needs_database=True),
    Check("transport", sending.transport),
    Check("mail server", sending.mail_server, asks_outside=True),
    Check("breaker", sending.breaker, needs_database=True),
    Check("workers", sending.workers, needs_database=True),
    Check("schedule", sending.schedule, needs_database=True),
    Check("undelivered", sending.undelivered, needs_database=True),
    Check("own domain", records.our_own, asks_outside=True),
    Check("senders", records.asked_of_domains, needs_database=True),
    Check("sender domains", records.of_senders, needs_database=True, asks_outside=True),
)
_INSTEAD_OFFLINE = {"sender domains": records.of_senders_as_seen}


def look(*, offline: bool) -> Iterator[tuple[Check, list[Finding]]]:
    """Each check with what it found; nothing: in order. One that fails itself does not hide the others."""
    has_database = True
    for check in CHECKS:
        if check.needs_database and not has_database:
            yield check, [information(_("Not looked at, because of the database."))]
            continue
        if check.asks_outside and offline:
            instead = _INSTEAD_OFFLINE.get(check.name)
            yield (
                check,
                _found(Check(check.name, instead))
                if instead
                else [information(_("Not looked at, because of --offline."))],
            )
            continue
        found = _found(check)
        if check.look is stores.database:
            has_database = not any(finding.level is Level.FAULT for finding in found)
        yield check, found


def _found(check: Check) -> list[Finding]:
    try:
        return list(check.look())
    except Error as error:
        return [fault(_("The database does not answer (%(error)s).") % {"error": type(error).__name__}, "")]
    except Exception as error:
        logger.exception("Looking at %s failed.", check.name)
        return [
            fault(_("Looking at this failed itself (%(error)s).") % {"error": type(error).__name__}, _("See the log."))
        ]
