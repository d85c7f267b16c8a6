"""Finds things for an administrator, within reach; whatever lies outside does not exist: 404."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.mail_lists import Place, mails_of, with_prospects
from accounts.models import CollectiveMutation, Employee, Employer, Provider
from accounts.views.page import PortalRequest
from emailtemplates.models import OutgoingEmail


def employer_in_reach(request: PortalRequest, employer_id: UUID) -> Employer:
    return get_object_or_404(
        Employer.objects.reached_by(request.user).select_related("provider"), public_id=employer_id
    )


def employer_with_right(request: PortalRequest, employer_id: UUID) -> tuple[Employer, bool]:
    """The employer, and whether this administrator may act there: both in one query."""
    managed = Employer.objects.managed_by(request.user).filter(pk=OuterRef("pk"))
    reached = Employer.objects.reached_by(request.user).select_related("provider")
    found: Any = get_object_or_404(reached.annotate(may_act=Exists(managed)), public_id=employer_id)
    return found, found.may_act


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


def place_in_reach(request: PortalRequest, employer_id: UUID | None) -> Place:
    """The employer of the address, or with None the provider that this administrator administers as a whole."""
    return provider_in_reach(request) if employer_id is None else employer_in_reach(request, employer_id)


def may_act_at(request: PortalRequest, place: Place) -> bool:
    """Whether this administrator is a manager there, and not only a viewer."""
    return type(place).objects.managed_by(request.user).filter(pk=place.pk).exists()


def mutation_in_reach(request: PortalRequest, place: Place, mutation_id: UUID) -> CollectiveMutation:
    """One that was made at this place; as long as it is a preview, it exists for its maker alone."""
    shown = CollectiveMutation.objects.at(place).shown_to(request.user)
    return get_object_or_404(shown.select_related("employer", "provider", "maker", "undoes"), public_id=mutation_id)


def mail_in_reach(place: Place, email_id: UUID) -> OutgoingEmail:
    """With the people it is about, and whether it still is true."""
    return get_object_or_404(with_prospects(mails_of(place)), pk=email_id)
