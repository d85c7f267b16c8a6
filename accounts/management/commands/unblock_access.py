from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.management import people


class Command(BaseCommand):
    help = "Let employees in again, with the username and password they had."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_collective_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        people.act_on(self, options, act="unblock-access")
