"""Delivers what is due without a worker."""

import json
import threading
from argparse import ArgumentParser
from collections import Counter
from signal import SIGINT, SIGTERM, signal
from typing import Any

from django.core.management.base import BaseCommand

from emailtemplates import delivery
from emailtemplates.models import OutgoingEmail

EVERY = 15  # seconds, as the schedule does


class Command(BaseCommand):
    help = "Deliver what is due without a worker. Without --once, keep looking every 15 seconds until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver what is due now, and end")
        parser.add_argument("--dry-run", action="store_true", help="say how many are due, and send nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._say({"due": delivery.due().count()}, as_json=options["json"])
            return
        stop = threading.Event()
        for number in (SIGINT, SIGTERM):
            signal(number, lambda *_: stop.set())
        while True:
            counts = self._deliver()
            if counts or options["once"]:
                self._say(counts, as_json=options["json"])
            if options["once"] or stop.wait(EVERY):
                return

    def _deliver(self) -> dict[str, int]:
        """How many ended in which state."""
        due = set(delivery.due().values_list("pk", flat=True))
        delivery.deliver_due()
        return dict(Counter(OutgoingEmail.objects.filter(pk__in=due).values_list("state", flat=True)))

    def _say(self, counts: dict[str, int], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts))
            return
        for state, count in sorted(counts.items()) or [("due", 0)]:
            self.stdout.write(f"{state:12} {count:>8}")
