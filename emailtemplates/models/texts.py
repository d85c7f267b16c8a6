"""What providers and employers put in the place of shipped texts, and every version of it."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class TextChange(models.TextChoices):
    SAVED = "saved", _("Saved")
    BACK_TO_ABOVE = "back_to_above", _("Back to the level above")
    RESTORED = "restored", _("Put back")


class Wording(models.Model):
    """Subject and body of one level; an empty one means: as the level above.

    Beside each stands the shipped text it was made from, so that what an upgrade changed since can be shown.
    """

    subject = models.CharField(max_length=512, blank=True)
    body = models.TextField(blank=True)
    subject_made_from = models.CharField(max_length=512, blank=True)
    body_made_from = models.TextField(blank=True)

    class Meta:
        abstract = True


class EmailText(Wording):
    """One message in one language, as a provider or one employer words it now. Stays when all is as above again, so
    that its versions go on counting."""

    provider = models.ForeignKey("accounts.Provider", on_delete=models.CASCADE)
    employer = models.ForeignKey("accounts.Employer", null=True, on_delete=models.CASCADE)  # None: the whole provider
    message = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "message", "language"], condition=models.Q(employer=None), name="one_text_of_provider"),
            models.UniqueConstraint(fields=["employer", "message", "language"], name="one_text_of_employer"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.message}/{self.language}"


class TextVersion(Wording):
    """A text as it became by one act; only ever added."""

    text = models.ForeignKey(EmailText, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    change = models.CharField(max_length=20, choices=TextChange)
    restored = models.PositiveIntegerField(null=True)  # the number of the version that was put back
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    changed_by_name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "number"], name="one_text_version")]

    def __str__(self) -> str:
        return f"{self.text_id}: {self.number}"
