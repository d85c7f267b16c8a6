"""Employers in reach, their employees, and one employee."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.collective.acts import OFFERED
from accounts.mail_lists import newest_first
from accounts.models import Employee, Employer, HistoryEntry, Provider
from accounts.people import folded
from accounts.permissions import may_manage
from accounts.views.page import PortalRequest
from emailtemplates.models import OutgoingEmail
from employer_portal.collective_links import collective_url
from employer_portal.forms import BlockForm, EmployeeFilterForm, SearchForm
from employer_portal.mail_rows import mail_of_entry, rows_of
from employer_portal.paging import slice_of
from employer_portal.panel import panel_of
from employer_portal.reach import employee_in_reach, employer_with_right
from employer_portal.views.desk import show_desk

PER_PAGE = 50
TABS = ("person", "history", "emails")


@require_safe
def employers(request: PortalRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    reached = Employer.objects.reached_by(request.user).select_related("provider")
    found = reached.matching(form.cleaned_data["q"]) if form.is_valid() else reached
    counted = found.annotate(employee_count=Count("employees")).order_by("name", "pk")
    page = Paginator(counted, PER_PAGE).get_page(request.GET.get("page"))
    several = len({employer.provider_id for employer in page}) > 1
    context = {"page": page, "q": request.GET.get("q", ""), "several_providers": several}
    provider = Provider.objects.reached_by(request.user).order_by("pk").first()
    return show_desk(request, "employer_portal/employers.html", context, at=provider)


@require_safe
def employees(request: PortalRequest, employer_id: UUID) -> HttpResponse:
    employer, can_act = employer_with_right(request, employer_id)
    form = EmployeeFilterForm(request.GET, employer=employer)
    found = Employee.objects.filter(employer=employer)
    if form.is_valid():
        found = _filtered(found, **form.cleaned_data)
    listed = found.with_state().select_related("department").order_by("last_name", "first_name", "pk")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "filter_form": form,
        "query": query.urlencode(),
        "can_act": can_act,
        "acts": [(collective_url("collective_act", employer, act.key), act) for act in OFFERED.values()],
        "as_filters": _as_filters(form),
    }
    return show_desk(request, "employer_portal/employees.html", context, at=employer)


def _as_filters(form: EmployeeFilterForm) -> str:
    """The filters of the list, for a collective mutation of everybody found; empty: none, or one that it does not know."""
    asked = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    return "" if "q" in asked or not asked else urlencode({"select": "filter", **asked})


def _filtered(found: Any, *, q: str, state: str, department: str, service: str) -> Any:
    if q:
        found = found.matching(folded(q))
    if state:
        found = found.in_state(state)
    if department:
        found = found.filter(department__name=department)
    today = timezone.localdate()
    if service == "in":
        return found.in_service(today)
    return found.out_of_service(today) if service == "out" else found


@require_safe
def employee(request: PortalRequest, employer_id: UUID, employee_id: UUID) -> HttpResponse:
    person = employee_in_reach(request, employer_id, employee_id)
    tab = request.GET.get("tab", "")
    return employee_page(request, person, tab=tab if tab in TABS else "person")


def employee_page(
    request: PortalRequest,
    person: Employee,
    *,
    tab: str = "person",
    open_dialog: str = "",
    block_form: BlockForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of one employee; with a dialog open, or a refusal, when an act did not go through."""
    can_act = may_manage(Actor.of(request.user), person)
    context = {
        "employee": person,
        "tab": tab,
        "panel": panel_of(person, can_act=can_act),
        "block_form": block_form or BlockForm(),
        "open_dialog": open_dialog,
        "refusal": refusal,
        "can_act": can_act,
        **(_history(request, person) if tab == "history" else {}),
        **(_emails(request, person) if tab == "emails" else {}),
    }
    return show_desk(request, "employer_portal/employee.html", context, at=person.employer, status=status)


def _history(request: PortalRequest, person: Employee) -> dict[str, Any]:
    entries = (
        HistoryEntry.objects.filter(employee=person)
        .select_related("mail__employee__employer", "mail__account")
        .order_by("-at", "-pk")
    )
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    return {"history": page, "lines": [(entry, mail_of_entry(entry, person.employer)) for entry in page]}


def _emails(request: PortalRequest, person: Employee) -> dict[str, Any]:
    page = slice_of(newest_first(OutgoingEmail.objects.filter(employee=person)), request.GET.get("page"))
    return {"page": page, "rows": rows_of(page.object_list, person.employer)}
