"""The state of somebody's access in a sentence, with what became of the e-mail about it."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import AccessBlock, AccessState, Employee, Invitation
from emailtemplates.models import OutgoingEmail
from employer_portal import mail_words


def sentence_of(employee: Employee, block: AccessBlock | None, *, held_back: bool) -> str:
    """The state of `employee`, who has it, in a sentence. `held_back`: e-mail to the present address is not sent."""
    state = AccessState(employee.state)
    if block is not None:
        return _("Blocked since %(date)s by %(who)s; %(mail)s.") % {
            "date": mail_words.moment(block.blocked_at),
            "who": block.blocked_by_name,
            "mail": mail_words.in_a_clause(_mail_of(block)),
        }
    if state == AccessState.ACTIVE:
        last = employee.account and employee.account.last_login
        return _("Has access. Signed in last on %(date)s.") % {"date": _day(last)} if last else _("Has access.")
    invitation = employee.invitations.order_by("-invited_at").first()
    if invitation is None:
        return _("Has no access yet.")
    if state == AccessState.UNDELIVERABLE:
        return _undeliverable(invitation, held_back=held_back)
    return _INVITATION[state](invitation)


def _invited(invitation: Invitation) -> str:
    return _("Invited on %(date)s by %(who)s at %(email)s; %(mail)s. The link works until %(until)s.") % {
        "date": _day(invitation.invited_at),
        "who": invitation.invited_by_name,
        "email": invitation.email,
        "mail": mail_words.in_a_clause(_mail_of(invitation)),
        "until": mail_words.moment(invitation.expires_at),
    }


def _undeliverable(invitation: Invitation, *, held_back: bool) -> str:
    mail = _mail_of(invitation)
    held_back_step = _(
        "Correct the address in payroll. If it is right, try it again first, and then resend the invitation."
    )
    return _("The invitation of %(date)s to %(email)s could not be delivered. %(why)s %(step)s") % {
        "date": _day(invitation.invited_at),
        "email": invitation.email,
        "why": mail_words.reason_of(mail) if mail else "",
        "step": held_back_step if held_back else mail_words.next_step_of(mail) if mail else "",
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


_INVITATION = {
    AccessState.INVITED: _invited,
    AccessState.EXPIRED: _expired,
    AccessState.WITHDRAWN: _withdrawn,
}


def _mail_of(made: AccessBlock | Invitation) -> OutgoingEmail | None:
    """The mail about a block or an invitation has its id."""
    return OutgoingEmail.objects.filter(pk=made.pk).first()


def _day(when: object) -> str:
    return formats.date_format(timezone.localtime(when), "j F Y")  # type: ignore[arg-type]
