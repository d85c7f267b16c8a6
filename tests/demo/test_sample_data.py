"""The sample data: always the same people, in every state, and nobody is mailed by surprise."""

from pathlib import Path

import pytest
from django.utils import timezone

from accounts import passwords, usernames
from accounts.models import AccessState, Administrator, Employee, Employer, HistoryEntry, User
from demo import employees, environment, people
from emailtemplates.models import REMOVED, MailState, OutgoingEmail


@pytest.fixture
def sample_data(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "FOLDER", tmp_path)
    people.make_sample_data()


def test_every_state_and_oddity_is_there(sample_data: None) -> None:
    sizes = {employer.name: employer.employees.count() for employer in Employer.objects.all()}

    assert sizes == {employer.name: employer.size for employer in employees.EMPLOYERS}
    for employer in Employer.objects.all():
        people_here = Employee.objects.filter(employer=employer)
        assert [state for state in AccessState.values if not people_here.in_state(state).exists()] == []
    today = timezone.localdate()

    assert Employee.objects.out_of_service(today).with_access().exists()
    assert Employee.objects.filter(email="", account__isnull=False).exists()
    assert Employee.objects.filter(email="", account=None).exists()
    assert Employee.objects.filter(department=None).exists()
    assert Employee.objects.filter(first_name="").exists()
    assert Employee.objects.filter(email__startswith="familie.").exists()
    assert HistoryEntry.objects.filter(act="access_activated", employee__account__username="anna").exists()


def test_the_sample_accounts_have_the_promised_password(sample_data: None) -> None:
    anna = Employee.objects.with_access().get(account__username="anna")

    assert (anna.name, anna.employer.name) == ("Anna de Vries", "Bakkerij Van Dam")
    for username in ("beheer", "kijker", "anna"):
        assert passwords.fits("Sleutelbos-demo-1", user=User.objects.get(username=username))
    roles = {right.user.username: (right.role, right.employer) for right in Administrator.objects.all()}
    assert roles == {"beheer": ("manager", None), "kijker": ("viewer", None)}
    for username in User.objects.values_list("username", flat=True):
        assert usernames.check(username, own_addresses=set()) == username


def test_only_a_few_mails_wait(sample_data: None) -> None:
    waiting = OutgoingEmail.objects.filter(state=MailState.QUEUED)

    assert sorted(waiting.values_list("message", flat=True)) == [
        "access_blocked",
        "invitation",
        "invitation",
        "username",
    ]
    others = OutgoingEmail.objects.exclude(state__in=(MailState.QUEUED, MailState.WITHHELD))
    assert not others.filter(finished_at=None).exists()


def test_some_invitations_of_the_past_came_back(sample_data: None) -> None:
    for employer in Employer.objects.all():
        mails = OutgoingEmail.objects.filter(employer=employer, message="invitation")
        assert mails.filter(state=MailState.DELIVERED).exists()
        assert mails.exclude(attention_at=None).filter(state=MailState.BOUNCED).exists()
        assert mails.filter(why=REMOVED, to_address="").exists()


def test_the_payroll_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        employees.write_csv(tmp_path / name, today=timezone.localdate())

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
