from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import access
from accounts.management import people


class Command(BaseCommand):
    help = "Let employees in again, with the username and password they had."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        people.run(self, options, judge=access.why_not_unblock, act=people.each(access.unblock_access))
