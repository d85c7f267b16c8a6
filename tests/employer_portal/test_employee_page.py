"""The page of one employee: exactly the acts that are possible now, each with its dialog."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccessBlock, Employee, HistoryEntry, Invitation, User
from emailtemplates.models import OutgoingEmail
from tests import cast


@pytest.fixture
def desk(carla: User) -> Client:
    """Carla's browser, in Dutch."""
    return cast.sign_in(carla, "employer")


def address(employee: Employee, act: str = "employee") -> str:
    return reverse(f"employer_portal:{act}", args=[employee.employer.public_id, employee.public_id])


def acts(desk: Client, employee: Employee) -> list[str]:
    return [act.key for act in desk.get(address(employee)).context["panel"].acts]


def test_the_page_offers_exactly_what_is_possible(
    desk: Client, anna: Employee, bob: Employee, dirk: Employee, eva: Employee, without_email: Employee
) -> None:
    assert acts(desk, anna) == ["resend_username", "block_access"]
    assert acts(desk, bob) == ["invite", "withdraw_invitation"]
    assert acts(desk, dirk) == ["invite"]
    assert acts(desk, eva) == ["unblock_access"]
    assert acts(desk, without_email) == ["block_access"]


def test_what_the_page_does_not_offer_is_refused_with_the_reason(
    desk: Client, anna: Employee, bob: Employee, dirk: Employee, eva: Employee
) -> None:
    impossible = [
        (anna, "invite"), (dirk, "block_access"), (bob, "block_access"), (dirk, "unblock_access"),
        (dirk, "resend_username"), (bob, "resend_username"), (eva, "resend_username"), (eva, "invite"),
    ]  # fmt: skip
    for employee, act in impossible:
        answer = desk.post(address(employee, act), {"reason": "left"})

        assert answer.status_code == 409, (employee.name, act)
        assert answer.context["refusal"]
        assert answer.context["refusal"] in answer.content.decode()
    assert not HistoryEntry.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_block_and_unblock_through_the_page(desk: Client, anna: Employee) -> None:
    answer = desk.post(address(anna, "block_access"), {"reason": "left", "shown_reason": "You left."}, follow=True)

    assert [str(message) for message in answer.context["messages"]]
    assert answer.context["panel"].state == "blocked"
    assert "left" in answer.content.decode()
    assert desk.post(address(anna, "unblock_access"), follow=True).context["panel"].state == "active"


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "reason"), ({"reason": " "}, "reason"), ({"reason": "x" * 501}, "reason"), ({"reason": "a\x00b"}, "reason"), ({"reason": "a\u202eb"}, "reason"),
     ({"reason": "left", "shown_reason": "a\u200bb"}, "shown_reason"),
     ({"reason": "left", "shown_reason": "x" * 501}, "shown_reason")],
)  # fmt: skip
def test_a_dialog_says_what_to_mend_and_keeps_what_was_typed(
    desk: Client, anna: Employee, typed: dict[str, str], field: str
) -> None:
    answer = desk.post(address(anna, "block_access"), {**typed, "do_not_mail": "on"})

    assert answer.status_code == 422
    form = answer.context["block_form"]
    assert list(form.errors) == [field]
    assert form["reason"].value() == typed.get("reason")
    assert answer.context["open_dialog"] == "block_access"
    assert not AccessBlock.objects.exists()


def test_unknown_fields_change_nothing(desk: Client, anna: Employee, garage: object) -> None:
    extra = {
        "employee": "1",
        "employer": "2",
        "blocked_by": "3",
        "lifted_at": "2030-01-01",
        "act_id": "x",
        "to": "a@b.c",
    }
    desk.post(address(anna, "block_access"), {"reason": "left", **extra})

    block = AccessBlock.objects.get()
    assert (block.employee, block.lifted_at, block.blocked_by_name) == (anna, None, "Carla")
    assert OutgoingEmail.objects.get().to_address == anna.email


def test_a_viewer_sees_no_acts_and_may_do_none(vera: User, anna: Employee) -> None:
    browser = cast.sign_in(vera, "employer")

    assert acts(browser, anna) == []
    for act in ("block_access", "unblock_access", "resend_username", "invite", "withdraw_invitation"):
        answer = browser.post(address(anna, act), {"reason": "left"})
        assert answer.status_code == 403, act
    assert not HistoryEntry.objects.exists()


def test_invite_and_withdraw_through_the_page(desk: Client, dirk: Employee) -> None:
    assert desk.post(address(dirk, "invite"), follow=True).context["panel"].state == "invited"
    assert desk.post(address(dirk, "withdraw_invitation"), follow=True).context["panel"].state == "withdrawn"
    assert acts(desk, dirk) == ["invite"]
    assert Invitation.objects.open().count() == 0


def test_the_history_shows_who_did_what(desk: Client, anna: Employee) -> None:
    desk.post(address(anna, "block_access"), {"reason": "left the firm", "do_not_mail": "on"})

    answer = desk.get(address(anna), {"tab": "history"})

    page = answer.content.decode()
    assert "Carla" in page
    assert "left the firm" in page
    assert [entry.act for entry in answer.context["history"]] == ["access_blocked"]


def test_names_are_text_and_nothing_else(desk: Client, bakery: object) -> None:
    nasty = cast.make_employee(bakery, "66", "<b>x</b>", '"><script>alert(1)</script>')  # type: ignore[arg-type]

    for page in (desk.get(address(nasty)), desk.get(address(nasty, "block_access_preview"))):
        body = page.content.decode()
        assert "<script>alert" not in body
        assert "<b>x</b>" not in body


def test_the_preview_of_the_mail_cannot_run_anything(desk: Client, anna: Employee) -> None:
    answer = desk.get(address(anna, "block_access_preview"))

    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert anna.employer.name in answer.content.decode()


def test_the_page_takes_few_queries(
    desk: Client, anna: Employee, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        desk.get(address(anna))


def test_do_not_mail_works_for_unblock_too(desk: Client, eva: Employee) -> None:
    assert desk.post(address(eva, "unblock_access"), {"do_not_mail": "on"}).status_code == 302
    assert not OutgoingEmail.objects.filter(state="queued").exists()
