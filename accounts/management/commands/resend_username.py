from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import access
from accounts.management import people


class Command(BaseCommand):
    help = "Mail employees their username, unchanged."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        people.run(self, options, judge=access.why_not_resend_username, act=people.each(access.resend_username))
