"""The panel «Toegang Werknemerloket»: the state in a sentence, and exactly the acts that are possible now."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import access, invitations
from accounts.models import AccessBlock, AccessState, CollectiveMutation, Employee
from emailtemplates import suppression
from employer_portal.access_words import sentence_of
from employer_portal.collective_links import collective_url

# There is an invitation that was not used yet, whatever became of it.
_OFFERED = (AccessState.INVITED, AccessState.UNDELIVERABLE, AccessState.EXPIRED)


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
    mutation_url: str  # of the collective mutation that made the block; empty for none of this employer


def panel_of(employee: Employee, *, can_act: bool) -> Panel:
    """`employee` with its `state`. Whether an act is possible is asked of the function that would refuse it."""
    state = AccessState(employee.state)
    block = employee.blocks.filter(lifted_at=None).first() if state == AccessState.BLOCKED else None
    held_back = _is_held_back(employee)
    acts = _acts(employee, state, held_back=held_back) if can_act else []
    sentence = sentence_of(employee, block, held_back=held_back)
    return Panel(state, employee.state_label, sentence, acts, block, _mutation_url(employee, block))


def _mutation_url(employee: Employee, block: AccessBlock | None) -> str:
    """One of the whole provider is not for everybody who looks after this employee."""
    if block is None:
        return ""
    mutation = CollectiveMutation.objects.filter(public_id=block.act_id, employer=employee.employer_id).first()
    return collective_url("mutation", employee.employer, mutation.public_id) if mutation else ""


def _acts(employee: Employee, state: AccessState, *, held_back: bool) -> list[Act]:
    acts = [_try_address_again(employee)] if held_back else []
    if invitations.why_not_invite(employee) is None:
        acts.append(_invite(employee, again=state in _OFFERED))
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


def _is_held_back(employee: Employee) -> bool:
    """Whether e-mail to the address that payroll has now is not sent, because it came back before."""
    if not employee.email:
        return False
    return suppression.suppressed(provider_id=employee.employer.provider_id, address=employee.email).exists()


def _try_address_again(employee: Employee) -> Act:
    return Act(
        key="try_address_of_employee_again",
        url=_url("try_address_of_employee_again", employee),
        label=_("Try this address again"),
        explanation=_("E-mail to %(email)s came back, so nothing more is sent to it until you say so.")
        % {"email": employee.email},
        dialog_text="",
        dialog=False,
    )


def _url(name: str, employee: Employee) -> str:
    return reverse(f"employer_portal:{name}", args=[employee.employer.public_id, employee.public_id])
