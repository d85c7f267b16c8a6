import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.doctor import checks
from accounts.doctor.findings import Check, Finding, Level

IN_ORDER = "ok"


class Command(BaseCommand):
    help = "Is everything this installation needs there and working? Names each fault, and what to do."
    # It names itself what they would stop it for.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--offline", action="store_true", help="Ask nothing of mail server and DNS.")
        parser.add_argument("--json", action="store_true", help="Tell it as JSON instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = checks.look(offline=options["offline"])
        faults = self._tell_json(found) if options["json"] else self._tell(found)
        if faults:
            raise CommandError(_("Faults found: %(count)d.") % {"count": faults})

    def _tell(self, found: Iterable[tuple[Check, list[Finding]]]) -> int:
        """A line for each finding, as soon as it is known; returns how many are faults."""
        width, faults = max(len(check.name) for check in checks.CHECKS), 0
        for check, findings in found:
            for finding in findings:
                line = f"{finding.what} {finding.do}".strip()
                self.stdout.write(f"{check.name:<{width}}  {finding.level:<11}  {line}")
                faults += finding.level is Level.FAULT
            if not findings:
                self.stdout.write(f"{check.name:<{width}}  {IN_ORDER}")
        return faults

    def _tell_json(self, found: Iterable[tuple[Check, list[Finding]]]) -> int:
        rows = [
            {"check": check.name, "level": finding.level, "what": finding.what, "do": finding.do}
            for check, findings in found
            for finding in findings
        ]
        faults = sum(row["level"] is Level.FAULT for row in rows)
        self.stdout.write(json.dumps({"ok": not faults, "findings": rows}, ensure_ascii=False, indent=2))
        return faults
