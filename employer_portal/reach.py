"""Finds things for an administrator, within reach; whatever lies outside does not exist: 404."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Employee, Employer, Provider
from accounts.views.page import PortalRequest


def employer_in_reach(request: PortalRequest, employer_id: UUID) -> Employer:
    return get_object_or_404(
        Employer.objects.reached_by(request.user).select_related("provider"), public_id=employer_id
    )


def employee_in_reach(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> Employee:
    """With `state`, employer and account. The employer in the address must be the employee's own."""
    reached = Employee.objects.reached_by(request.user).with_state()
    return get_object_or_404(
        reached.select_related("employer__provider", "department", "account"),
        public_id=employee_id,
        employer__public_id=employer_id,
    )


def provider_in_reach(request: PortalRequest) -> Provider:
    """The provider this administrator administers as a whole."""
    provider = Provider.objects.reached_by(request.user).order_by("pk").first()
    if provider is None:
        raise Http404
    return provider
