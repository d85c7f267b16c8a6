"""What became of a mail, in plain words: its state, the reason, and what one can do about it."""

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emailtemplates import outbox
from emailtemplates.models import REMOVED, UNDERWAY, MailState, OutgoingEmail
from employer_portal.mail_troubles import CORRECT, TOO_LATE, trouble_of


def reason_of(mail: OutgoingEmail) -> str:
    """In one sentence; empty where all is well."""
    if mail.state in (MailState.SENT, MailState.DELIVERED) and mail.why != REMOVED:
        return ""
    if mail.state == MailState.WITHHELD and mail.why != REMOVED:
        return _("Withheld by %(name)s.") % {"name": mail.why.removeprefix(outbox.withheld(""))}
    trouble = trouble_of(mail)
    if trouble is not None:
        return str(trouble.reason)
    return _sentence(mail.why_in_words)


def next_step_of(mail: OutgoingEmail) -> str:
    """What somebody could do about a mail that did not arrive."""
    if mail.why == REMOVED:
        return ""
    trouble = trouble_of(mail)
    if trouble is not None:
        return str(trouble.next_step)
    return str(CORRECT if mail.state == MailState.BOUNCED else TOO_LATE.next_step)


def state_of(mail: OutgoingEmail) -> str:
    """The state in a sentence, and what it means."""
    return _SENTENCES[MailState(mail.state)] % {
        "when": moment(mail.not_before),
        "until": moment(mail.expires_at),
        "sent": moment(mail.sent_at),
    }


def moment(when: object) -> str:
    """Empty for None."""
    return formats.date_format(timezone.localtime(when), "j F Y, H:i") if when else ""  # type: ignore[arg-type]


def in_a_clause(mail: OutgoingEmail | None) -> str:
    """What became of it, as the end of a sentence about something else."""
    if mail is None or mail.state in (MailState.CANCELLED, MailState.SUPERSEDED):
        return _("no e-mail was sent")
    if mail.state == MailState.HELD:
        return _("the e-mail waits until %(when)s") % {"when": moment(mail.not_before)}
    if mail.state in UNDERWAY and mail.state != MailState.UNCERTAIN:
        return _("the e-mail is on its way")
    words = _CLAUSES[MailState(mail.state)]
    reason = reason_of(mail).rstrip(".")
    if mail.state in (MailState.BOUNCED, MailState.FAILED, MailState.EXPIRED) and reason:
        return f"{words} ({reason[:1].lower()}{reason[1:]})"
    return str(words)


def _sentence(words: str) -> str:
    """Our reasons are clauses; what others said stays as it is."""
    return f"{words[:1].upper()}{words[1:]}" if words else ""


_CLAUSES: dict[MailState, str | Promise] = {
    MailState.UNCERTAIN: gettext_lazy("it is not known whether the e-mail arrived"),
    MailState.SENT: gettext_lazy("the e-mail has been sent"),
    MailState.DELIVERED: gettext_lazy("the e-mail has been delivered"),
    MailState.DEFERRED: gettext_lazy("the e-mail has been sent, but has not arrived yet"),
    MailState.BOUNCED: gettext_lazy("the e-mail came back"),
    MailState.COMPLAINED: gettext_lazy("the e-mail arrived, and was marked as spam"),
    MailState.FAILED: gettext_lazy("the e-mail could not be sent"),
    MailState.EXPIRED: gettext_lazy("the e-mail could not be sent in time"),
    MailState.WITHHELD: gettext_lazy("the e-mail was withheld"),
}
_SENTENCES: dict[MailState, str | Promise] = {
    MailState.QUEUED: gettext_lazy("It is sent as soon as it is its turn; at the latest on %(until)s."),
    MailState.HELD: gettext_lazy("It waits until %(when)s, so that it can still be taken back."),
    MailState.LEASED: gettext_lazy("It is being written at this very moment."),
    MailState.TRANSMITTING: gettext_lazy("It is being handed over to a mail server at this very moment."),
    MailState.UNCERTAIN: gettext_lazy(
        "It left, but the answer of the mail server was lost. It is sent once more after %(when)s, as the same e-mail, so "
        "that most mailboxes show it once."
    ),
    MailState.SENT: gettext_lazy(
        "A mail server took it on %(sent)s. That is nearly always enough; whether it arrived is only known when somebody "
        "reports it."
    ),
    MailState.DELIVERED: gettext_lazy("It has been delivered to the mailbox of the person."),
    MailState.DEFERRED: gettext_lazy(
        "The mail server of the person did not take it yet. The mail service goes on trying; there is nothing to do."
    ),
    MailState.BOUNCED: gettext_lazy(
        "It came back. Nothing more is sent to this address until somebody tries it again or payroll has another one."
    ),
    MailState.COMPLAINED: gettext_lazy("It arrived, and the person marked it as spam."),
    MailState.FAILED: gettext_lazy("It was not sent, and it is not tried again by itself."),
    MailState.EXPIRED: gettext_lazy("It could not be sent in time, and later it would have been of no use."),
    MailState.CANCELLED: gettext_lazy("An administrator cancelled it before it was sent."),
    MailState.WITHHELD: gettext_lazy("It was never to be sent: whoever did the act chose not to mail."),
    MailState.SUPERSEDED: gettext_lazy("It was not sent, because what it says was no longer true."),
}
