"""What an employee sees."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.views.page import PortalRequest, show


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    employee = request.employees[0]
    return show(request, "employee_portal/home.html", {"employee": employee, "greeting": employee.first_name})
