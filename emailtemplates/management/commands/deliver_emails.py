"""Deliver what is due, without a worker."""

import json
import math
import signal
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from emailtemplates import delivery, leases
from emailtemplates.stopping import stopping

SECONDS_BETWEEN_LOOKS = 5


class Command(BaseCommand):
    help = "Delivers the e-mails that are due; goes on doing so until it is stopped, or with --once does it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver what is due now, and end")
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
        parser.add_argument("--dry-run", action="store_true", help="only print how many are due")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._print({"due": leases.due().count()}, as_json=options["json"])
        elif options["once"]:
            self._print(delivery.deliver_and_count(shift=math.inf), as_json=options["json"])
        else:
            self._keep_delivering(as_json=options["json"])

    def _keep_delivering(self, *, as_json: bool) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: stopping.set())
        while not stopping.is_set():
            outcomes = _deliver()
            if outcomes:
                self._print(outcomes, as_json=as_json)
            stopping.wait(SECONDS_BETWEEN_LOOKS)

    def _print(self, numbers: dict[str, int], *, as_json: bool) -> None:
        """A table of state and number, or JSON."""
        if as_json:
            self.stdout.write(json.dumps(numbers))
            return
        for state, number in numbers.items():
            self.stdout.write(f"{state:<12}{number:>8}")
        if not numbers:
            self.stdout.write("Nothing is due.")


def _deliver() -> Counter[str]:
    close_old_connections()
    return delivery.deliver_and_count()
