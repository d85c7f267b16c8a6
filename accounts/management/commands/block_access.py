from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.management import options as shared
from accounts.management import people


class Command(BaseCommand):
    help = "Keep employees out of the employee portal, starting now. Open invitations are withdrawn."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_collective_arguments(parser)
        parser.add_argument("--shown-reason", type=shared.text(500), default="", help="Stands in the mail.")

    def handle(self, *args: Any, **options: Any) -> None:
        people.act_on(self, options, act="block-access")
