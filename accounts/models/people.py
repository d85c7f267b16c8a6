"""What signs in, who administers, and the links that set a password."""

import uuid
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    DUTCH = "nl", _("Dutch")
    ENGLISH = "en", _("English")


class User(AbstractBaseUser):
    """An account. It belongs to employees or to an administrator, never to both.

    The address of an employee is that of payroll, on the employee; `email` and `name` are an administrator's.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(max_length=64)
    # usernames.canonical(username): computed in Python, so that SQLite and PostgreSQL agree on what is the same name.
    username_key = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.DUTCH)
    # Goes up when username or password change: sessions and links of an older version are worth nothing.
    credentials_version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "username_key"  # the unique one
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.username

    @property
    def has_signed_in(self) -> bool:
        return self.last_login is not None


class ReleasedUsername(models.Model):
    """A name someone gave up. It stays theirs for a while, so that no one can pose as them."""

    username_key = models.CharField(max_length=128)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="released_usernames")
    released_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["username_key"], name="released_username_by_key")]


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    VIEWER = "viewer", _("Viewer")


class Administrator(models.Model):
    """The right of an account to act (manager) or look (viewer) at one employer, or at all of a provider."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="administrators")
    provider = models.ForeignKey("accounts.Provider", on_delete=models.PROTECT, related_name="administrators")
    # None: every employer of the provider, now and later.
    employer = models.ForeignKey(
        "accounts.Employer", null=True, blank=True, on_delete=models.PROTECT, related_name="administrators"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MANAGER)
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider"], condition=models.Q(employer=None), name="one_role_at_provider"),
            models.UniqueConstraint(fields=["user", "employer"], name="one_role_at_employer"),
        ]  # fmt: skip


class PasswordRequest(models.Model):
    """Someone filled in a username at «forgotten password».

    The page only writes this row, for known and unknown names alike; a worker finds out whose name it is. That is why
    the answer tells nothing, not even by its time.
    """

    username_key = models.CharField(max_length=128)  # emptied once answered: people type passwords in this field
    portal = models.CharField(max_length=10)
    address = models.GenericIPAddressField(null=True)
    requested_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(answered_at=None), name="open_password_requests")]


class PasswordLinkQuerySet(models.QuerySet["PasswordLink"]):
    def open(self) -> Self:
        """Neither used nor replaced."""
        return self.filter(used_at=None, superseded_at=None)

    def good(self) -> Self:
        """Open and not expired."""
        return self.open().filter(expires_at__gt=Now())


class PasswordLink(models.Model):
    """The right to choose a password by a mailed link. The link itself is made while mailing and never stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_links")
    email = models.CharField(max_length=254)
    credentials_version = models.PositiveIntegerField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    objects = PasswordLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(used_at=None, superseded_at=None), name="one_open_password_link")
        ]  # fmt: skip
