"""Texts of providers and employers: does each still pass the rules of today, and is it up to date with the shipped one?"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.doctor.findings import Findings, attention, information
from emailtemplates.catalogue import MESSAGES
from emailtemplates.models.texts import EmailText
from emailtemplates.text_rules import Fault, faults_of, image_hosts_of, is_proper
from emailtemplates.texts import outdated_fields


def overrides() -> Findings:
    """Each stored text with a fault, and how many were made from a shipped text that an upgrade changed."""
    outdated = 0
    known = [key for key, message in MESSAGES.items() if message.overridable]
    own = EmailText.objects.exclude(subject="", body="").filter(message__in=known)
    for text in own.select_related("provider", "employer").order_by("provider", "employer", "pk").iterator():
        outdated += bool(outdated_fields(text))
        for fault in _faults(text):
            facts = {"text": str(text), "whose": _whose(text), "fault": _line(fault)}
            if is_proper(text.message, fault.field, getattr(text, fault.field)):
                yield attention(_("The e-mail text %(text)s of %(whose)s cannot be saved again: %(fault)s") % facts)
            else:
                yield attention(
                    _("The e-mail text %(text)s of %(whose)s breaks a rule: %(fault)s") % facts,
                    _("Until it is mended the text of the level above is used."),
                )
    if outdated:
        yield information(
            _("E-mail texts that were made from an older shipped text: %(count)d.") % {"count": outdated},
            _("They stand in the employer portal, under e-mail texts."),
        )


def _faults(text: EmailText) -> Iterator[Fault]:
    """The first of each field; whoever mends that one is told the next."""
    found = faults_of(text.message, text.subject, text.body, image_hosts=image_hosts_of(text.provider_id))
    seen = set()
    for fault in found:
        if fault.field not in seen:
            seen.add(fault.field)
            yield fault


def _whose(text: EmailText) -> str:
    return f"{text.provider.slug} {text.employer.client_number}" if text.employer else text.provider.slug


def _line(fault: Fault) -> str:
    return ", ".join(str(part) for part in (fault.field, fault.place) if part) + f": {fault.words}"
