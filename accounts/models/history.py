"""What was done: one row per person and act, only ever added."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.access import InvitationEnd
from accounts.models.employee import AccessState
from emailtemplates.catalogue import MESSAGES


class HistoryAct(models.TextChoices):
    INVITED = "invited", _("Invited")
    INVITATION_RESENT = "invitation_resent", _("Invitation sent again")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    INVITATION_RESTORED = "invitation_restored", _("Invitation given back")
    ACCESS_ACTIVATED = "access_activated", _("Access activated")
    ACCESS_BLOCKED = "access_blocked", _("Access blocked")
    ACCESS_UNBLOCKED = "access_unblocked", _("Access unblocked")
    USERNAME_SENT = "username_sent", _("Username sent")
    USERNAME_CHANGED = "username_changed", _("Username changed")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET_SENT = "password_reset_sent", _("Link for a new password sent")
    PASSWORD_RESET = "password_reset", _("Password set by a mailed link")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    EMPLOYEES_IMPORTED = "employees_imported", _("Employees imported")
    EMPLOYER_RENAMED = "employer_renamed", _("Employer renamed")
    COLLECTIVE_CONFIRMED = "collective_confirmed", _("Collective mutation confirmed")
    COLLECTIVE_APPROVED = "collective_approved", _("Collective mutation approved")
    COLLECTIVE_REJECTED = "collective_rejected", _("Collective mutation not approved")
    COLLECTIVE_STOPPED = "collective_stopped", _("Collective mutation stopped")
    CEILING_CHANGED = "ceiling_changed", _("Ceiling of collective mutations changed")
    PROVIDER_CREATED = "provider_created", _("Provider created")
    ADMINISTRATOR_ADDED = "administrator_added", _("Administrator added")
    ADMINISTRATOR_INVITATION_SENT = "administrator_invitation_sent", _("Administrator invited")
    MAIL_RETRIED = "mail_retried", _("E-mail sent again")
    MAIL_CANCELLED = "mail_cancelled", _("E-mail cancelled")
    MAIL_HANDLED = "mail_handled", _("Undelivered e-mail handled")
    ADDRESS_TRIED_AGAIN = "address_tried_again", _("E-mail address tried again")
    MESSAGE_SWITCHED = "message_switched", _("Message switched on or off")
    SENDER_CHANGED = "sender_changed", _("Sender of e-mails changed")
    SENDER_CODE_SENT = "sender_code_sent", _("Code sent to the address of the sender")
    SENDER_CONFIRMED = "sender_confirmed", _("Address of the sender confirmed")
    SENDER_DOMAIN_CHECKED = "sender_domain_checked", _("Domain of the sender looked at")
    TEXT_CHANGED = "text_changed", _("E-mail text changed")


# Codes in `before`, `after` and `reason`, and the words that are shown for them.
_WORDS = {
    **dict(AccessState.choices),
    **dict(InvitationEnd.choices),
    **{key: message.label for key, message in MESSAGES.items()},
}


class HistoryEntry(models.Model):
    """One act upon one person. Written in the act's own transaction; nothing in the code updates or deletes one.

    The references carry no database constraint: checking them made a collective mutation a third slower, and the act
    that writes them holds the rows anyway.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_default=Now())
    act = models.CharField(max_length=40, choices=HistoryAct)
    act_id = models.UUIDField()  # the same on the block, invitation or mail that the act made
    provider = models.ForeignKey("accounts.Provider", db_constraint=False, on_delete=models.DO_NOTHING)
    employer = models.ForeignKey("accounts.Employer", null=True, db_constraint=False, on_delete=models.DO_NOTHING)
    employee = models.ForeignKey(
        "accounts.Employee", null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="history"
    )
    account = models.ForeignKey(
        "accounts.User",
        null=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="history",
        db_index=False,
    )
    actor = models.ForeignKey(
        "accounts.User", null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    actor_name = models.CharField(max_length=200)
    actor_address = models.GenericIPAddressField(null=True)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    mail = models.ForeignKey(
        "emailtemplates.OutgoingEmail",
        null=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
    )

    class Meta:
        indexes = [
            models.Index(fields=["employee", "-at"], name="history_of_employee"),
            models.Index(fields=["employer", "-at"], name="history_of_employer"),
        ]

    @property
    def label(self) -> str:
        return self.get_act_display()

    @property
    def change(self) -> str:
        """What it was and became, in words; empty where nothing changed."""
        return " → ".join(str(_WORDS.get(code, code)) for code in (self.before, self.after) if code)

    @property
    def reason_in_words(self) -> str:
        return str(_WORDS.get(self.reason, self.reason))
