"""Makes the people of the tests, directly as rows: what the acts do to them is for the tests to say."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessBlock, Administrator, Employee, Employer, Invitation, Provider, Role, User
from emailtemplates.models import OutgoingEmail

PASSWORD = "correct horse battery"


def make_account(username: str, *, signed_in: bool = True, **facts: Any) -> User:
    """An account with PASSWORD; usernames of the cast are their own canonical form."""
    user = User(username=username, username_key=username, **facts)
    user.set_password(PASSWORD)
    user.last_login = timezone.now() - timedelta(days=1) if signed_in else None
    user.save()
    return user


def make_administrator(
    username: str, *, provider: Provider, employer: Employer | None = None, role: Role = Role.MANAGER
) -> User:
    """An administrator of one employer, or of the whole provider with None."""
    user = make_account(username, name=username.title(), email=f"{username}@bureau.example")
    Administrator.objects.create(user=user, provider=provider, employer=employer, role=role)
    return user


def make_employee(employer: Employer, personnel_number: str, first_name: str, last_name: str, **facts: Any) -> Employee:
    """Someone on the payroll; with `account=` someone with access."""
    facts.setdefault("email", f"{first_name.lower()}@example.nl")
    return Employee.objects.create(
        employer=employer,
        personnel_number=personnel_number,
        first_name=first_name,
        last_name=last_name,
        date_of_birth=facts.pop("date_of_birth", date(1990, 4, 27)),
        search_key=f"{first_name} {last_name} {personnel_number} {facts['email']}".lower(),
        **facts,
    )


def make_invitation(employee: Employee, **facts: Any) -> Invitation:
    """An open invitation, four days long."""
    facts.setdefault("expires_at", timezone.now() + timedelta(days=4))
    return Invitation.objects.create(employee=employee, email=employee.email, invited_by_name="Carla", **facts)


def make_block(employee: Employee, **facts: Any) -> AccessBlock:
    """An open block."""
    return AccessBlock.objects.create(employee=employee, act_id=uuid4(), blocked_by_name="Carla", **facts)


def sign_in(user: User, portal: str, password: str = PASSWORD) -> Client:
    """A browser in which this account signed in through the page of "employee" or "employer"."""
    client = Client()
    answer = client.post(reverse(f"{portal}_portal:sign_in"), {"username": user.username, "password": password})
    assert answer.status_code == 302, f"{user.username} could not sign in: {answer.status_code}"
    return client


class Mailbox:
    """What the outbox holds, oldest first."""

    def all(self) -> list[OutgoingEmail]:
        return list(OutgoingEmail.objects.order_by("created_at"))

    def to(self, person: Employee | User) -> list[OutgoingEmail]:
        about = Q(employee=person) if isinstance(person, Employee) else Q(account=person)
        return list(OutgoingEmail.objects.filter(about).order_by("created_at"))
