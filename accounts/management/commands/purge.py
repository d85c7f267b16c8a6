from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import retention
from accounts.management import options as shared


class Command(BaseCommand):
    help = "Apply the retention times: make old e-mails anonymous, and throw away what is of no use any more."

    def add_arguments(self, parser: CommandParser) -> None:
        shared.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if shared.actor(options).user is not None:
            raise CommandError(
                _("This is about everybody's data, so only the command line itself may do it: leave out --by.")
            )
        purged = retention.would_purge() if options["dry_run"] else retention.purge()
        shared.tell(self, options, asdict(purged))
