"""The panel «Toegang Werknemerloket»: the state in a sentence, and exactly the acts that are possible now."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts import access, invitations
from accounts.models import AccessBlock, AccessState, Employee, Invitation
from emailtemplates.models import OutgoingEmail


@dataclass(frozen=True)
class Act:
    key: str  # the name of its address and of its dialog
    url: str
    label: str
    explanation: str
    dialog_text: str
    dangerous: bool = False
    dialog: bool = True


@dataclass(frozen=True)
class Panel:
    state: str
    state_label: str
    sentence: str
    acts: list[Act]
    block: AccessBlock | None


def panel_of(employee: Employee, *, can_act: bool) -> Panel:
    """`employee` with its `state`. Whether an act is possible is asked of the function that would refuse it."""
    state = AccessState(employee.state)
    block = employee.blocks.filter(lifted_at=None).first() if state == AccessState.BLOCKED else None
    acts = _acts(employee, state) if can_act else []
    return Panel(state, employee.state_label, _sentence(employee, state, block), acts, block)


def _acts(employee: Employee, state: AccessState) -> list[Act]:
    acts = []
    if invitations.why_not_invite(employee) is None:
        acts.append(_invite(employee, again=state in (AccessState.INVITED, AccessState.EXPIRED)))
    if invitations.why_not_withdraw(employee) is None:
        acts.append(_withdraw(employee))
    if access.why_not_resend_username(employee) is None:
        acts.append(_resend_username(employee))
    if state == AccessState.BLOCKED:
        acts.append(_unblock(employee))
    elif access.why_not_block(employee) is None:
        acts.append(_block(employee))
    return acts


def _invite(employee: Employee, *, again: bool) -> Act:
    return Act(
        key="invite",
        url=_url("invite", employee),
        label=_("Resend invitation") if again else _("Give access"),
        explanation=_("A new link by e-mail; the old one stops working.") if again else _("An invitation by e-mail."),
        dialog_text=_("%(name)s gets an e-mail at %(email)s with a link that works for 4 days.")
        % {"name": employee.name, "email": employee.email},
    )


def _withdraw(employee: Employee) -> Act:
    return Act(
        key="withdraw_invitation",
        url=_url("withdraw_invitation", employee),
        label=_("Withdraw invitation"),
        explanation=_("The link stops working."),
        dialog_text=_("The link that %(name)s got stops working. No e-mail is sent.") % {"name": employee.name},
    )


def _resend_username(employee: Employee) -> Act:
    return Act(
        key="resend_username",
        url=_url("resend_username", employee),
        label=_("Send username"),
        explanation=_("The username by e-mail, without a password."),
        dialog_text=_("%(name)s gets an e-mail at %(email)s with the username. The password stays as it is.")
        % {"name": employee.name, "email": employee.email},
    )


def _block(employee: Employee) -> Act:
    mailed = _("%(name)s is signed out everywhere at once, cannot sign in any more, and gets an e-mail at %(email)s.")
    silent = _("%(name)s is signed out everywhere at once and cannot sign in any more. There is no e-mail address.")
    return Act(
        key="block_access",
        url=_url("block_access", employee),
        label=_("Block"),
        explanation=_("Signed out everywhere, at once."),
        dialog_text=(mailed if employee.email else silent) % {"name": employee.name, "email": employee.email},
        dangerous=True,
    )


def _unblock(employee: Employee) -> Act:
    return Act(
        key="unblock_access",
        url=_url("unblock_access", employee),
        label=_("Unblock"),
        explanation=_("Same username, same password."),
        dialog_text=_("%(name)s can sign in again with the same username and password.") % {"name": employee.name},
        dialog=False,
    )


def _url(name: str, employee: Employee) -> str:
    return reverse(f"employer_portal:{name}", args=[employee.employer.public_id, employee.public_id])


def _sentence(employee: Employee, state: AccessState, block: AccessBlock | None) -> str:
    if block is not None:
        return _("Blocked since %(date)s by %(who)s; %(mail)s.") % {
            "date": formats.date_format(timezone.localtime(block.blocked_at), "j F Y, H:i"),
            "who": block.blocked_by_name,
            "mail": _mail_in_words(block),
        }
    if state == AccessState.ACTIVE:
        last = employee.account and employee.account.last_login
        return _("Has access. Signed in last on %(date)s.") % {"date": _day(last)} if last else _("Has access.")
    invitation = employee.invitations.order_by("-invited_at").first()
    if invitation is None:
        return _("Has no access yet.")
    return _INVITATION[state](invitation)


def _invited(invitation: Invitation) -> str:
    return _("Invited on %(date)s by %(who)s at %(email)s. The link works until %(until)s.") % {
        "date": _day(invitation.invited_at),
        "who": invitation.invited_by_name,
        "email": invitation.email,
        "until": formats.date_format(timezone.localtime(invitation.expires_at), "j F Y, H:i"),
    }


def _expired(invitation: Invitation) -> str:
    return _("Invited on %(date)s; the link expired on %(until)s without being used.") % {
        "date": _day(invitation.invited_at),
        "until": _day(invitation.expires_at),
    }


def _withdrawn(invitation: Invitation) -> str:
    return _("The invitation of %(date)s ended: %(why)s.") % {
        "date": _day(invitation.invited_at),
        "why": invitation.get_end_display(),
    }


_INVITATION = {AccessState.INVITED: _invited, AccessState.EXPIRED: _expired, AccessState.WITHDRAWN: _withdrawn}


def _mail_in_words(block: AccessBlock) -> str:
    mail = OutgoingEmail.objects.filter(pk=block.pk).first()  # the mail about a block has the block's id
    words = {
        "sent": _("the e-mail has been sent"),
        "withheld": _("the e-mail was withheld"),
        "failed": _("the e-mail could not be sent"),
        "cancelled": _("no e-mail was sent"),
    }
    return words.get(mail.state, _("the e-mail is on its way")) if mail else _("no e-mail was sent")


def _day(when: object) -> str:
    return formats.date_format(timezone.localtime(when), "j F Y")  # type: ignore[arg-type]
