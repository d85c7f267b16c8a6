"""How the pages that both portals share are shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from accounts.actor import Actor
from accounts.gate import EMPLOYEE, EMPLOYER
from accounts.models import Employee, User

LAYOUTS = {EMPLOYEE: "door.html", EMPLOYER: "desk.html"}


class PortalRequest(HttpRequest):
    """A request that passed the gate."""

    portal: str
    view_name: str
    user: User
    actor: Actor
    employees: list[Employee]  # as whom the account may be here now; empty for an administrator


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page, in the layout of its portal."""
    portal = request.portal  # type: ignore[attr-defined]
    shared = {"portal": portal, "ns": f"{portal}_portal", "layout": LAYOUTS[portal]}
    employees = getattr(request, "employees", [])
    return render(request, template, {**shared, "employees": employees, **context}, status=status)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is made from: None while it was not sent, so that an empty form that was sent shows its errors."""
    return request.POST if request.method == "POST" else None


def status_of(form: Any) -> int:
    """422 for a form that comes back with errors, so that scripts can tell too."""
    return 422 if form.errors else 200
