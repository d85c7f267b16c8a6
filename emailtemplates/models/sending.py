"""What is known of where mail goes: the host that takes it, and the addresses that do not."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class MailHost(models.Model):
    """The mail server or mail service of this installation, as all workers together know it."""

    name = models.CharField(max_length=255, unique=True)  # smtp.example.nl:587, or postmark
    # While the breaker is open nobody sends, but for one probe each time `closed_until` has passed.
    closed_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    systemic = models.BooleanField(default=False)  # our set-up is refused, and waiting alone will not mend it
    why = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(null=True)  # when the trouble began
    # How many mails may go now, as it was at that moment; it grows again at the agreed rate.
    allowance = models.FloatField(default=0)
    allowance_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_until=None, since=None) | (~Q(closed_until=None) & ~Q(since=None)),
                name="closed_since_some_time",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SuppressedAddress(models.Model):
    """An address that does not take mail, until somebody says to try again. Each provider finds out for itself."""

    provider = models.ForeignKey("accounts.Provider", on_delete=models.CASCADE)
    address = models.CharField(max_length=254)  # without capitals
    why = models.CharField(max_length=200)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "address"], name="one_row_per_address")]

    def __str__(self) -> str:
        return self.address
