"""The outbox: one row per mail, the promise to deliver it; and which optional messages are on."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class MailState(models.TextChoices):
    QUEUED = "queued", _("queued")
    LEASED = "leased", _("being prepared")
    TRANSMITTING = "transmitting", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    WITHHELD = "withheld", _("withheld")


# States that still have something coming; every other state is final.
UNDERWAY = (MailState.QUEUED, MailState.LEASED, MailState.TRANSMITTING)


class OutgoingEmail(models.Model):
    """One mail. Holds ids and little facts; never a rendered text, never a link, never a secret.

    `about` is the id of what the mail tells of: the block, the invitation, the password link. The references carry no
    database constraint, for the same reason as in the history.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    provider = models.ForeignKey(
        "accounts.Provider", null=True, db_constraint=False, on_delete=models.DO_NOTHING, db_index=False
    )
    employer = models.ForeignKey(
        "accounts.Employer", null=True, db_constraint=False, on_delete=models.DO_NOTHING, db_index=False
    )
    employee = models.ForeignKey(
        "accounts.Employee", null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="mails"
    )
    account = models.ForeignKey(
        "accounts.User", null=True, db_constraint=False, on_delete=models.DO_NOTHING, db_index=False
    )
    to_address = models.CharField(max_length=254, blank=True)
    act_id = models.UUIDField()
    about = models.UUIDField(null=True)
    # Small facts that are true at the moment of the act and found nowhere else, by placeholder name.
    values = models.JSONField(default=dict)

    state = models.CharField(max_length=12, choices=MailState, default=MailState.QUEUED)
    why = models.CharField(max_length=200, blank=True)  # reason of a final state, or of the last failed attempt
    priority = models.PositiveSmallIntegerField(default=5)
    created_at = models.DateTimeField(db_default=Now())
    not_before = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)  # the Date of every copy, so that a repeat can be recognised
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["priority", "not_before"], condition=models.Q(state__in=UNDERWAY), name="mails_underway"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=UNDERWAY, finished_at=None) | (~models.Q(state__in=UNDERWAY) & ~models.Q(finished_at=None)),
                name="finished_in_a_final_state",
            ),
        ]  # fmt: skip

    @property
    def why_in_words(self) -> str:
        """The reason in the reader's language; empty for a withheld mail, whose history says who withheld it."""
        return "" if self.state == MailState.WITHHELD or not self.why else gettext(self.why)


class MessageSwitch(models.Model):
    """Whether an optional message is sent, for a provider or for one employer; no row means: as the level above."""

    provider = models.ForeignKey("accounts.Provider", on_delete=models.CASCADE)
    employer = models.ForeignKey("accounts.Employer", null=True, on_delete=models.CASCADE)  # None: the whole provider
    message = models.CharField(max_length=40)
    is_on = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "message"], condition=models.Q(employer=None), name="one_switch_of_provider"),
            models.UniqueConstraint(fields=["employer", "message"], name="one_switch_of_employer"),
        ]  # fmt: skip
