"""Sent e-mails: the list, the work list, one mail, and its acts through the pages."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import history, invitations
from accounts.actor import Actor
from accounts.models import Employee, Employer, HistoryEntry, User
from accounts.people import search_key
from emailtemplates import handover, suppression
from emailtemplates.models import REMOVED, MailState, OutgoingEmail
from employer_portal import mail_troubles, mail_words
from employer_portal.mail_forms import EmailFilterForm
from tests import cast

PROVIDER = "/employer/provider/emails/"


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def list_of(employer: Employer) -> str:
    return reverse("employer_portal:emails", args=[employer.public_id])


def address(mail: OutgoingEmail, act: str = "email") -> str:
    assert mail.employer is not None
    return reverse(f"employer_portal:{act}", args=[mail.employer.public_id, mail.pk])


def found(desk: Client, path: str, **filters: str) -> list[str]:
    """The names on the page, newest mail first."""
    answer = desk.get(path, filters)
    assert answer.status_code == 200
    return [row.name for row in answer.context["rows"]]


# --- The list ----------------------------------------------------------------------------------------


def test_the_mails_of_an_employer_newest_first(
    desk: Client, bakery: Employer, garage: Employer, anna: Employee, dirk: Employee
) -> None:
    cast.make_mail(anna, "username", created_at=timezone.now() - timedelta(days=1))
    cast.make_mail(dirk, "access_blocked", state=MailState.BOUNCED, created_at=timezone.now() - timedelta(hours=1))
    cast.make_mail(cast.make_employee(garage, "1", "Gijs", "Smit"), "username")

    answer = desk.get(list_of(bakery))

    assert [row.name for row in answer.context["rows"]] == ["Bakker, Dirk", "Vries, Anna de"]
    page = answer.content.decode()
    assert "badge-bounced" in page
    assert str(mail_troubles.NO_SUCH_ADDRESS.reason) in page or "bestaat niet" in page
    assert found(desk, PROVIDER) == ["Smit, Gijs", "Bakker, Dirk", "Vries, Anna de"]


def test_the_provider_also_sees_the_mails_to_its_administrators_and_nobody_elses(
    desk: Client, bakery: Employer, vera: User, stranger: User, other_employer: Employer
) -> None:
    own = cast.make_mail(vera, "administrator_invitation")
    cast.make_mail(stranger, "administrator_invitation")
    cast.make_mail(cast.make_employee(other_employer, "1", "Other", "Person"), "username")

    assert found(desk, PROVIDER) == ["Vera"]
    assert found(desk, list_of(bakery)) == []
    assert desk.get(f"{PROVIDER}{own.pk}/").status_code == 200


def test_search_and_filters(
    desk: Client, bakery: Employer, anna: Employee, bob: Employee, dirk: Employee, vera: User
) -> None:
    for employee in Employee.objects.all():
        Employee.objects.filter(pk=employee.pk).update(search_key=search_key(employee))
    cast.make_mail(anna, "username", state=MailState.DELIVERED, created_at=timezone.now() - timedelta(days=10))
    cast.make_mail(bob, "invitation", state=MailState.BOUNCED, created_at=timezone.now() - timedelta(minutes=1))
    cast.make_mail(dirk, "invitation", state=MailState.QUEUED)
    cast.make_mail(vera, "administrator_invitation", state=MailState.SENT)
    path = list_of(bakery)
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()

    assert found(desk, path, q="VRÍES anna") == ["Vries, Anna de"]
    assert found(desk, path, q="bob@example") == ["Jansen, Bob"]
    assert found(desk, path, q="nobody") == []
    assert found(desk, path, state="bounced") == ["Jansen, Bob"]
    assert found(desk, path, state="undelivered") == ["Jansen, Bob"]
    assert found(desk, path, state="underway") == ["Bakker, Dirk"]
    assert found(desk, path, state="taken") == ["Vries, Anna de"]
    assert found(desk, path, message="username") == ["Vries, Anna de"]
    assert found(desk, path, since=yesterday) == ["Bakker, Dirk", "Jansen, Bob"]
    assert found(desk, path, until=yesterday) == ["Vries, Anna de"]
    assert found(desk, path, state="undelivered", message="username") == []
    assert found(desk, PROVIDER, q="vera") == ["Vera"]
    assert found(desk, PROVIDER, q="anna") == ["Vries, Anna de"]


def test_both_days_of_a_period_count_by_the_clock_on_the_wall(desk: Client, bakery: Employer, anna: Employee) -> None:
    for moment in ("2026-03-01T23:30:00+01:00", "2026-03-02T00:30:00+01:00", "2026-03-02T23:30:00+01:00"):
        cast.make_mail(anna, "username", created_at=datetime.fromisoformat(moment))

    assert len(found(desk, list_of(bakery), since="2026-03-02", until="2026-03-02")) == 2


def test_every_state_can_be_filtered() -> None:
    groups = dict(EmailFilterForm().fields["state"].choices)  # type: ignore[attr-defined]
    states = {value for label, group in groups.items() if label for value, _ in group}

    assert states >= set(MailState)


@pytest.mark.parametrize(
    "filters",
    [{"q": "a\x00b"}, {"q": "x" * 5000}, {"q": "%' OR 1=1 --"}, {"state": "nonsense"}, {"page": "-1"}, {"page": "x"},
     {"page": "999999999999999999999"}, {"page": "²"}, {"message": "<script>"}, {"since": "yesterday"},
     {"since": "0001-01-01"}, {"until": "9999-12-31"}, {"list": "nonsense"}, {"list": "work", "page": "9"}],
)  # fmt: skip
def test_no_filter_is_an_error(desk: Client, anna: Employee, filters: dict[str, str]) -> None:
    cast.make_mail(anna, "username")

    for path in (list_of(anna.employer), PROVIDER):
        answer = desk.get(path, filters)
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()


def test_fifty_on_a_page_and_few_queries(
    desk: Client, bakery: Employer, anna: Employee, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(55):
        person = cast.make_employee(bakery, f"n{number}", f"Name{number:02}", "Smit")
        cast.make_mail(person, "username", state=MailState.BOUNCED, created_at=timezone.now() - timedelta(hours=number))

    with django_assert_num_queries(6):  # session, gate, employer, administrators of this name, page, mails to look at
        first = desk.get(list_of(bakery), {"q": "smit", "state": "bounced"})
    with django_assert_num_queries(6):  # whether she may act, instead of the administrators
        work = desk.get(list_of(bakery), {"list": "work"})

    assert len(first.context["rows"]) == len(work.context["rows"]) == 50
    assert found(desk, list_of(bakery), page="2") == [f"Smit, Name{number}" for number in range(50, 55)]
    assert work.context["work_count"] == "55"


def test_the_tab_of_an_employee(desk: Client, anna: Employee, bob: Employee) -> None:
    own = cast.make_mail(anna, "username")
    cast.make_mail(bob, "invitation")
    path = reverse("employer_portal:employee", args=[anna.employer.public_id, anna.public_id])

    answer = desk.get(path, {"tab": "emails"})

    assert [row.mail.pk for row in answer.context["rows"]] == [own.pk]
    assert address(own) in answer.content.decode()
    assert desk.get(path, {"tab": "nonsense"}).context["tab"] == "person"


def test_the_history_names_what_became_of_each_mail_in_few_queries(
    desk: Client, anna: Employee, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        mail = cast.make_mail(anna, "username", state=MailState.BOUNCED)
        history.record("username_sent", about=anna, by=Actor.command_line("test"), mail=mail)
    path = reverse("employer_portal:employee", args=[anna.employer.public_id, anna.public_id])

    with django_assert_max_num_queries(10):
        answer = desk.get(path, {"tab": "history"})

    assert len(answer.context["lines"]) == 5
    assert address(mail) in answer.content.decode()


def test_names_and_answers_are_text_and_nothing_else(desk: Client, bakery: Employer) -> None:
    nasty = cast.make_employee(bakery, "66", "<b>x</b>", '"><script>alert(1)</script>')
    mail = cast.make_mail(nasty, "access_blocked", state=MailState.BOUNCED, why="550 <script>alert(2)</script>")

    for path in (list_of(bakery), f"{list_of(bakery)}?list=work", address(mail), PROVIDER):
        assert "<script>alert" not in desk.get(path).content.decode()


# --- One mail ----------------------------------------------------------------------------------------


def acts(desk: Client, mail: OutgoingEmail) -> list[str]:
    return [act.key for act in desk.get(address(mail)).context["panel"].acts]


def test_a_mail_offers_exactly_what_is_possible(desk: Client, anna: Employee, vera: User) -> None:
    queued = cast.make_mail(anna, "username", state=MailState.QUEUED)
    sent = cast.make_mail(anna, "username")
    bounced = cast.make_mail(anna, "username", state=MailState.BOUNCED)
    reset = cast.make_mail(anna, "password_reset", state=MailState.EXPIRED, attention_at=None)

    assert acts(desk, queued) == ["cancel"]
    assert acts(desk, sent) == acts(desk, reset) == []
    assert acts(desk, bounced) == ["retry", "handled"]
    suppression.suppress(bounced, why="550")
    assert acts(desk, bounced) == ["retry", "try_again", "handled"]
    assert acts(cast.sign_in(vera, "employer"), bounced) == []


def test_what_is_not_offered_is_refused_with_the_reason(desk: Client, anna: Employee) -> None:
    sent = cast.make_mail(anna, "username")

    for act in ("retry_email", "cancel_email"):
        answer = desk.post(address(sent, act))
        assert answer.status_code == 409
        assert answer.context["refusal"] in answer.content.decode()
    assert not HistoryEntry.objects.exists()


def test_the_acts_through_the_page(desk: Client, anna: Employee) -> None:
    mail = cast.make_mail(anna, "username", state=MailState.BOUNCED)
    suppression.suppress(mail, why="550")

    for act in ("mark_email_handled", "try_address_again", "retry_email", "cancel_email"):
        answer = desk.post(address(mail, act), follow=True)
        assert answer.redirect_chain == [(address(mail), 302)]
        assert len(answer.context["messages"]) == 1
    back = desk.post(address(mail, "mark_email_handled"), {"back": "work"})

    mail.refresh_from_db()
    assert mail.state == MailState.CANCELLED
    assert back["Location"] == f"{list_of(anna.employer)}?list=work"
    assert list(HistoryEntry.objects.order_by("pk").values_list("act", flat=True)) == [
        "mail_handled", "address_tried_again", "mail_retried", "mail_cancelled",
    ]  # fmt: skip


def test_a_mail_is_found_at_its_own_employer_and_provider_alone(
    desk: Client, anna: Employee, garage: Employer, stranger: User
) -> None:
    mail = cast.make_mail(anna, "username")
    elsewhere = reverse("employer_portal:email", args=[garage.public_id, mail.pk])
    foreign = cast.sign_in(stranger, "employer")

    assert desk.get(f"{PROVIDER}{mail.pk}/").status_code == 200
    assert desk.get(elsewhere).status_code == 404
    for path in (
        address(mail),
        address(mail, "email_preview"),
        f"{PROVIDER}{mail.pk}/",
        f"{PROVIDER}{mail.pk}/preview/",
    ):
        assert foreign.get(path).status_code == 404
        assert foreign.post(path).status_code in (404, 405)


def test_the_preview_holds_no_link_and_cannot_run_anything(desk: Client, dirk: Employee, by_carla: Actor) -> None:
    mail = OutgoingEmail.objects.get(pk=invitations.invite(employee=dirk, by=by_carla).pk)

    answer = desk.get(address(mail, "email_preview"))

    assert "sandbox" in answer["Content-Security-Policy"]
    assert "/activate/" not in answer.content.decode()
    assert "[link]" in answer.content.decode()
    assert "/activate/" not in desk.get(address(mail)).content.decode()


def test_of_a_removed_mail_the_page_says_so(desk: Client, anna: Employee) -> None:
    mail = cast.make_mail(anna, "username", why=REMOVED, to_address="")

    page = desk.get(address(mail))

    assert page.status_code == 200
    assert page.context["preview_url"] is None
    assert desk.get(address(mail, "email_preview")).status_code == 404


def test_somebody_who_is_gone_leaves_a_mail_that_can_be_looked_at(desk: Client, anna: Employee, dirk: Employee) -> None:
    mail = cast.make_mail(dirk, "invitation", state=MailState.BOUNCED)
    dirk.delete()

    for path in (list_of(anna.employer), f"{list_of(anna.employer)}?list=work", address(mail)):
        assert desk.get(path).status_code == 200
    assert desk.post(address(mail, "mark_email_handled")).status_code == 302


@pytest.mark.parametrize("state", list(MailState))
def test_every_state_has_a_page_in_words(desk: Client, anna: Employee, state: str) -> None:
    mail = cast.make_mail(anna, "access_blocked", state=state)

    answer = desk.get(address(mail))

    assert answer.context["panel"].sentence
    assert mail_words.in_a_clause(mail)
    assert "%(" not in answer.content.decode()


# --- The work list -----------------------------------------------------------------------------------


def test_the_work_list_holds_what_somebody_must_do(
    desk: Client, bakery: Employer, anna: Employee, dirk: Employee, vera: User
) -> None:
    to_do = cast.make_mail(anna, "username", state=MailState.BOUNCED)
    cast.make_mail(dirk, "invitation", state=MailState.BOUNCED, attention_at=None)
    cast.make_mail(anna, "username")
    suppressed = cast.make_mail(anna, "access_blocked", state=MailState.FAILED, why=handover.SUPPRESSED)
    path = f"{list_of(bakery)}?list=work"

    answer = desk.get(path)

    assert {row.mail.pk for row in answer.context["rows"]} == {to_do.pk, suppressed.pk}
    assert all(row.reason and row.next_step and row.handled_url for row in answer.context["rows"])
    assert answer.context["work_count"] == "2"
    viewed = cast.sign_in(vera, "employer").get(path)
    assert not any(row.handled_url or row.retry_url for row in viewed.context["rows"])
    desk.post(address(to_do, "mark_email_handled"), {"back": "work"})
    assert [row.mail.pk for row in desk.get(path).context["rows"]] == [suppressed.pk]
    assert found(desk, PROVIDER, list="work") == ["Vries, Anna de"]


def test_an_ended_invitation_is_made_anew_and_not_retried(desk: Client, dirk: Employee, by_carla: Actor) -> None:
    first = invitations.invite(employee=dirk, by=by_carla)
    cast.bounce(first.pk)
    (row,) = desk.get(list_of(dirk.employer), {"list": "work"}).context["rows"]
    assert row.retry_url
    assert not row.invite_url

    invitations.withdraw(employee=dirk, by=by_carla)

    (row,) = desk.get(list_of(dirk.employer), {"list": "work"}).context["rows"]
    assert not row.retry_url
    assert row.invite_url


def test_the_count_stands_in_the_menu_of_every_page(desk: Client, bakery: Employer, anna: Employee) -> None:
    cast.make_mail(anna, "username", state=MailState.BOUNCED)

    for path in (
        reverse("employer_portal:employees", args=[bakery.public_id]),
        reverse("employer_portal:employer_settings", args=[bakery.public_id]),
        "/employer/",
        "/employer/provider/settings/",
    ):
        assert desk.get(path).context["work_count"] == "1"
