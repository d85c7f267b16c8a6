"""Makes the people of the tests, directly as rows: what the acts do to them is for the tests to say."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessBlock, Administrator, Employee, Employer, Invitation, Provider, Role, User
from emailtemplates.models import FINAL, IN_HAND, TAKEN, UNDELIVERED, MailState, OutgoingEmail

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
    employee = an_employee(employer, personnel_number, first_name, last_name, **facts)
    employee.save()
    return employee


def an_employee(employer: Employer, personnel_number: str, first_name: str, last_name: str, **facts: Any) -> Employee:
    """The same, not saved yet."""
    facts.setdefault("email", f"{first_name.lower()}@example.nl")
    return Employee(
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


def make_mail(to: Employee | User, message: str, *, state: str = MailState.SENT, **facts: Any) -> OutgoingEmail:
    """A mail that came into this state just now; of an administrator, at the provider they belong to."""
    if isinstance(to, Employee):
        whose: dict[str, Any] = {"employee": to, "employer": to.employer, "account": to.account, "to_address": to.email}
        whose["provider_id"] = to.employer.provider_id
    else:
        right = to.administrators.get()
        whose = {"account": to, "employer": right.employer, "provider": right.provider, "to_address": to.email}
    fixed = {"message": message, "language": "nl", "act_id": uuid4(), "state": state}
    fixed["expires_at"] = timezone.now() + timedelta(days=3)
    return OutgoingEmail.objects.create(**{**fixed, **whose, **_what_goes_with(state), **facts})


def bounce(mail_id: UUID, state: str = MailState.BOUNCED) -> None:
    """The address of this mail did not take it."""
    OutgoingEmail.objects.filter(pk=mail_id).update(**_what_goes_with(state), state=state)


def _what_goes_with(state: str) -> dict[str, Any]:
    """The columns that the constraints ask for in this state."""
    now, facts = timezone.now(), dict[str, Any]()
    if state in FINAL:
        facts |= {"finished_at": now, "why": "250 2.0.0 taken"}
    if state in UNDELIVERED:
        facts |= {"attention_at": now, "why": "550 5.1.1 no such user"}
    if state in (*TAKEN, *IN_HAND, MailState.UNCERTAIN):
        facts |= {"first_attempt_at": now, "attempts": 1}
    if state in TAKEN:
        facts |= {"sent_at": now}
    if state in IN_HAND:
        facts |= {"lease_token": uuid4(), "lease_until": now + timedelta(minutes=2)}
    return facts


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
