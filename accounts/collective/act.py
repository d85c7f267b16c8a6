"""What an act is that can be done collectively, and the people it is being done to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.models import CollectiveMutation, Employee
from accounts.models.employee import EmployeeQuerySet

# Conditions on a queryset of employees, each with the code that it means; the first that holds counts.
Cases = list[tuple[Any, str]]
# What the outcome of a person remembers, in Chunk.people(): the id of what is made for them, or was.
MADE = F("outcomes__made")


@dataclass(frozen=True)
class Chunk:
    """A part of the people of one mutation, who have their outcome now and are held until it is done."""

    mutation: CollectiveMutation
    by: Actor
    first: int  # primary keys of employees, both included
    last: int
    outcomes: Mapping[str, int] = field(default_factory=dict)  # how many have which, once they were judged

    def people(self, outcome: str) -> EmployeeQuerySet:
        """Those with this outcome; joined to it, so that MADE can be taken from it."""
        return Employee.objects.filter(
            outcomes__mutation=self.mutation,
            outcomes__employee__gte=self.first,
            outcomes__employee__lte=self.last,
            outcomes__outcome=outcome,
        )

    def rows(self, outcome: str) -> Any:
        """Their outcomes alone, for what asks nothing of the people themselves."""
        return self.mutation.outcome_rows.filter(employee__gte=self.first, employee__lte=self.last, outcome=outcome)

    def made(self, outcome: str) -> Any:
        """The ids that their outcomes remember."""
        return self.rows(outcome).values("made")

    @property
    def trace(self) -> dict[str, Any]:
        return {"act_id": self.mutation.public_id, "by": self.by}

    @property
    def mailing(self) -> dict[str, Any]:
        """Held for a while, so that who takes it back finds the mails here and not with the people."""
        return {
            "act_id": self.mutation.public_id,
            "provider": self.mutation.provider_id,
            "withheld_by": self.by.name if self.mutation.do_not_mail else "",
            "hold": timedelta(seconds=settings.COLLECTIVE_HOLD_SECONDS),
        }


@dataclass(frozen=True)
class Act:
    """One act on many people. Somebody whom none of the `cases` fits will be changed, and gets what `run` makes."""

    key: str  # in its address
    label: str | Promise
    cases: Callable[[CollectiveMutation], Cases]
    made: Callable[[CollectiveMutation], Any]  # the expression for MADE, over a queryset of employees
    run: Callable[[Chunk], None]
    warnings: Callable[[CollectiveMutation], Cases] = lambda mutation: []
    message: str = ""  # the mail that those get who are changed
    dangerous: bool = False
    needs_reason: bool = False
    undo: str = ""  # the act that takes it back
    offered: bool = True  # in the menu; an undo starts from what it takes back
