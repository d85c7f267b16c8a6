"""Who there is, who may enter, and what was done."""

from accounts.models.access import AccessBlock, Invitation, InvitationEnd
from accounts.models.collective import (
    CollectiveCeiling,
    CollectiveMutation,
    CollectiveOutcome,
    MutationState,
    SelectedEmployee,
)
from accounts.models.employee import AccessState, Employee
from accounts.models.history import HistoryEntry
from accounts.models.organisation import Department, Employer, Provider
from accounts.models.people import Administrator, Language, PasswordLink, PasswordRequest, ReleasedUsername, Role, User

__all__ = [
    "AccessBlock",
    "AccessState",
    "Administrator",
    "CollectiveCeiling",
    "CollectiveMutation",
    "CollectiveOutcome",
    "Department",
    "Employee",
    "Employer",
    "HistoryEntry",
    "Invitation",
    "InvitationEnd",
    "Language",
    "MutationState",
    "PasswordLink",
    "PasswordRequest",
    "Provider",
    "ReleasedUsername",
    "Role",
    "SelectedEmployee",
    "User",
]
