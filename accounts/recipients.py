"""Whom a mail goes to: the address that payroll holds, and nothing a browser sent."""

from accounts.models import Employee, Language, User
from emailtemplates.outbox import Recipient


def recipient(employee: Employee) -> Recipient:
    return Recipient(
        address=employee.email,
        language=employee.language or Language.DUTCH,
        provider_id=employee.employer.provider_id,
        employer_id=employee.employer_id,
        employee_id=employee.pk,
        account_id=employee.account_id,
    )


def recipient_of_account(user: User) -> Recipient | None:
    """Where mail about an account goes; None when nobody may enter with it or it has no address.

    For employees: the registered address at the employer they were first known at, of those where they have access.
    """
    employee = user.employees.with_access().exclude(email="").select_related("employer").order_by("pk").first()
    if employee is not None:
        return recipient(employee)
    right = user.administrators.order_by("pk").first()
    if right is None or not user.email:
        return None
    return Recipient(
        address=user.email,
        language=user.language,
        provider_id=right.provider_id,
        employer_id=right.employer_id,
        account_id=user.pk,
    )
