"""Access of one employee: the invitation that offers it and the block that withholds it."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AccessBlockQuerySet(models.QuerySet["AccessBlock"]):
    def in_force_since(self, issued_at: datetime | models.OuterRef) -> Self:
        """Blocks that were in force at any moment since then: what makes a credential of that moment worthless."""
        return self.filter(models.Q(lifted_at=None) | models.Q(lifted_at__gte=issued_at))


class AccessBlock(models.Model):
    """Access withheld by an administrator, from `blocked_at` until `lifted_at`. Times are the database's.

    A narrow table of its own: blocking a hundred thousand people writes here and never touches their rows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    employee = models.ForeignKey("accounts.Employee", on_delete=models.PROTECT, related_name="blocks")
    # One press of a button or one collective mutation; the same in history and mail.
    act_id = models.UUIDField(db_index=True)
    blocked_at = models.DateTimeField(db_default=Now())
    blocked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    blocked_by_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    shown_reason = models.CharField(max_length=500, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = AccessBlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employee"], condition=models.Q(lifted_at=None), name="one_open_block"),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None) | models.Q(lifted_at__gte=models.F("blocked_at")),
                name="lifted_after_blocked",
            ),
        ]
        indexes = [models.Index(fields=["employee", "lifted_at"], name="blocks_of_employee")]


class InvitationEnd(models.TextChoices):
    """Why an invitation ended without being used."""

    WITHDRAWN = "withdrawn", _("withdrawn")
    RESENT = "resent", _("replaced by a newer one")
    EMAIL_CHANGED = "email_changed", _("the e-mail address changed")
    WRONG_DATE_OF_BIRTH = "wrong_date_of_birth", _("the date of birth was wrong five times")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither used nor ended; it may have expired."""
        return self.filter(used_at=None, ended_at=None)

    def good(self) -> Self:
        """Open and not expired: its link works."""
        return self.open().filter(expires_at__gt=Now())

    def usable(self) -> Self:
        """Good, sent to the address that payroll has now, and for somebody who has no account here yet."""
        return self.good().filter(email=models.F("employee__email"), employee__account=None)


class Invitation(models.Model):
    """The open offer of access. Its link is made while mailing and never stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    employee = models.ForeignKey("accounts.Employee", on_delete=models.PROTECT, related_name="invitations")
    email = models.CharField(max_length=254)
    invited_at = models.DateTimeField(db_default=Now())
    invited_by_name = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    wrong_dates_of_birth = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, choices=InvitationEnd, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employee"], condition=models.Q(used_at=None, ended_at=None), name="one_open_invitation"),
            models.CheckConstraint(condition=models.Q(ended_at=None) | models.Q(used_at=None), name="not_both_used_and_ended"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end="") | (~models.Q(ended_at=None) & ~models.Q(end="")),
                name="ended_with_a_reason",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["employee", "-invited_at"], name="invitations_of_employee")]
