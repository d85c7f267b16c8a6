"""The one rule: a credential is good only if no block has been in force at any moment since it was issued.

A credential is a session, a half-finished sign-in or a mailed link. It knows when it was issued, by the database's
clock, and which version of the account's username and password it was issued for.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.models import Administrator, Employee, User

EMPLOYEE, EMPLOYER = "employee", "employer"


@dataclass(frozen=True)
class Admission:
    """Who is in, and as which employees; an administrator is none."""

    user: User
    employees: list[Employee] = field(default_factory=list)


def admit(*, portal: str, user_id: int, credentials_version: int, issued_at: datetime) -> Admission | None:
    """Who this credential lets into that portal now, in one query; None when it is worth nothing any more."""
    if portal == EMPLOYEE:
        admitted = Employee.objects.admitted_since(issued_at).filter(
            account=user_id, account__credentials_version=credentials_version
        )
        employees = list(admitted.select_related("account", "employer__provider").order_by("pk"))
        return Admission(_account(employees[0]), employees) if employees else None
    rights = Administrator.objects.filter(user=OuterRef("pk"))
    user = User.objects.filter(Exists(rights), pk=user_id, credentials_version=credentials_version).first()
    return Admission(user) if user else None


def may_enter(user: User, *, since: datetime, portal: str | None = None) -> bool:
    """Whether the account may enter (that portal) by a credential of that moment."""
    as_employee = portal != EMPLOYER and user.employees.admitted_since(since).exists()
    return as_employee or (portal != EMPLOYEE and user.administrators.exists())


def _account(employee: Employee) -> User:
    assert employee.account is not None  # noqa: S101 - admitted_since() asks for it
    return employee.account
