from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models.functions import Now

from accounts import invitations
from accounts.actor import Actor
from accounts.management import people
from accounts.models import Employee, Invitation


class Command(BaseCommand):
    help = "Invite employees to the employee portal. Who is named gets a new invitation, even while one is open."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        act = people.each(invitations.invite)
        people.run(self, options, judge=invitations.why_not_invite, act=_invite_the_rest if options["all"] else act)


def _invite_the_rest(employees: list[Employee], by: Actor) -> set[int]:
    """Everyone but those whose invitation still works: run twice, this must not mail a whole company twice."""
    waiting = Invitation.objects.open().filter(employee__in=employees, expires_at__gt=Now())
    waiting_ids = set(waiting.values_list("employee_id", flat=True))
    return set(people.each(invitations.invite)([e for e in employees if e.pk not in waiting_ids], by))
