from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import invitations
from accounts.management import people
from accounts.models import Employee


class Command(BaseCommand):
    help = "Take back the open invitations of employees."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        people.run(self, options, judge=_why_not_withdraw, act=people.each(invitations.withdraw))


def _why_not_withdraw(employee: Employee) -> str | None:
    """Without an open invitation there is nothing to do; whoever used it keeps access until it is blocked."""
    return None if employee.account_id is None else invitations.why_not_withdraw(employee)
