"""Adds to the history. Nothing here or elsewhere changes or removes what was added."""

from typing import Any
from uuid import UUID, uuid4

from accounts.actor import Actor
from accounts.models import Employee, Employer, HistoryEntry, Provider, User
from accounts.models.history import HistoryAct
from emailtemplates.models import OutgoingEmail


def record(
    act: str,
    *,
    about: Employee | User | Employer | Provider,
    by: Actor,
    act_id: UUID | None = None,
    reason: str = "",
    before: str = "",
    after: str = "",
    mail: OutgoingEmail | None = None,
) -> HistoryEntry | None:
    """Write one entry, inside the act's transaction.

    About an account: the entry stands with every employer and provider it belongs to; the last one written is returned,
    None if it belongs to nobody.
    """
    entry = None
    for subject in _subjects(about):
        entry = HistoryEntry.objects.create(
            act=HistoryAct(act),
            act_id=act_id or uuid4(),
            actor=by.user,
            actor_name=by.name,
            actor_address=by.address,
            reason=reason,
            before=before[:300],
            after=after[:300],
            mail=mail,
            **subject,
        )
    return entry


def _subjects(about: Employee | User | Employer | Provider) -> list[dict[str, Any]]:
    match about:
        case Employee():
            return [_employee(about)]
        case Employer():
            return [{"employer": about, "provider_id": about.provider_id}]
        case Provider():
            return [{"provider": about}]
    employees = about.employees.select_related("employer").order_by("pk")
    rights = about.administrators.order_by("pk")
    return [{**_employee(employee), "account_id": about.pk} for employee in employees] or [
        {"provider_id": right.provider_id, "employer_id": right.employer_id, "account_id": about.pk} for right in rights
    ]


def _employee(employee: Employee) -> dict[str, Any]:
    return {
        "employee": employee,
        "employer_id": employee.employer_id,
        "provider_id": employee.employer.provider_id,
        "account_id": employee.account_id,
    }
