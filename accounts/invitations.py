"""Invitations: offer access, take the offer back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import history
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.models import Employee, Invitation, InvitationEnd
from accounts.permissions import require_manager
from accounts.recipients import recipient
from emailtemplates import outbox
from emailtemplates.clock import database_now

# Long enough for a weekend away; short enough for an offer that lies in a mailbox.
INVITATION_CALENDAR_DAYS = 4


def why_not_invite(employee: Employee) -> str | None:
    """None: possible, for the first time or again."""
    if employee.account_id is not None:
        return _("%(name)s has access already.") % {"name": employee.name}
    if not employee.email:
        return _("%(name)s has no e-mail address. Add it in payroll first.") % {"name": employee.name}
    return None


@transaction.atomic
def invite(*, employee: Employee, by: Actor, act_id: UUID | None = None) -> Invitation:
    """Offer access by mail. An earlier offer that was not used ends, and with it its link."""
    require_manager(by, employee)
    employee = Employee.objects.held(employee)
    if refusal := why_not_invite(employee):
        raise ActRefused(refusal)
    replaced = _end_open(employee, InvitationEnd.RESENT)
    invitation = Invitation.objects.create(
        employee=employee, email=employee.email, invited_by_name=by.name, expires_at=expiry(database_now())
    )
    act_id = act_id or uuid4()
    mail = outbox.enqueue("invitation", to=recipient(employee), act_id=act_id, about=invitation.pk)
    history.record(
        "invitation_resent" if replaced else "invited", about=employee, by=by, act_id=act_id, after="invited", mail=mail
    )
    return invitation


def why_not_withdraw(employee: Employee) -> str | None:
    """None: possible, which is while there is an invitation that was not used; an expired one may go too."""
    if not Invitation.objects.open().filter(employee=employee).exists():
        return _("%(name)s has no open invitation.") % {"name": employee.name}
    return None


@transaction.atomic
def withdraw(*, employee: Employee, by: Actor, act_id: UUID | None = None) -> bool:
    """Take the open offer back. False if there was none."""
    require_manager(by, employee)
    employee = Employee.objects.held(employee)
    if not _end_open(employee, InvitationEnd.WITHDRAWN):
        return False
    history.record("invitation_withdrawn", about=employee, by=by, act_id=act_id, before="invited", after="withdrawn")
    return True


@transaction.atomic
def withdraw_for_changed_address(*, employees: Sequence[Employee], by: Actor) -> int:
    """End the open offers of these employees: they were sent to an address that is no longer theirs."""
    count = 0
    for invitation in Invitation.objects.open().filter(employee__in=employees).select_related("employee__employer"):
        end(invitation, InvitationEnd.EMAIL_CHANGED, by=by)
        count += 1
    return count


def end(invitation: Invitation, why: InvitationEnd, *, by: Actor) -> None:
    """End an offer for a reason other than somebody's wish. Inside the transaction of the act that found the reason."""
    Invitation.objects.filter(pk=invitation.pk).update(ended_at=Now(), end=why)
    history.record(
        "invitation_withdrawn",
        about=invitation.employee,
        by=by,
        before="invited",
        after="withdrawn",
        reason=why.value,
    )


def _end_open(employee: Employee, why: InvitationEnd) -> int:
    return Invitation.objects.open().filter(employee=employee).update(ended_at=Now(), end=why)


def expiry(now: datetime) -> datetime:
    """Until when an invitation of now is good: the same time of the clock on the wall, four calendar days on."""
    wall = timezone.localtime(now).replace(tzinfo=None, microsecond=0)
    return timezone.make_aware(wall + timedelta(days=INVITATION_CALENDAR_DAYS))
