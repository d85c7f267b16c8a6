from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import people
from accounts.management import options as shared
from accounts.permissions import NotAllowed


class Command(BaseCommand):
    help = "Create or update employees from a CSV of payroll, all of them or none. Grants, blocks and mails nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--provider", metavar="SLUG", help="Needed when there is more than one.")
        shared.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        by, provider = shared.actor(options), shared.provider(options)
        try:
            result = people.import_employees(file=options["file"], provider=provider, by=by, dry_run=options["dry_run"])
        except people.ImportRefused as refusal:
            self._tell_faults(options, refusal)
            message = (
                _("There are more faults than these. Nothing was imported.")
                if refusal.and_more
                else _("Nothing was imported.")
            )
            raise CommandError(message) from None
        except NotAllowed:
            message = _("%(name)s may not act for %(provider)s. Nothing was imported.")
            raise CommandError(message % {"name": by.name, "provider": provider}) from None
        except OSError as error:
            message = _("%(file)s cannot be read: %(error)s")
            raise CommandError(message % {"file": options["file"], "error": error.strerror}) from None
        shared.tell(self, options, asdict(result))

    def _tell_faults(self, options: dict[str, Any], refusal: people.ImportRefused) -> None:
        rows = [{name: str(value) for name, value in asdict(fault).items()} for fault in refusal.faults]
        columns = {"line": _("Line"), "column": _("Column"), "value": _("Value"), "problem": _("Problem")}
        summary = {"faults_found": len(rows), "and_more": refusal.and_more}
        shared.tell(self, options, summary, name="faults", columns=columns, rows=rows)
