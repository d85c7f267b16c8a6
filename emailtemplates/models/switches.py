"""Which optional messages are on."""

from django.db import models


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
