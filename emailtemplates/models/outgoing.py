"""The outbox: one row per mail, the promise to deliver it."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _


class MailState(models.TextChoices):
    QUEUED = "queued", _("queued")
    HELD = "held", _("held")
    LEASED = "leased", _("being prepared")
    TRANSMITTING = "transmitting", _("being sent")
    UNCERTAIN = "uncertain", _("uncertain")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    DEFERRED = "deferred", _("deferred")
    BOUNCED = "bounced", _("bounced")
    COMPLAINED = "complained", _("marked as spam")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    WITHHELD = "withheld", _("withheld")
    SUPERSEDED = "superseded", _("no longer true")
    EXPIRED = "expired", _("too late")


# No worker has it in hand; it comes up when its time has come. Uncertain: it left, and nobody knows whether it arrived.
WAITING = (MailState.QUEUED, MailState.HELD, MailState.UNCERTAIN)
# A worker has it in hand, until its lease is over.
IN_HAND = (MailState.LEASED, MailState.TRANSMITTING)
# Something is still coming; every other state is final.
UNDERWAY = (*WAITING, *IN_HAND)
# What has not been handed over can be taken back; what is on the wire at this moment cannot.
NOT_HANDED_OVER = (MailState.QUEUED, MailState.HELD, MailState.LEASED)
# A mail server or mail service took it; what it tells us afterwards moves it on among these and bounced.
TAKEN = (MailState.SENT, MailState.DEFERRED, MailState.DELIVERED, MailState.COMPLAINED)
# It did not arrive, though it should have.
UNDELIVERED = (MailState.BOUNCED, MailState.FAILED, MailState.EXPIRED)
FINAL = tuple(state for state in MailState if state not in UNDERWAY)
# The reason of a mail of which only state and times are left.
REMOVED = gettext_noop("removed after the retention time")


def _each_state_with_what_it_needs() -> Q:
    """Which columns are filled in which state, each state named once.

    One constraint and not ten: PostgreSQL reads all of a table's constraints anew for every statement that writes to it.
    """
    leased = ~Q(lease_token=None) & ~Q(lease_until=None)
    unleased = Q(lease_token=None, lease_until=None)
    dated = ~Q(first_attempt_at=None)
    underway = Q(finished_at=None, attention_at=None)
    ended = unleased & ~Q(finished_at=None) & ~Q(why="")
    quiet = Q(attention_at=None)
    taken = ended & dated & ~Q(sent_at=None)
    return (
        Q(underway & unleased, state__in=(MailState.QUEUED, MailState.HELD))
        | Q(underway & unleased & dated, state=MailState.UNCERTAIN)
        | Q(underway & leased, state=MailState.LEASED)
        | Q(underway & leased & dated, state=MailState.TRANSMITTING)
        | Q(taken & quiet, state__in=(MailState.SENT, MailState.DEFERRED, MailState.DELIVERED))
        | Q(taken, state=MailState.COMPLAINED)
        | Q(ended, state__in=UNDELIVERED)
        | Q(ended & quiet, state__in=(MailState.CANCELLED, MailState.WITHHELD, MailState.SUPERSEDED))
    )


class OutgoingEmail(models.Model):
    """One mail. Holds ids and little facts; never a rendered text, never a link, never a secret.

    The id is made of what is told to whom (outbox.intent), so the same thing is never promised twice. `about` is the id
    of what the mail tells of: the block, the invitation, the password link. The references carry no database
    constraint, for the same reason as in the history.
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
    # What the mail server said, or why it ended as it did; of a mail under way, what was wrong with the last attempt.
    why = models.CharField(max_length=200, blank=True)
    priority = models.SmallIntegerField(default=5)
    created_at = models.DateTimeField(db_default=Now())
    not_before = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()  # later than this it is not handed over any more
    attempts = models.SmallIntegerField(default=0)
    # How often a worker died while it prepared this mail, and how often nobody knows whether a copy arrived.
    crashes = models.SmallIntegerField(default=0)
    unknown_outcomes = models.SmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)  # the Date of every copy, so that a repeat can be recognised
    sent_at = models.DateTimeField(null=True)  # when a mail server took it
    finished_at = models.DateTimeField(null=True)  # when it came into its final state
    esp_id = models.CharField(max_length=200, blank=True)  # the mail service's own name for it, in its events
    # It did not arrive and somebody should do something about it, since then; None: nothing (any more) to do.
    attention_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # None of these names a column that changes while a mail is under way: an index that did would be written
            # with every step of every mail.
            models.Index(fields=["priority", "not_before"], condition=Q(finished_at=None), name="mails_underway"),
            models.Index(fields=["employer", "-created_at", "-id"], name="mails_of_employer"),
            models.Index(fields=["provider", "-created_at", "-id"], name="mails_of_provider"),
            models.Index(
                fields=["provider", "-attention_at"], condition=~Q(attention_at=None), name="mails_to_look_at"
            ),
            models.Index(fields=["esp_id"], condition=~Q(esp_id=""), name="mails_by_esp_id"),
        ]
        constraints = [
            models.CheckConstraint(condition=_each_state_with_what_it_needs(), name="state_with_what_it_needs")
        ]

    @property
    def why_in_words(self) -> str:
        """The reason in the reader's language; empty for a withheld mail, whose history says who withheld it."""
        if not self.why or (self.state == MailState.WITHHELD and self.why != REMOVED):
            return ""
        ours, colon, theirs = self.why.partition(": ")
        return gettext(ours) + colon + theirs
