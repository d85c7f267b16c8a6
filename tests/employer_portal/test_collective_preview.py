"""The preview of a collective mutation and its confirmation: what is shown, what is asked, and whose it is."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.collective import preview, running, selection
from accounts.models import CollectiveMutation, Department, Employee, Employer, HistoryEntry, Provider, Role, User
from emailtemplates.models import OutgoingEmail
from employer_portal.collective_links import mutation_url
from tests import cast
from tests.journeys.crowd import with_access

Previewed = Callable[..., CollectiveMutation]


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


@pytest.fixture
def staff(anna: Employee, bob: Employee, dirk: Employee, eva: Employee, without_email: Employee) -> dict[str, Employee]:
    """Active, invited, without access, blocked, and active without an address."""
    return {"anna": anna, "bob": bob, "dirk": dirk, "eva": eva, "willem": without_email}


@pytest.fixture
def previewed(bakery: Employer, by_carla: Actor) -> Previewed:
    """The preview, made by Carla, of an act on everybody of the bakery."""

    def freeze(act: str = "block-access", by: Actor = by_carla) -> CollectiveMutation:
        return preview.prepare(act=act, place=bakery, selection=selection.everyone([bakery]), by=by)

    return freeze


def look(browser: Client, mutation: CollectiveMutation, **asked: str) -> Any:
    return browser.get(mutation_url("mutation", mutation), asked)


def confirm(browser: Client, mutation: CollectiveMutation, **said: str) -> Any:
    return browser.post(mutation_url("mutation_run", mutation), {"reason": "closed", **said})


def forget_password(browser: Client) -> None:
    """As if sixteen minutes had passed since it was given."""
    session = browser.session
    session["employer"] = {**session["employer"], "password_at": int(time.time()) - 16 * 60}
    session.save()


def state(mutation: CollectiveMutation) -> str:
    mutation.refresh_from_db()
    return mutation.state


def test_tiles_add_up_and_filter_the_list(desk: Client, staff: dict[str, Employee], previewed: Previewed) -> None:
    mutation = previewed()

    page = look(desk, mutation)

    everybody, *kinds = page.context["tiles"]
    assert everybody.count == "5"
    assert sum(int(tile.count) for tile in kinds) == 5
    names = {tile.kind: [row.name for row in look(desk, mutation, kind=tile.kind).context["rows"]] for tile in kinds}
    assert names == {
        "change": ["Vries, Anna de"], "warning": ["Post, Willem"], "withdraw": ["Jansen, Bob"],
        "nothing": ["Bakker, Dirk", "Smit, Eva"], "stopped": [],
    }  # fmt: skip
    assert {tile.kind: int(tile.count) for tile in kinds} == {kind: len(rows) for kind, rows in names.items()}


def test_verdict_and_warning_in_words_with_a_link_to_the_person(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    rows = {row.name: row for row in look(desk, previewed()).context["rows"]}

    assert rows["Post, Willem"].reason
    assert rows["Smit, Eva"].reason
    assert rows["Vries, Anna de"].reason == ""
    assert rows["Smit, Eva"].reason != rows["Bakker, Dirk"].reason
    assert rows["Vries, Anna de"].url.endswith(f"/employees/{staff['anna'].public_id}/")


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"q": "smit"}, 1), ({"q": "SMIT eva"}, 1), ({"q": "nobody"}, 0), ({"q": "smit", "kind": "change"}, 0),
     ({"kind": "nonsense"}, 5), ({"page": "x"}, 5), ({"q": "a\x00b"}, 5), ({"sort": "-account__password"}, 5), ({"q": "%' OR 1=1"}, 0)],
)  # fmt: skip
def test_searching_the_list(
    desk: Client, staff: dict[str, Employee], previewed: Previewed, asked: dict[str, str], found: int
) -> None:
    answer = look(desk, previewed(), **asked)

    assert answer.status_code == 200
    assert len(answer.context["rows"]) == found


def test_the_sample_is_the_mail_of_the_first_who_changes_in_their_language(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    Employee.objects.filter(pk=staff["anna"].pk).update(language="en")
    mutation = previewed()

    page, frame = look(desk, mutation), desk.get(mutation_url("mutation_sample", mutation))

    assert page.context["sample_for"] == staff["anna"]
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "Anna" in frame.content.decode()
    assert 'lang="en"' in frame.content.decode()
    assert not OutgoingEmail.objects.exists()


def test_the_sample_of_an_invitation_has_no_link_in_it(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    frame = desk.get(mutation_url("mutation_sample", previewed("invite"))).content.decode()

    assert "[link]" in frame
    assert "/activate/" not in frame
    assert 'href="[link]"' not in frame


def test_where_no_mail_goes_there_is_no_sample(desk: Client, staff: dict[str, Employee], previewed: Previewed) -> None:
    """The mail about an unblock is off; of those who are to be invited nobody has an address."""
    mutation = previewed("unblock-access")

    assert look(desk, mutation).context["sample_for"] is None
    assert desk.get(mutation_url("mutation_sample", mutation)).status_code == 404


def test_confirming_has_it_run_with_what_was_said(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed()
    assert "3" in look(desk, mutation).context["button"]

    answer = confirm(desk, mutation, shown_reason="We close.", do_not_mail="on")

    assert answer.status_code == 302
    assert answer["Location"] == mutation_url("mutation", mutation)
    assert state(mutation) == "running"
    assert (mutation.reason, mutation.shown_reason, mutation.do_not_mail) == ("closed", "We close.", True)


def test_confirming_twice_does_it_once(desk: Client, staff: dict[str, Employee], previewed: Previewed) -> None:
    mutation = previewed()
    confirm(desk, mutation)
    running.run(mutation)
    mails = OutgoingEmail.objects.count()

    again = confirm(desk, mutation, reason="another")

    assert again.status_code == 302
    assert state(mutation) == "done"
    assert mutation.reason == "closed"
    assert OutgoingEmail.objects.count() == mails
    assert HistoryEntry.objects.filter(act="collective_confirmed").count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [({"reason": ""}, "reason"), ({"reason": "a\u202eb"}, "reason"), ({"shown_reason": "x" * 501}, "shown_reason")],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    desk: Client, staff: dict[str, Employee], previewed: Previewed, said: dict[str, str], field: str
) -> None:
    mutation = previewed()

    answer = confirm(desk, mutation, **{"shown_reason": "We close.", "do_not_mail": "on", **said})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"]["shown_reason"].value() == said.get("shown_reason", "We close.")
    assert "checked" in answer.content.decode()
    assert len(answer.context["rows"]) == 5
    assert state(mutation) == "preview"


@pytest.mark.parametrize(
    ("act", "fields"),
    [("block-access", ["reason", "shown_reason", "do_not_mail"]), ("unblock-access", ["reason", "do_not_mail"]),
     ("resend-username", ["reason", "do_not_mail"]), ("invite", ["reason", "do_not_mail"])],
)  # fmt: skip
def test_only_what_is_needed_is_asked(
    desk: Client, staff: dict[str, Employee], previewed: Previewed, act: str, fields: list[str]
) -> None:
    form = look(desk, previewed(act)).context["form"]

    assert list(form.fields) == fields
    assert form.fields["reason"].required == act.endswith("block-access")


def test_above_a_hundred_the_number_is_typed(desk: Client, bakery: Employer, previewed: Previewed) -> None:
    with_access(bakery, 101)
    mutation = previewed()

    for wrong in ({}, {"number": "100"}, {"number": "many"}, {"number": "1e2"}):
        answer = confirm(desk, mutation, **wrong)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["number"]
        assert "101" in answer.context["form"].errors["number"][0]
    assert state(mutation) == "preview"

    assert confirm(desk, mutation, number="101").status_code == 302
    assert state(mutation) == "running"


def test_a_password_of_long_ago_is_asked_again(desk: Client, staff: dict[str, Employee], previewed: Previewed) -> None:
    mutation = previewed()
    assert "password" not in look(desk, mutation).context["form"].fields
    forget_password(desk)
    assert "password" in look(desk, mutation).context["form"].fields

    for wrong in ({}, {"password": "not-this-one"}):
        answer = confirm(desk, mutation, **wrong)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["password"]
        assert b"not-this-one" not in answer.content
    assert state(mutation) == "preview"

    assert confirm(desk, mutation, password=cast.PASSWORD).status_code == 302
    assert state(mutation) == "running"


def test_a_preview_that_is_over_is_refused_and_a_new_one_offered(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed()
    CollectiveMutation.objects.filter(pk=mutation.pk).update(valid_until=timezone.now() - timedelta(seconds=1))

    page, answer = look(desk, mutation), confirm(desk, mutation)

    assert page.context["why_not"]
    assert f'href="{page.context["again"]}"' in page.content.decode()
    assert "<textarea" not in page.content.decode()
    assert answer.status_code == 422
    assert answer.context["refusal"]
    assert state(mutation) == "preview"


def test_when_nobody_changes_there_is_nothing_to_confirm(desk: Client, eva: Employee, previewed: Previewed) -> None:
    mutation = previewed()

    assert look(desk, mutation).context["why_not"]
    assert confirm(desk, mutation).status_code == 422
    assert state(mutation) == "preview"


def test_a_preview_is_for_its_maker_alone(
    staff: dict[str, Employee], bakery: Employer, provider: Provider, stranger: User, vera: User, previewed: Previewed
) -> None:
    """Another manager of the employer, one of the provider, a viewer, and a stranger: it does not exist."""
    mutation = previewed()
    others = [
        cast.make_administrator("gert", provider=provider, employer=bakery),
        cast.make_administrator("petra", provider=provider),
        vera,
        stranger,
    ]

    for other in others:
        browser = cast.sign_in(other, "employer")
        assert look(browser, mutation).status_code == 404
        assert browser.get(mutation_url("mutation_sample", mutation)).status_code == 404
        assert confirm(browser, mutation).status_code == 404
    assert state(mutation) == "preview"


def test_its_address_is_that_of_its_own_place(
    desk: Client, garage: Employer, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed()

    for place in (f"/employer/{garage.public_id}/collective/", "/employer/provider/collective/"):
        assert desk.get(f"{place}{mutation.public_id}/").status_code == 404
        assert desk.post(f"{place}{mutation.public_id}/run/", {"reason": "closed"}).status_code == 404
    assert state(mutation) == "preview"


def test_who_lost_the_right_is_refused(
    desk: Client, carla: User, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed()
    carla.administrators.update(role=Role.VIEWER)

    assert look(desk, mutation).status_code == 200
    assert confirm(desk, mutation).status_code == 403
    assert state(mutation) == "preview"


def test_what_the_form_does_not_have_is_not_taken(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed("resend-username")

    confirm(desk, mutation, shown_reason="x", state="done", selected="0", act="block-access", maker="", is_staff="1")

    assert state(mutation) == "running"
    assert (mutation.act, mutation.shown_reason, mutation.selected) == ("resend-username", "", 5)


def test_while_it_is_being_selected_the_page_looks_again_by_itself(
    desk: Client, bakery: Employer, staff: dict[str, Employee], carla: User
) -> None:
    mutation = CollectiveMutation.objects.create(
        act="block-access", provider=bakery.provider, employer=bakery, maker=carla, maker_name="Carla",
        selection=selection.everyone([bakery]).as_json(),
    )  # fmt: skip

    page = look(desk, mutation).content.decode()

    assert "<progress" in page
    assert f'hx-get="{mutation_url("mutation", mutation)}"' in page
    assert 'http-equiv="refresh"' in page
    assert confirm(desk, mutation).status_code == 422

    running.run_due()

    ready = look(desk, mutation)
    assert "hx-get" not in ready.content.decode()
    assert len(ready.context["rows"]) == 5


def test_an_undo_is_previewed_and_confirmed_like_any_other(
    desk: Client, staff: dict[str, Employee], previewed: Previewed, by_carla: Actor
) -> None:
    mutation = previewed()
    confirm(desk, mutation)
    running.run(mutation)
    undo = preview.prepare_undo(mutation=mutation, by=by_carla)
    forget_password(desk)

    page = look(desk, undo)
    assert list(page.context["form"].fields) == ["reason", "do_not_mail", "password"]
    assert confirm(desk, undo).status_code == 422
    assert confirm(desk, undo, password=cast.PASSWORD).status_code == 302

    running.run(undo)
    assert list(Employee.objects.blocked()) == [staff["eva"]]


def test_a_session_that_ended_makes_the_whole_page_look_again(
    desk: Client, staff: dict[str, Employee], previewed: Previewed
) -> None:
    mutation = previewed()
    desk.logout()

    answer = desk.get(mutation_url("mutation", mutation), headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer["HX-Refresh"] == "true"
    assert look(desk, mutation).status_code == 302


def test_the_provider_sees_of_which_employer_each_is(
    desk: Client, provider: Provider, bakery: Employer, garage: Employer, anna: Employee, by_carla: Actor, department: Department
) -> None:  # fmt: skip
    cast.make_employee(garage, "1", "Gerda", "Vos", account=cast.make_account("gerda"))
    mutation = preview.prepare(
        act="block-access", place=provider, selection=selection.everyone([bakery, garage]), by=by_carla
    )

    rows = look(desk, mutation).context["rows"]

    assert [(row.name, row.employer) for row in rows] == [("Vos, Gerda", garage.name), ("Vries, Anna de", bakery.name)]
    assert confirm(desk, mutation).status_code == 302
    assert state(mutation) == "running"
