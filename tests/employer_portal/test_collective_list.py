"""The list of collective mutations: what there was, what is under way, what waits for whom, and what one can begin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, running, selection
from accounts.models import CollectiveMutation, Employee, Employer, Provider, User
from tests import cast

Prepare = Callable[..., CollectiveMutation]


@pytest.fixture
def nadia(provider: Provider) -> User:
    """A second manager at the provider."""
    return cast.make_administrator("nadia", provider=provider)


@pytest.fixture
def prepare(anna: Employee, dirk: Employee, bakery: Employer, by_carla: Actor) -> Prepare:
    """Freezes everybody of the bakery for an act."""

    def make(act: str, place: Employer | Provider = bakery, by: Actor = by_carla) -> CollectiveMutation:
        return preview.prepare(act=act, place=place, selection=selection.everyone([bakery]), by=by)

    return make


@pytest.fixture
def confirmed(prepare: Prepare, by_carla: Actor) -> Prepare:
    """The same, and confirmed."""

    def make(act: str, **where: Any) -> CollectiveMutation:
        mutation = prepare(act, **where)
        confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))
        mutation.refresh_from_db()
        return mutation

    return make


@pytest.fixture
def path(bakery: Employer) -> str:
    return reverse("employer_portal:collective", args=[bakery.public_id])


def shown(answer: Any) -> list[tuple[str, str]]:
    """Act and state of each row, in their order."""
    return [(row.mutation.act, row.mutation.state) for row in answer.context["rows"]]


def test_what_ran_and_what_runs_newest_first(carla: User, confirmed: Prepare, prepare: Prepare, path: str) -> None:
    running.run(confirmed("block-access"))
    confirmed("unblock-access")
    prepare("invite")

    answer = cast.sign_in(carla, "employer").get(path)

    assert shown(answer) == [("invite", "preview"), ("unblock-access", "running"), ("block-access", "done")]
    invite, unblock, block = answer.context["rows"]
    assert (block.selected, block.changed) == ("2", "1")
    assert (invite.changed, unblock.changed) == ("", "0")
    assert answer.content.decode().count("<progress") == 1


def test_previews_are_for_their_maker_and_not_for_ever(carla: User, nadia: User, prepare: Prepare, path: str) -> None:
    mutation = prepare("block-access")
    desk = cast.sign_in(carla, "employer")
    assert shown(cast.sign_in(nadia, "employer").get(path)) == []
    assert shown(desk.get(path)) == [("block-access", "preview")]

    CollectiveMutation.objects.filter(pk=mutation.pk).update(valid_until=timezone.now() - timedelta(minutes=1))

    assert shown(desk.get(path)) == []


def test_what_waits_for_approval_stands_on_top_for_who_can_give_it(
    carla: User, nadia: User, vera: User, bakery: Employer, by_carla: Actor, confirmed: Prepare, path: str
) -> None:
    approval.set_ceiling(employer=bakery, number=0, percent=None, by=by_carla)
    mutation = confirmed("block-access")
    second = cast.sign_in(nadia, "employer")

    (row,) = second.get(path).context["for_you"]

    assert row.mutation == mutation
    for other in (carla, vera):
        answer = cast.sign_in(other, "employer").get(path)
        assert answer.context["for_you"] == []
        assert shown(answer) == [("block-access", "waiting")]
    CollectiveMutation.objects.update(approve_until=timezone.now() - timedelta(minutes=1))
    assert second.get(path).context["for_you"] == []


def test_a_manager_can_begin_each_act_and_a_viewer_none(carla: User, vera: User, bakery: Employer, path: str) -> None:
    offers = cast.sign_in(carla, "employer").get(path).context["offers"]

    assert [offer.url.removeprefix(path) for offer in offers] == ["block-access/", "unblock-access/", "resend-username/", "invite/"]  # fmt: skip
    assert all(offer.does for offer in offers)
    looking = cast.sign_in(vera, "employer").get(path)
    assert looking.context["offers"] == []
    assert looking.status_code == 200


def test_each_place_has_its_own(
    carla: User, stranger: User, provider: Provider, garage: Employer, confirmed: Prepare, path: str
) -> None:
    confirmed("block-access", place=provider)
    confirmed("invite")
    desk = cast.sign_in(carla, "employer")

    assert shown(desk.get(path)) == [("invite", "running")]
    assert shown(desk.get("/employer/provider/collective/")) == [("block-access", "running")]
    assert shown(desk.get(reverse("employer_portal:collective", args=[garage.public_id]))) == []
    assert cast.sign_in(stranger, "employer").get(path).status_code == 404


def test_a_longer_list_takes_no_more_queries(carla: User, confirmed: Prepare, path: str) -> None:
    desk = cast.sign_in(carla, "employer")
    running.run(confirmed("invite"))
    of_one = _queries_of(desk, path)

    for act in ("block-access", "unblock-access", "resend-username"):
        running.run(confirmed(act))

    assert _queries_of(desk, path) == of_one


def _queries_of(desk: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(path).status_code == 200
    return len(queries)
