"""DNS, record by record: of our own address and of every domain that a provider or employer wants to send from."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.doctor.findings import Findings, attention, fault, information
from accounts.doctor.sending import goes_out
from emailtemplates import domains
from emailtemplates.domain_names import our_domain
from emailtemplates.domains import Wanted
from emailtemplates.models import Sender, SenderDomain
from emailtemplates.senders import domain_of

# With DNS away each takes seconds. Of more than these what the schedule last saw is told.
MOST_LOOK_UPS = 25


def asked_of_domains() -> Findings:
    """Can a provider or employer prove a domain at all?"""
    for name in ("SENDER_SPF", "SENDER_DKIM_SELECTOR"):
        if getattr(settings, name):
            continue
        what = _("%(name)s is not set, so no provider or employer can send from an own domain.") % {"name": name}
        mend = _("Set it as .env.example says.")
        wants = Sender.objects.exclude(address="").exists()
        yield fault(what, mend) if wants else information(what, mend)


def our_own() -> Findings:
    """Of DEFAULT_FROM_EMAIL. Our mail server's part of the SPF record we do not know; that there is one we can see."""
    if not goes_out():
        return
    domain = our_domain()
    found = domains.look_up(domain, spf_mechanism="")
    for wanted, wrong in zip(domains.wanted(domain), found, strict=True):
        if not wrong:
            continue
        what = _line(domain, wanted.name, wrong)
        if wrong in (*domains.NO_VERDICT, domains.DKIM_NOT_ASKED):
            yield attention(what)
        else:
            yield fault(what, _("Receivers may refuse our mail. Have whoever looks after the domain mend this record."))


def of_senders_as_seen() -> Findings:
    """What the schedule last saw, of the domains in use."""
    for row in _in_use():
        yield from _of_sender(row.domain, domains.Findings(row.spf, row.dkim, row.dmarc))


def of_senders() -> Findings:
    for number, row in enumerate(_in_use()):
        seen = domains.Findings(row.spf, row.dkim, row.dmarc)
        yield from _of_sender(row.domain, domains.look_up(row.domain) if number < MOST_LOOK_UPS else seen)


def _in_use() -> list[SenderDomain]:
    chosen = Sender.objects.exclude(address="").values_list("provider_id", "address")
    used = {(provider, domain_of(address)) for provider, address in chosen}
    rows = SenderDomain.objects.order_by("domain", "provider_id")
    return [row for row in rows if (row.provider_id, row.domain) in used]


def _of_sender(domain: str, found: domains.Findings) -> Findings:
    """Their mail goes out from our own address meanwhile, so it is no fault of this installation."""
    for wanted, wrong in zip(domains.wanted(domain), found, strict=True):
        if wrong:
            yield attention(_line(domain, wanted.name, wrong), _add(wanted))


def _line(domain: str, record: str, wrong: str) -> str:
    return f"{domain}, {record}: {domains.in_words(wrong)}."


def _add(wanted: Wanted) -> str:
    if not wanted.value:
        return ""
    facts = {"type": wanted.type, "host": wanted.host, "value": wanted.value}
    return _("It should be %(type)s at %(host)s: %(value)s") % facts
