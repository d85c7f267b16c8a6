"""The organisation as payroll knows it: provider, employer, department; and which of it an administrator reaches."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models.people import Administrator, Role, User


class ProviderQuerySet(models.QuerySet["Provider"]):
    def reached_by(self, user: User) -> Self:
        """Providers that this administrator administers as a whole."""
        return self.filter(pk__in=Administrator.objects.filter(user=user, employer=None).values("provider"))

    def managed_by(self, user: User) -> Self:
        """Of those, where the administrator may act."""
        rights = Administrator.objects.filter(user=user, employer=None, role=Role.MANAGER)
        return self.filter(pk__in=rights.values("provider"))


class Provider(models.Model):
    """A payroll bureau."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)

    objects = ProviderQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class EmployerQuerySet(models.QuerySet["Employer"]):
    def reached_by(self, user: User) -> Self:
        """Employers that this administrator may look at."""
        return self._where_right(Administrator.objects.filter(user=user))

    def managed_by(self, user: User) -> Self:
        """Employers at which this administrator may act."""
        return self._where_right(Administrator.objects.filter(user=user, role=Role.MANAGER))

    def matching(self, search: str) -> Self:
        """Everyone whose name or client number contains this."""
        return self.filter(Q(name__icontains=search) | Q(client_number__icontains=search))

    def _where_right(self, rights: models.QuerySet[Administrator]) -> Self:
        whole_provider = rights.filter(employer=None).values("provider")
        return self.filter(Q(provider__in=whole_provider) | Q(pk__in=rights.exclude(employer=None).values("employer")))


class Employer(models.Model):
    """A client of a provider."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="employers")
    client_number = models.CharField(max_length=20)
    name = models.CharField(max_length=200)

    objects = EmployerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "client_number"], name="one_client_number")]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="departments")
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["employer", "name"], name="one_department_name")]

    def __str__(self) -> str:
        return self.name
