"""The page of a confirmed mutation: approved or not, how far it is, what became of it, stopped and taken back."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import access
from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, running, selection
from accounts.models import AccessBlock, CollectiveMutation, Employee, Employer, Provider, User
from emailtemplates.models import MailState, OutgoingEmail
from employer_portal import result_words
from tests import cast

Staff = dict[str, Employee]
Make = Callable[..., CollectiveMutation]
ACTS = ("undo", "stop", "approve", "reject")


@pytest.fixture
def staff(anna: Employee, bob: Employee, dirk: Employee, eva: Employee, without_email: Employee) -> Staff:
    return {"anna": anna, "bob": bob, "dirk": dirk, "eva": eva, "willem": without_email}


@pytest.fixture
def nadia(provider: Provider) -> User:
    """A second manager at the provider."""
    return cast.make_administrator("nadia", provider=provider)


@pytest.fixture
def confirmed(staff: Staff, bakery: Employer, by_carla: Actor) -> Make:
    """A mutation of everybody at the bakery that Carla confirmed, and that no worker has seen yet."""

    def make(act: str = "block-access", **said: Any) -> CollectiveMutation:
        mutation = preview.prepare(act=act, place=bakery, selection=selection.everyone([bakery]), by=by_carla)
        confirm.confirm(
            mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(**{"reason": "closed", **said})
        )
        mutation.refresh_from_db()
        return mutation

    return make


@pytest.fixture
def done(confirmed: Make) -> Make:
    def make(act: str = "block-access", **said: Any) -> CollectiveMutation:
        mutation = confirmed(act, **said)
        running.run(mutation)
        return mutation

    return make


@pytest.fixture
def waiting(confirmed: Make, nadia: User, bakery: Employer, by_carla: Actor) -> CollectiveMutation:
    """Above the ceiling of the bakery; Nadia can approve it."""
    approval.set_ceiling(employer=bakery, number=1, percent=None, by=by_carla)
    return confirmed()


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def url(mutation: CollectiveMutation, act: str = "") -> str:
    name = f"employer_portal:mutation{'_' if act else ''}{act}"
    assert mutation.employer is not None
    return reverse(name, args=[mutation.employer.public_id, mutation.public_id])


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def first_names(answer: Any) -> list[str]:
    return [row.person.employee.first_name for row in answer.context["rows"]]


def test_the_result_says_what_became_of_each(desk: Client, done: Make, staff: Staff) -> None:
    mutation = done(shown_reason="We close.")

    answer = desk.get(url(mutation))

    assert "The access of 2 employees was blocked. 1 open invitation was withdrawn." in english(answer, desk, mutation)
    rows = {row.person.employee.first_name: row for row in answer.context["rows"]}
    assert rows["Anna"].mail_url.endswith(f"/{OutgoingEmail.objects.get(employee=staff['anna']).pk}/")
    assert rows["Anna"].reason == ""
    assert rows["Eva"].mail_url == ""
    assert rows["Eva"].state == "none"
    assert rows["Willem"].mail_reason
    tiles = {tile.kind: tile.count for tile in answer.context["tiles"]}
    assert tiles == {"": "5", "change": "2", "withdraw": "1", "nothing": "2"}


def english(answer: Any, desk: Client, mutation: CollectiveMutation) -> str:
    """The same page for a reader of English."""
    User.objects.update(language="en")
    said = text(desk.get(url(mutation)))
    User.objects.update(language="nl")
    return said


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?kind=change", ["Willem", "Anna"]),
        ("?kind=nothing", ["Dirk", "Eva"]),
        ("?kind=nothing&q=eva", ["Eva"]),
        ("?kind=stopped", []),
        ("?q=anna", ["Anna"]),
        ("?kind=nonsense", ["Dirk", "Bob", "Willem", "Eva", "Anna"]),
    ],
)
def test_filters(desk: Client, done: Make, query: str, names: list[str]) -> None:
    assert first_names(desk.get(url(done()) + query)) == names


def test_who_was_judged_anew_can_be_found(desk: Client, confirmed: Make, staff: Staff, by_carla: Actor) -> None:
    mutation = confirmed()
    access.block_access(employee=staff["anna"], by=by_carla, reason="first")
    running.run(mutation)

    answer = desk.get(url(mutation) + "?anew=1")

    assert first_names(answer) == ["Anna"]
    (row,) = answer.context["rows"]
    assert row.reason
    assert row.was
    assert answer.context["panel"].judged_anew


def test_mails_that_did_not_arrive_are_a_list_of_work(desk: Client, vera: User, done: Make, staff: Staff) -> None:
    mutation = done()
    cast.bounce(OutgoingEmail.objects.get(employee=staff["anna"]).pk)

    answer = desk.get(url(mutation) + "?mail=undelivered")

    rows = {row.mail.employee: row for row in answer.context["rows"]}
    assert rows.keys() == {staff["anna"], staff["willem"]}
    assert all(row.next_step and row.handled_url for row in rows.values())
    assert rows[staff["anna"]].retry_url
    looking = cast.sign_in(vera, "employer").get(url(mutation) + "?mail=undelivered")
    assert not any(row.retry_url or row.handled_url for row in looking.context["rows"])
    desk.post(rows[staff["willem"]].handled_url)
    desk.post(rows[staff["anna"]].handled_url)
    assert desk.get(url(mutation)).context["panel"].undelivered == ""


def test_undo_makes_a_preview_and_both_lead_to_each_other(desk: Client, done: Make, by_carla: Actor) -> None:
    mutation = done()

    answer = desk.post(url(mutation, "undo"))

    undo = CollectiveMutation.objects.get(undoes=mutation)
    assert answer["Location"] == url(undo)
    assert AccessBlock.objects.filter(act_id=mutation.public_id, lifted_at=None).count() == 2  # nothing is changed yet
    assert desk.get(url(mutation)).context["panel"].undone_by is None
    confirm.confirm(mutation=undo, by=by_carla, confirmation=confirm.Confirmation(reason="wrong list"))
    running.run(undo)
    panel = desk.get(url(mutation)).context["panel"]
    assert panel.undone_by.url == url(undo)
    assert not panel.can_undo
    assert desk.get(url(undo)).context["panel"].undoes.url == url(mutation)
    again = desk.post(url(mutation, "undo"))
    assert again.status_code == 409
    assert again.context["refusal"]


def test_until_the_hold_is_over_the_page_says_that_mails_can_be_stopped(desk: Client, done: Make) -> None:
    mutation = done()
    assert desk.get(url(mutation)).context["panel"].explanation

    OutgoingEmail.objects.filter(state=MailState.HELD).update(state=MailState.QUEUED)
    assert desk.get(url(mutation)).context["panel"].explanation == ""


def test_progress_is_shown_and_ends_with_the_whole_page(desk: Client, confirmed: Make) -> None:
    mutation = confirmed()
    page = text(desk.get(url(mutation)))
    assert f'hx-get="{url(mutation, "progress")}"' in page
    fragment = desk.get(url(mutation, "progress"))
    assert '<progress class="bar" max="5" value="0"' in text(fragment)
    assert "<html" not in text(fragment)

    running.run(mutation)

    assert desk.get(url(mutation, "progress"))["HX-Refresh"] == "true"
    assert "hx-get" not in text(desk.get(url(mutation)))


def test_stop(desk: Client, confirmed: Make) -> None:
    mutation = confirmed()

    answer = desk.post(url(mutation, "stop"), follow=True)

    mutation.refresh_from_db()
    assert mutation.state == "cancelled"
    assert "Carla" in answer.context["panel"].sentence
    assert {tile.kind for tile in answer.context["tiles"]} == {"", "not_reached"}
    assert desk.post(url(mutation, "stop")).status_code == 302  # twice is harmless
    assert not AccessBlock.objects.filter(act_id=mutation.public_id).exists()


def test_what_is_over_cannot_be_stopped(desk: Client, done: Make) -> None:
    assert desk.post(url(done(), "stop")).status_code == 409


def test_who_made_it_sees_for_whom_it_waits(desk: Client, nadia: User, waiting: CollectiveMutation) -> None:
    answer = desk.get(url(waiting))

    panel = answer.context["panel"]
    assert "Nadia" in panel.explanation
    assert not panel.can_approve
    assert panel.can_stop
    assert desk.post(url(waiting, "approve")).status_code == 409


def test_a_second_manager_sees_the_preview_and_approves(nadia: User, waiting: CollectiveMutation) -> None:
    second = cast.sign_in(nadia, "employer")
    answer = second.get(url(waiting))
    assert answer.context["panel"].can_approve
    assert {tile.kind: tile.count for tile in answer.context["tiles"]}["warning"] == "1"
    assert first_names(second.get(url(waiting) + "?kind=warning")) == ["Willem"]

    assert second.post(url(waiting, "approve"), follow=True).context["panel"].sentence
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approver) == ("running", nadia)


def test_approval_asks_the_password_that_was_given_long_ago(nadia: User, waiting: CollectiveMutation) -> None:
    second = cast.sign_in(nadia, "employer")
    session = second.session
    session["employer"] = {**session["employer"], "password_at": int(time.time()) - 16 * 60}
    session.save()

    for password in ({}, {"password": "wrong"}):
        answer = second.post(url(waiting, "approve"), password)
        assert answer.status_code == 422
        assert "password" in answer.context["approve_form"].errors
        waiting.refresh_from_db()
        assert waiting.state == "waiting"
    second.post(url(waiting, "approve"), {"password": cast.PASSWORD})
    waiting.refresh_from_db()
    assert waiting.state == "running"


def test_not_approved_with_a_reason(desk: Client, nadia: User, waiting: CollectiveMutation) -> None:
    second = cast.sign_in(nadia, "employer")
    assert second.post(url(waiting, "reject")).status_code == 422

    second.post(url(waiting, "reject"), {"reason": "too many at once"})

    waiting.refresh_from_db()
    assert waiting.state == "rejected"
    page = text(desk.get(url(waiting)))
    assert "too many at once" in page
    assert "Nadia" in page
    assert second.post(url(waiting, "approve")).status_code == 409


def test_nobody_approves_after_a_week(nadia: User, waiting: CollectiveMutation) -> None:
    CollectiveMutation.objects.update(approve_until=timezone.now())
    approval.end_unapproved()

    answer = cast.sign_in(nadia, "employer").get(url(waiting))

    assert answer.context["panel"].sentence
    assert not answer.context["panel"].can_approve


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_looks_and_changes_nothing(vera: User, done: Make, waiting: CollectiveMutation, act: str) -> None:
    browser = cast.sign_in(vera, "employer")
    panel = browser.get(url(waiting)).context["panel"]

    assert not any((panel.can_act, panel.can_approve, panel.can_stop, panel.can_undo))
    mutation = done("resend-username") if act == "undo" else waiting
    assert browser.post(url(mutation, act), {"reason": "no"}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_nobody_else_knows_of_it(done: Make, stranger: User, bakery: Employer, garage: Employer) -> None:
    """P20: neither a stranger nor the administrator of another employer, on any of its addresses."""
    mutation = done()
    neighbour = cast.make_administrator("gert", provider=garage.provider, employer=garage)
    for browser in (cast.sign_in(stranger, "employer"), cast.sign_in(neighbour, "employer")):
        for page in ("", "progress", "csv", "xlsx"):
            assert browser.get(url(mutation, page)).status_code == 404, page
        for act in ACTS:
            assert browser.post(url(mutation, act), {"reason": "x"}).status_code == 404, act
    elsewhere = reverse("employer_portal:mutation", args=[garage.public_id, mutation.public_id])
    assert cast.sign_in(neighbour, "employer").get(elsewhere).status_code == 404


def test_a_preview_has_no_result(desk: Client, nadia: User, staff: Staff, bakery: Employer, by_carla: Actor) -> None:
    """P20: of somebody else it does not even exist."""
    mutation = preview.prepare(act="invite", place=bakery, selection=selection.everyone([bakery]), by=by_carla)

    for browser in (desk, cast.sign_in(nadia, "employer")):
        assert {browser.get(url(mutation, page)).status_code for page in ("progress", "csv", "xlsx")} == {404}
        assert {browser.post(url(mutation, act), {"reason": "x"}).status_code for act in ACTS} == {404}
    assert desk.get(url(mutation).replace(str(mutation.public_id), str(uuid4()))).status_code == 404


def test_at_the_provider(desk: Client, staff: Staff, provider: Provider, bakery: Employer, by_carla: Actor) -> None:
    own = cast.make_administrator("gert", provider=provider, employer=bakery)
    mutation = preview.prepare(act="block-access", place=provider, selection=selection.everyone([bakery]), by=by_carla)
    confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))
    running.run(mutation)
    address = reverse("employer_portal:provider_mutation", args=[mutation.public_id])

    answer = desk.get(address)

    assert {row.employer for row in answer.context["rows"]} == {bakery.name}
    assert desk.get(f"{address}result.csv").status_code == 200
    assert cast.sign_in(own, "employer").get(address).status_code == 404


def test_the_page_of_a_person_leads_to_what_blocked_them(
    desk: Client, done: Make, staff: Staff, bakery: Employer
) -> None:
    mutation = done()

    def linked(person: Employee) -> bool:
        page = desk.get(reverse("employer_portal:employee", args=[bakery.public_id, person.public_id]))
        return f'href="{url(mutation)}"' in text(page)

    assert linked(staff["anna"])
    assert not linked(staff["eva"])  # blocked by herself, before
    assert not linked(staff["dirk"])


@pytest.mark.parametrize(
    ("selected", "processed", "since", "said"),
    [
        (5_000, 0, None, "It starts in a moment."),
        (300_000, 5_000, 0, "How long it takes shows in a moment."),
        (25_000, 15_000, 20, "Less than a minute left."),
        (1_000_000, 105_000, 100, "About 15 minutes left."),
        (105_000, 104_000, 99, "A few seconds left."),
    ],
)
@pytest.mark.django_db
def test_time_left_is_told_from_the_pace(selected: int, processed: int, since: int | None, said: str) -> None:
    now = timezone.now()
    mutation = CollectiveMutation(selected=selected, processed=processed)
    if since is not None:
        mutation.started_at, mutation.progressed_at = now - timedelta(seconds=since), now

    with translation.override("en"):
        assert result_words.time_left(mutation) == said
