"""A collective mutation: one act on many employees, whom it was meant for, and what became of each."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.employee import Employee
from accounts.models.organisation import Employer, Provider
from accounts.models.people import User


class MutationState(models.TextChoices):
    SELECTING = "selecting", _("selecting")
    PREVIEW = "preview", _("preview")
    WAITING = "waiting", _("waiting for approval")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("stopped half-way")
    REJECTED = "rejected", _("not approved")


# Before anybody confirmed: only its maker knows of it.
UNCONFIRMED = (MutationState.SELECTING, MutationState.PREVIEW)


class MutationQuerySet(models.QuerySet["CollectiveMutation"]):
    def at(self, place: Employer | Provider) -> Self:
        """Those made at this employer, or over several employers of this provider."""
        return (
            self.filter(employer=place) if isinstance(place, Employer) else self.filter(provider=place, employer=None)
        )

    def shown_to(self, user: User) -> Self:
        """A preview is for its maker alone; what was confirmed is for all who reach the place."""
        return self.filter(~Q(state__in=UNCONFIRMED) | Q(maker=user))


class CollectiveMutation(models.Model):
    """One act on many. `public_id` is the act_id of every row it writes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    act = models.CharField(max_length=40)  # a key of accounts.collective.acts.ACTS
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    # None: over several employers of the provider, named in `selection`.
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="mutations")
    maker = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")  # None: the command line
    maker_name = models.CharField(max_length=200)
    maker_address = models.GenericIPAddressField(null=True)
    selection = models.JSONField(default=dict)  # as accounts.collective.selection.Selection has it
    # What this one takes back; each mutation is taken back once.
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    state = models.CharField(max_length=10, choices=MutationState, default=MutationState.SELECTING)
    created_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)  # of the preview
    selected = models.PositiveIntegerField(default=0)
    verdicts: Any = models.JSONField(default=dict)  # how many of each kind, in the preview

    reason = models.CharField(max_length=500, blank=True)
    shown_reason = models.CharField(max_length=500, blank=True)
    do_not_mail = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    approve_until = models.DateTimeField(null=True)  # None: needs nobody's approval
    approver = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approver_name = models.CharField(max_length=200, blank=True)

    started_at = models.DateTimeField(null=True)
    # Everybody up to this employee has an outcome; the rest waits for the next chunk.
    position = models.BigIntegerField(default=0)
    chunk_size = models.PositiveIntegerField(default=0)  # smaller for a while after a chunk that failed
    processed = models.PositiveIntegerField(default=0)
    progressed_at = models.DateTimeField(null=True)  # when the last chunk was done
    outcomes_by_kind: Any = models.JSONField(default=dict)
    cancelled_by_name = models.CharField(max_length=200, blank=True)  # asked to stop, heard between two chunks
    finished_at = models.DateTimeField(null=True)

    objects = MutationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=UNCONFIRMED, confirmed_at=None)
                | (~Q(state__in=UNCONFIRMED) & ~Q(confirmed_at=None)),
                name="confirmed_or_preview",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("done", "cancelled", "rejected")) ^ Q(finished_at=None),
                name="finished_when_over",
            ),
            models.CheckConstraint(condition=Q(processed__lte=models.F("selected")), name="not_more_than_selected"),
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=models.F("maker")), name="approved_by_a_second_person"
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "-created_at"], name="mutations_of_employer"),
            models.Index(fields=["provider", "-created_at"], name="mutations_of_provider"),
            models.Index(
                fields=["id"], condition=Q(state__in=("selecting", "running", "waiting")), name="mutations_underway"
            ),
        ]


class SelectedEmployee(models.Model):
    """One person of the frozen selection, with the verdict of the preview: a code of accounts.collective.verdicts.

    The references of this and the next table carry no database constraint, for the same reason as in the history.
    """

    pk = models.CompositePrimaryKey("mutation_id", "employee_id")
    mutation = models.ForeignKey(
        CollectiveMutation, db_constraint=False, db_index=False, on_delete=models.CASCADE, related_name="selection_rows"
    )
    employee = models.ForeignKey(
        Employee, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="selections"
    )
    employer = models.ForeignKey(
        Employer, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    verdict = models.CharField(max_length=20)
    warning = models.CharField(max_length=20, blank=True)


class CollectiveOutcome(models.Model):
    """What became of one person: judged again and done in the same transaction. Only ever added."""

    pk = models.CompositePrimaryKey("mutation_id", "employee_id")
    mutation = models.ForeignKey(
        CollectiveMutation, db_constraint=False, db_index=False, on_delete=models.CASCADE, related_name="outcome_rows"
    )
    employee = models.ForeignKey(
        Employee, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="outcomes"
    )
    outcome = models.CharField(max_length=20)
    # The id of the block, invitation or mail that was made, or of the block that was lifted.
    made = models.UUIDField(null=True)


class CollectiveCeiling(models.Model):
    """Above so many people, or so many per cent of an employer, a second administrator must approve."""

    employer = models.OneToOneField(Employer, on_delete=models.CASCADE, related_name="ceiling")
    number = models.PositiveIntegerField(null=True)
    percent = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(number=None, percent=None), name="ceiling_says_something"),
            models.CheckConstraint(condition=Q(percent=None) | Q(percent__range=(1, 100)), name="ceiling_in_per_cent"),
        ]
