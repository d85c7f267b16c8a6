"""The sample data: a payroll bureau, three employers, and people in every state of access."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import access, administrators, invitations, people, providers, usernames
from accounts.actor import Actor
from accounts.models import Employee, HistoryEntry, Invitation, Language, Provider, Role, User
from demo import employees, environment, mails

MANAGER, VIEWER, EMPLOYEE = "beheer", "kijker", "anna"
PASSWORD = "Sleutelbos-demo-1"  # noqa: S105


@dataclass(frozen=True)
class Past:
    """How an employee's access came to be what it is."""

    employee: Employee
    invited_at: datetime
    activated: bool

    @property
    def username(self) -> str:
        if self.employee.personnel_number == employees.ANNA["personnel_number"]:
            return EMPLOYEE
        first = employees.plain(self.employee.first_name or self.employee.initials)
        return f"{first}.{employees.plain(self.employee.last_name)}{self.employee.pk}"


@transaction.atomic
def make_sample_data() -> None:
    by = _make_bureau()
    provider = Provider.objects.get()
    file = environment.FOLDER / "employees.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    employees.write_csv(file, today=timezone.localdate())
    people.import_employees(file=file, provider=provider, by=by)
    _make_past(list(Employee.objects.select_related("employer").order_by("pk")), by)
    _withdraw_some(by)
    _block_some(by)
    _send_some_mail(by)


def _make_bureau() -> Actor:
    at_start = Actor(user=None, name="demo")
    providers.create_provider(name="Salarisbureau De Linde", slug="linde", by=at_start)
    provider = Provider.objects.get()
    for username, name, role in ((MANAGER, "Bea Heerema", Role.MANAGER), (VIEWER, "Kas Vermeer", Role.VIEWER)):
        administrators.add_administrator(
            provider=provider,
            employer=None,
            username=username,
            email=f"{username}@delinde.example",
            name=name,
            role=role,
            password=PASSWORD,
            by=at_start,
        )
    return Actor.of(User.objects.get(username=MANAGER))


def _make_past(everyone: list[Employee], by: Actor) -> None:
    """Invitations of the past weeks and the accounts that came of them: as rows, because nobody was mailed then."""
    random = Random(2026)  # noqa: S311
    now = timezone.now()
    pasts = [past for employee in everyone if (past := _past(employee, random, now))]
    active = [past for past in pasts if past.activated]
    password = make_password(PASSWORD)
    accounts = User.objects.bulk_create([_account(past, password, random) for past in active])
    for past, account in zip(active, accounts, strict=True):
        past.employee.account = account
    Employee.objects.bulk_update([past.employee for past in active], ["account"], batch_size=200)
    offered = Invitation.objects.bulk_create(_invitation(past, by) for past in pasts)
    mails.mail_invitations(offered)
    HistoryEntry.objects.bulk_create(
        entry for past, invitation in zip(pasts, offered, strict=True) for entry in _entries(past, invitation, by)
    )


def _past(employee: Employee, random: Random, now: datetime) -> Past | None:
    """None: never invited, or it is not known where to."""
    chance = random.random()
    long_ago = now - timedelta(days=random.randint(10, 300), minutes=random.randint(0, 600))
    recently = now - timedelta(hours=random.randint(2, 60))
    if employee.personnel_number == employees.ANNA["personnel_number"] or chance < 0.62:
        # An employee whose address payroll removed afterwards still has access.
        return Past(employee, long_ago, activated=True) if employee.email or chance < 0.2 else None
    if chance > 0.88 or not employee.email:
        return None
    return Past(employee, recently if chance < 0.74 else long_ago, activated=False)


def _account(past: Past, password: str, random: Random) -> User:
    activated_at = past.invited_at + timedelta(hours=3)
    return User(
        username=past.username,
        username_key=usernames.canonical(past.username),
        password=password,
        language=past.employee.language or Language.DUTCH,
        last_login=activated_at + (timezone.now() - activated_at) * random.random(),
    )


def _invitation(past: Past, by: Actor) -> Invitation:
    return Invitation(
        employee=past.employee,
        email=past.employee.email,
        invited_at=past.invited_at,
        invited_by_name=by.name,
        expires_at=past.invited_at + timedelta(days=invitations.INVITATION_CALENDAR_DAYS),
        used_at=past.invited_at + timedelta(hours=3) if past.activated else None,
    )


def _entries(past: Past, invitation: Invitation, by: Actor) -> list[HistoryEntry]:
    employee = past.employee
    about = {"provider": employee.employer.provider_id, "employer": employee.employer_id, "employee": employee.pk}
    facts = {f"{name}_id": key for name, key in about.items()} | {"account_id": employee.account_id}
    invited = HistoryEntry(
        act="invited", act_id=uuid4(), at=past.invited_at, actor=by.user, actor_name=by.name, after="invited",
        mail_id=invitation.pk, **facts
    )  # fmt: skip
    if not past.activated:
        return [invited]
    activated = HistoryEntry(
        act="access_activated",
        act_id=uuid4(),
        at=past.invited_at + timedelta(hours=3),
        actor=employee.account,
        actor_name=employee.name,
        before="invited",
        after="active",
        **facts,
    )
    return [invited, activated]


def _withdraw_some(by: Actor) -> None:
    for employee in Employee.objects.in_state("expired").select_related("employer").order_by("pk")[::3]:
        invitations.withdraw(employee=employee, by=by)


def _block_some(by: Actor) -> None:
    """Half of the leavers, without mail; and a few who still work here."""
    active = Employee.objects.with_access().exclude(account__username=EMPLOYEE)
    leavers = active.out_of_service(timezone.localdate()).values_list("pk", flat=True).order_by("pk")[::2]
    reason = "Uit dienst, laatste loonstrook is verstuurd"
    access.block_all(employees=Employee.objects.filter(pk__in=leavers), by=by, reason=reason, do_not_mail=True)
    others = active.in_service(timezone.localdate()).values_list("pk", flat=True).order_by("pk")[5::40]
    access.block_all(
        employees=Employee.objects.filter(pk__in=others),
        by=by,
        reason="Op verzoek van de werkgever",
        do_not_mail=True,
    )


def _send_some_mail(by: Actor) -> None:
    """Real mails, so that the mailbox of a fresh demo shows what people get."""
    at_the_bakery = Employee.objects.filter(employer__client_number=employees.BAKERY).exclude(email="")
    for employee in at_the_bakery.in_state("none").select_related("employer").order_by("pk")[:2]:
        invitations.invite(employee=employee, by=by)
    anna = at_the_bakery.select_related("employer", "account").get(account__username=EMPLOYEE)
    access.resend_username(employee=anna, by=by)
    leaver = at_the_bakery.with_access().exclude(pk=anna.pk).select_related("employer", "account").order_by("pk")[0]
    access.block_access(
        employee=leaver,
        by=by,
        reason="Uit dienst",
        shown_reason="Je bent uit dienst. Heb je nog iets nodig, bel ons dan.",
    )
