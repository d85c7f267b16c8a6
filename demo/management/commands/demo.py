from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from accounts.models import Provider
from config import serve
from demo import people


class Command(BaseCommand):
    help = "Run everything on this machine, with sample data."

    def handle(self, *args: Any, **options: Any) -> None:
        port = serve.port()
        call_command("migrate", verbosity=0)
        if not Provider.objects.exists():
            self.stdout.write("Making the sample data …")
            people.make_sample_data()
            # The workers would do it too, but not before somebody looks into the mailbox.
            call_command("deliver_emails", once=True, stdout=StringIO())
        call_command("collectstatic", interactive=False, verbosity=0)
        self._tell_where()
        serve.run(port)

    def _tell_where(self) -> None:
        lines = (
            "",
            "Sleutelbos, with sample data. Stop it with Ctrl-C.",
            "",
            f"  Employers and payroll   {_address('employer_portal:home')}",
            f"                          {people.MANAGER} (may act) or {people.VIEWER} (may look)",
            f"  Employees               {_address('employee_portal:home')}",
            f"                          {people.EMPLOYEE}",
            f"  Password of all three   {people.PASSWORD}",
            f"  Every mail it sends     {_address('demo:mails')}",
            "",
        )
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _address(name: str) -> str:
    return settings.BASE_URL + reverse(name)
