"""What happens in an installation while something breaks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from celery import current_app
from django.db.models import F
from kombu import Connection

from accounts import access, password_links
from accounts.actor import Actor
from accounts.models import Employee, Employer, PasswordLink
from emailtemplates.clock import database_now
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.journeys.processes import Installation

_BY = Actor(user=None, name="The tests", address=None)


def block(installation: Installation, people: Sequence[Employee]) -> None:
    """One mail to each of them, and a hint."""
    block_without_a_hint(people)
    ring(installation)


def block_without_a_hint(people: Sequence[Employee]) -> None:
    """The broker of the tests is not that of the installation."""
    access.block_all(employees=Employee.objects.filter(pk__in=[person.pk for person in people]), by=_BY, reason="left")


def ring(installation: Installation) -> None:
    """Hint at work, as the web server does."""
    if url := installation.environment["REDIS_URL"]:
        with Connection(url) as broker:
            queue = installation.environment["JOURNEYS_QUEUE"]
            current_app.send_task("emailtemplates.tasks.deliver_due_emails", connection=broker, queue=queue)


def someone(bakery: Employer, name: str, number: str) -> Employee:
    """Somebody with access, who signed in before."""
    return cast.make_employee(bakery, number, name.title(), "Bos", account=cast.make_account(name))


def ask_for_a_password(person: Employee) -> None:
    assert person.account is not None
    password_links.request_password(username=person.account.username, portal="employee", address=None)


def age(by: timedelta) -> None:
    """All mails and links are so much older."""
    OutgoingEmail.objects.filter(finished_at=None).update(
        created_at=F("created_at") - by, not_before=F("not_before") - by, expires_at=F("expires_at") - by
    )
    PasswordLink.objects.update(issued_at=F("issued_at") - by, expires_at=F("expires_at") - by)


def until_then(moment: datetime) -> timedelta:
    """How long it is to that moment, by the database's clock."""
    return moment - database_now()
