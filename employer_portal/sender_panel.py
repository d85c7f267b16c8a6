"""What the settings page shows of the sender of e-mails, at a provider or an employer."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import sender_codes, senders
from accounts.models import Employer, Provider
from emailtemplates import domains
from emailtemplates.domains import Findings, Wanted
from emailtemplates.models import Sender, SenderDomain
from emailtemplates.senders import From, domain_of, proven, readable, senders_of
from employer_portal.sender_forms import CodeForm, SenderForm


@dataclass(frozen=True)
class RecordRow:
    """One DNS record: what to add, and what is the matter with it."""

    wanted: Wanted
    state: str  # the name of a badge
    state_label: str
    fault: str  # in words; empty: nothing
    value: str  # to copy, or in words where only others know it
    can_be_copied: bool
    note: str  # how to add it where there is one already


@dataclass(frozen=True)
class SenderPanel:
    sentence: str  # in whose name mail goes out now
    state: str  # the name of a badge; empty: no address of its own
    state_label: str
    explanation: str
    form: SenderForm
    code_form: CodeForm | None  # None: no code to give back
    can_mail_code: bool
    domain: SenderDomain | None  # None: never looked at
    records: list[RecordRow]


def sender_panel(
    at: Provider | Employer, *, form: SenderForm | None = None, code_form: CodeForm | None = None
) -> SenderPanel:
    """With the forms that were sent, where they come back with errors."""
    sender = senders.own_sender(at)
    level = (sender.provider_id, sender.employer_id)
    now = senders_of({level, (sender.provider_id, None), (None, None)})
    above = now[(sender.provider_id, None) if sender.employer_id else (None, None)]
    domain = SenderDomain.objects.filter(provider=sender.provider_id, domain=domain_of(sender.address)).first()
    is_proven = domain is not None and proven().filter(pk=domain.pk).exists()
    waits = bool(sender.address) and sender.confirmed_at is None
    has_code = waits and sender_codes.is_open(sender)
    state, label, explanation = _state(sender, has_code=has_code, is_proven=is_proven)
    form = form or SenderForm(initial=_initial(sender))
    form.tell_above(above.name, readable(above.reply_to or above.address))
    return SenderPanel(
        sentence=_sentence(now[level]),
        state=state,
        state_label=label,
        explanation=explanation,
        form=form,
        code_form=(code_form or CodeForm()) if has_code else None,
        can_mail_code=waits,
        domain=domain,
        records=_records(sender, domain),
    )


def _initial(sender: Sender) -> dict[str, str]:
    return {"sender_name": sender.name, "sender_address": readable(sender.address)}


def _sentence(now: From) -> str:
    facts = {"name": now.name, "address": readable(now.address), "answers": readable(now.reply_to)}
    if now.reply_to:
        return _("E-mails now come from %(name)s, %(address)s. Answers go to %(answers)s.") % facts
    return _("E-mails now come from %(name)s, %(address)s.") % facts


def _state(sender: Sender, *, has_code: bool, is_proven: bool) -> tuple[str, str, str]:
    """Badge, its words, and what it means."""
    facts = {"address": readable(sender.address)}
    if not sender.address:
        return "", "", ""
    lost = senders.code_that_did_not_arrive(sender) if sender.confirmed_at is None else None
    if lost is not None:
        words = _("The code did not arrive at %(address)s: %(why)s. Correct the address, or have a new one mailed.")
        return "undeliverable", _("Code not delivered"), words % {**facts, "why": lost.why_in_words}
    if sender.confirmed_at is None and has_code:
        words = _("We mailed a code to %(address)s. Until you fill it in, this address is not used.")
        return "invited", _("Waits for the code"), words % facts
    if sender.confirmed_at is None:
        words = _("The code for %(address)s has expired or was wrong too often. Have a new one mailed.")
        return "expired", _("Not confirmed"), words % facts
    if is_proven:
        return "active", _("In use"), _("The address is confirmed and its domain allows us to send from it.")
    words = _(
        "The address is confirmed and gets the answers. It becomes the sender once all three DNS records are right."
    )
    return "limited", _("For answers only"), words


def _records(sender: Sender, domain: SenderDomain | None) -> list[RecordRow]:
    if not sender.address:
        return []
    found = Findings(domain.spf, domain.dkim, domain.dmarc) if domain else (None, None, None)
    return [
        _record(wanted, fault) for wanted, fault in zip(domains.wanted(domain_of(sender.address)), found, strict=True)
    ]


def _record(wanted: Wanted, fault: str | None) -> RecordRow:
    """`fault` None: not looked at yet."""
    if fault is None:
        state, label = "none", _("Not looked at yet")
    elif fault in domains.NO_VERDICT:
        state, label = "attention", _("No answer")
    else:
        state, label = ("attention", _("Not right")) if fault else ("good", _("Right"))
    # What the operator has not decided nobody can add.
    value = wanted.value or (_("Ask the operator of this portal.") if not wanted.host or wanted.name == "SPF" else "")
    return RecordRow(
        wanted=wanted,
        state=state,
        state_label=label,
        fault=domains.in_words(fault or ""),
        value=value or _("The mail service of this portal makes it. Ask the operator."),
        can_be_copied=bool(wanted.value),
        note=_note(wanted),
    )


def _note(wanted: Wanted) -> str:
    if wanted.name == "SPF" and wanted.value:
        mechanism = settings.SENDER_SPF
        return _("Is there an SPF record already? Then only add %(part)s to it, before “all”.") % {"part": mechanism}
    if wanted.name == "DMARC":
        return _("Is there a DMARC record already? Then it is fine as it is, if there is a policy (p=) in it.")
    return ""
