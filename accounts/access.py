"""Access of employees: block, unblock, send the username again. One function per button."""

from typing import Any
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Now, NullIf
from django.utils.translation import gettext as _

from accounts import history
from accounts.actor import Actor
from accounts.insert_select import RandomUUID, insert_select
from accounts.mail_verdicts import UNBLOCKED_MEANWHILE
from accounts.models import AccessBlock, Employee, HistoryEntry, Language
from accounts.models.employee import EmployeeQuerySet
from accounts.permissions import require_manager
from accounts.recipients import recipient
from emailtemplates import outbox
from emailtemplates.catalogue import MESSAGES
from emailtemplates.clock import in_
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
    count = insert_select(
        AccessBlock,
        # In one order, so that two acts that overlap wait for each other instead of for ever.
        rows=employees.with_access().order_by("pk"),
        values={
            "id": RandomUUID(),
            "employee": F("pk"),
            "act_id": act_id,
            "blocked_at": Now(),
            "blocked_by": by.user and by.user.pk,
            "blocked_by_name": by.name,
            "reason": reason,
            "shown_reason": shown_reason,
        },
        # Somebody else's block of the same moment stands; then there is nothing left to do for that person.
        skip_conflicts=True,
    )
    made = AccessBlock.objects.filter(act_id=act_id)
    _mail_blocked(made, withheld_by=by.name if do_not_mail else "")
    insert_select(
        HistoryEntry,
        rows=made,
        values={
            "public_id": RandomUUID(),
            "at": Now(),
            "act": "access_blocked",
            "act_id": act_id,
            "provider": F("employee__employer__provider"),
            "employer": F("employee__employer"),
            "employee": F("employee"),
            "account": F("employee__account"),
            "actor": by.user and by.user.pk,
            "actor_name": by.name,
            "actor_address": by.address,
            "before": "active",
            "after": "blocked",
            "reason": reason,
            "mail": F("pk"),
        },
    )
    return count


def _mail_blocked(made: models.QuerySet[AccessBlock], *, withheld_by: str) -> None:
    """One mail per block; it has the id of its block."""
    no_address = models.Q(employee__email="")
    now_without_address = Case(When(no_address, then=Now()), default=None, output_field=models.DateTimeField())
    if withheld_by:
        outcome: dict[str, Any] = {
            "state": MailState.WITHHELD, "why": outbox.withheld(withheld_by), "finished_at": Now(), "attention_at": None,
        }  # fmt: skip
    else:
        outcome = {
            "state": Case(When(no_address, then=Value(MailState.FAILED)), default=Value(MailState.QUEUED)),
            "why": Case(When(no_address, then=Value(outbox.NO_ADDRESS)), default=Value("")),
            **dict.fromkeys(("finished_at", "attention_at"), now_without_address),
        }
    insert_select(
        OutgoingEmail,
        rows=made,
        values={
            "id": F("pk"),
            "about": F("pk"),
            "act_id": F("act_id"),
            "message": "access_blocked",
            "language": Coalesce(NullIf("employee__language", Value("")), Value(Language.DUTCH)),
            "provider": F("employee__employer__provider"),
            "employer": F("employee__employer"),
            "employee": F("employee"),
            "account": F("employee__account"),
            "to_address": F("employee__email"),
            "values": {},
            "priority": MESSAGES["access_blocked"].priority,
            "created_at": Now(),
            "not_before": Now(),
            "expires_at": in_(MESSAGES["access_blocked"].lifetime),
            **dict.fromkeys(("attempts", "crashes", "unknown_outcomes"), 0),
            "esp_id": "",
            **outcome,
        },
    )
    outbox.ring()


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
    block = AccessBlock.objects.select_for_update().filter(employee=employee, lifted_at=None).first()
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
