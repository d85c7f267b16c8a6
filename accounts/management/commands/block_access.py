from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandParser

from accounts import access
from accounts.actor import Actor
from accounts.management import options as shared
from accounts.management import people
from accounts.models import AccessBlock, Employee


class Command(BaseCommand):
    help = "Keep employees out of the employee portal, starting now."

    def add_arguments(self, parser: CommandParser) -> None:
        people.add_arguments(parser)
        parser.add_argument("--reason", type=shared.text(500), default="", help="For administrators only.")
        parser.add_argument("--shown-reason", type=shared.text(500), default="", help="Stands in the mail.")
        parser.add_argument("--do-not-mail", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        def block(employees: list[Employee], by: Actor) -> set[int]:
            act_id = uuid4()
            access.block_all(
                employees=Employee.objects.filter(pk__in=[employee.pk for employee in employees]),
                by=by,
                reason=options["reason"],
                shown_reason=options["shown_reason"],
                do_not_mail=options["do_not_mail"],
                act_id=act_id,
            )
            return set(AccessBlock.objects.filter(act_id=act_id).values_list("employee_id", flat=True))

        people.run(self, options, judge=access.why_not_block, act=block)
