"""What one can do about one mail, and what each of it will do."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts import invitations, mails
from accounts.mail_lists import Place
from emailtemplates import suppression
from emailtemplates.models import OutgoingEmail
from employer_portal import mail_words
from employer_portal.mail_rows import employee_url, url_of
from employer_portal.mail_troubles import server_answer_of


@dataclass(frozen=True)
class Act:
    key: str
    url: str
    label: str
    explanation: str


@dataclass(frozen=True)
class Panel:
    sentence: str
    reason: str
    server_answer: str
    next_step: str  # empty when nobody has to do anything
    acts: list[Act]
    can_act: bool


def panel_of(mail: OutgoingEmail, place: Place, *, can_act: bool) -> Panel:
    """`mail` of with_prospects(). Whether an act is possible is asked of the function that would refuse it."""
    return Panel(
        sentence=mail_words.state_of(mail),
        reason=mail_words.reason_of(mail),
        server_answer=server_answer_of(mail),
        next_step=mail_words.next_step_of(mail) if mail.attention_at else "",
        acts=list(_acts(mail, place)) if can_act else [],
        can_act=can_act,
    )


def _acts(mail: OutgoingEmail, place: Place) -> list[Act]:
    acts = []
    employee = mail.employee
    if mails.why_not_retry(mail) is None:
        acts.append(_retry(mail, place))
    elif mail.attention_at and mail.message == "invitation" and employee and not invitations.why_not_invite(employee):
        acts.append(
            Act("invite", employee_url("invite", employee), _("Invite again"), _("A new link by e-mail; the old one stops working."))
        )  # fmt: skip
    if mails.why_not_cancel(mail) is None:
        acts.append(Act("cancel", url_of("cancel_email", mail, place), _("Cancel e-mail"), _("It is not sent.")))
    if _is_suppressed(mail):
        acts.append(
            Act(
                "try_again",
                url_of("try_address_again", mail, place),
                _("Try this address again"),
                _("Later e-mails to it are sent again; this one is not."),
            )
        )
    if mail.attention_at:
        acts.append(
            Act("handled", url_of("mark_email_handled", mail, place), _("Handled"), _("Takes it off the work list."))
        )
    return acts


def _retry(mail: OutgoingEmail, place: Place) -> Act:
    address = {"address": mails.present_address(mail)}
    return Act(
        "retry",
        url_of("retry_email", mail, place),
        _("Send again"),
        _("The same e-mail once more, to %(address)s. The address counts as good again.") % address,
    )


def _is_suppressed(mail: OutgoingEmail) -> bool:
    return (
        mail.provider_id is not None
        and suppression.suppressed(provider_id=mail.provider_id, address=mail.to_address).exists()
    )
