"""Who may act: a manager within reach. The command line and the schedule may everything."""

from accounts.actor import Actor
from accounts.models import Employee, Employer, Provider


class NotAllowed(Exception):
    """The actor may not act here: a viewer, or somebody else's administrator."""


def may_manage(by: Actor, employee: Employee) -> bool:
    return by.user is None or Employee.objects.managed_by(by.user).filter(pk=employee.pk).exists()


def require_manager(by: Actor, employee: Employee) -> None:
    if not may_manage(by, employee):
        raise NotAllowed


def require_manager_of_employer(by: Actor, employer: Employer) -> None:
    if by.user is not None and not Employer.objects.managed_by(by.user).filter(pk=employer.pk).exists():
        raise NotAllowed


def require_manager_of_provider(by: Actor, provider: Provider) -> None:
    if by.user is not None and not Provider.objects.managed_by(by.user).filter(pk=provider.pk).exists():
        raise NotAllowed
