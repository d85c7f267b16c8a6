"""In whose name mail goes out, and which domains are proven to be theirs."""

from django.db import models
from django.db.models.functions import Now


class Sender(models.Model):
    """Name and address of the sender for a provider or one employer; an empty one means: as the level above."""

    provider = models.ForeignKey("accounts.Provider", on_delete=models.CASCADE)
    employer = models.ForeignKey("accounts.Employer", null=True, on_delete=models.CASCADE)  # None: the whole provider
    name = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=254, blank=True)
    # The code that was mailed to the address to see that somebody there reads it: hashed; gone once it was given back.
    code_hash = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)  # when the code was given back, for the present address

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider"], condition=models.Q(employer=None), name="one_sender_of_provider"),
            models.UniqueConstraint(fields=["employer"], name="one_sender_of_employer"),
        ]  # fmt: skip


class SenderDomain(models.Model):
    """What DNS last said of a domain that mail is to be sent from. Proven: all three records are right."""

    provider = models.ForeignKey("accounts.Provider", on_delete=models.CASCADE)
    domain = models.CharField(max_length=253)
    spf = models.CharField(max_length=200, blank=True)  # what is wrong with each record; empty: it is right
    dkim = models.CharField(max_length=200, blank=True)
    dmarc = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField(db_default=Now())
    proven_at = models.DateTimeField(null=True)  # when all three were first right; None when they are not

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "domain"], name="one_row_per_domain")]

    def __str__(self) -> str:
        return self.domain
