"""Access of employees: block, unblock, send the username again. One function per button."""

from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import history, many
from accounts.actor import Actor
from accounts.insert_select import RandomUUID
from accounts.mail_verdicts import UNBLOCKED_MEANWHILE
from accounts.models import AccessBlock, Employee
from accounts.models.employee import EmployeeQuerySet
from accounts.permissions import require_manager
from accounts.recipients import recipient
from emailtemplates import outbox
from emailtemplates.models import UNDERWAY, MailState, OutgoingEmail


class ActRefused(Exception):
    """What was asked is not possible for this person now. Holds the reason, in the reader's language."""


def why_not_block(employee: Employee) -> str | None:
    """None: possible. A person who is blocked already counts as possible, because doing it twice is harmless."""
    if employee.account_id is None:
        return _("%(name)s has no access, so there is nothing to block.") % {"name": employee.name}
    return None


@transaction.atomic
def block_access(
    *,
    employee: Employee,
    by: Actor,
    reason: str = "",
    shown_reason: str = "",
    do_not_mail: bool = False,
    act_id: UUID | None = None,
) -> bool:
    """Keep one employee out, starting now. False if access was already blocked."""
    require_manager(by, employee)
    if refusal := why_not_block(employee):
        raise ActRefused(refusal)
    Employee.objects.held(employee)
    one = Employee.objects.filter(pk=employee.pk)
    return (
        block_all(
            employees=one, by=by, reason=reason, shown_reason=shown_reason, do_not_mail=do_not_mail, act_id=act_id
        )
        == 1
    )


@transaction.atomic
def block_all(
    *,
    employees: EmployeeQuerySet,
    by: Actor,
    reason: str = "",
    shown_reason: str = "",
    do_not_mail: bool = False,
    act_id: UUID | None = None,
) -> int:
    """Keep all of them out who can get in now; returns how many that were. The caller selects within the actor's reach.

    Three statements, for one person or a hundred thousand. Sessions, links and half sign-ins need no sweep: the gate
    refuses whatever was issued before the block was lifted.
    """
    act_id = act_id or uuid4()
    count = many.block(
        employees.with_access(),
        ids=RandomUUID(),
        act_id=act_id,
        by=by,
        reason=reason,
        shown_reason=shown_reason,
        # Somebody else's block of the same moment stands; then there is nothing left to do for that person.
        skip_conflicts=True,
    )
    blocked = Employee.objects.filter(blocks__act_id=act_id)
    block_id = F("blocks__pk")
    withheld_by = by.name if do_not_mail else ""
    many.mail("access_blocked", blocked, ids=block_id, about=block_id, act_id=act_id, withheld_by=withheld_by)
    many.record(
        "access_blocked", blocked, by=by, act_id=act_id, before="active", after="blocked", reason=reason, mail=block_id
    )
    return count


def why_not_unblock(employee: Employee) -> str | None:
    """None: possible. Somebody who has access counts as possible, because doing it twice is harmless."""
    if employee.account_id is None:
        return _("%(name)s has no access, so there is nothing to unblock.") % {"name": employee.name}
    return None


@transaction.atomic
def unblock_access(*, employee: Employee, by: Actor, do_not_mail: bool = False, act_id: UUID | None = None) -> bool:
    """Let one employee in again, with the same username and password. False if access was not blocked.

    Nothing that was open before the block comes back: people sign in again.
    """
    require_manager(by, employee)
    if refusal := why_not_unblock(employee):
        raise ActRefused(refusal)
    Employee.objects.held(employee)
    block = AccessBlock.objects.filter(employee=employee, lifted_at=None).first()
    if block is None:
        return False
    AccessBlock.objects.filter(pk=block.pk).update(lifted_at=Now(), lifted_by=by.user)
    outbox.end_unsent(OutgoingEmail.objects.filter(pk=block.pk), MailState.SUPERSEDED, why=UNBLOCKED_MEANWHILE)
    act_id = act_id or uuid4()
    mail = outbox.enqueue(
        "access_unblocked",
        to=recipient(employee),
        act_id=act_id,
        about=block.pk,
        withheld_by=by.name if do_not_mail else "",
    )
    history.record(
        "access_unblocked", about=employee, by=by, act_id=act_id, before="blocked", after="active", mail=mail
    )
    return True


def why_not_resend_username(employee: Employee) -> str | None:
    """None: possible. Only who has access, signed in at least once and is not blocked knows what to do with it."""
    name = {"name": employee.name}
    if employee.account is None:
        return _("%(name)s has no access, and so no username.") % name
    if AccessBlock.objects.filter(employee=employee, lifted_at=None).exists():
        return _("The access of %(name)s is blocked.") % name
    if not employee.account.has_signed_in:
        return _("%(name)s never signed in. Send the invitation again instead.") % name
    if not employee.email:
        return _("%(name)s has no e-mail address. Add it in payroll first.") % name
    return None


@transaction.atomic
def resend_username(*, employee: Employee, by: Actor, act_id: UUID | None = None) -> OutgoingEmail | None:
    """Mail the username, unchanged, to the registered address. Asked again while that mail still waits: that mail."""
    require_manager(by, employee)
    employee = Employee.objects.held(employee)
    if refusal := why_not_resend_username(employee):
        raise ActRefused(refusal)
    waiting = OutgoingEmail.objects.filter(employee=employee, message="username", state__in=UNDERWAY).first()
    if waiting is not None:
        return waiting
    act_id = act_id or uuid4()
    mail = outbox.enqueue("username", to=recipient(employee), act_id=act_id)
    history.record("username_sent", about=employee, by=by, act_id=act_id, mail=mail)
    return mail
