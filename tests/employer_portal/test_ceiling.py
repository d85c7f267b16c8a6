"""Above how many people a second administrator approves: set by the provider, read by all."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CollectiveCeiling, Employer, HistoryEntry, Provider, User
from tests import cast


@pytest.fixture
def path(bakery: Employer) -> str:
    return reverse("employer_portal:employer_ceiling", args=[bakery.public_id])


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def ceiling() -> tuple[int | None, int | None] | None:
    return CollectiveCeiling.objects.values_list("number", "percent").first()


def test_set_changed_and_lifted(desk: Client, path: str) -> None:
    assert desk.post(path, {"number": "100", "percent": "10"}).status_code == 302
    assert ceiling() == (100, 10)
    desk.post(path, {"number": "", "percent": "25"})
    assert ceiling() == (None, 25)
    desk.post(path, {"number": "", "percent": ""})
    assert ceiling() is None
    assert HistoryEntry.objects.filter(act="ceiling_changed").count() == 3


def test_the_same_again_changes_nothing(desk: Client, path: str) -> None:
    for _ in range(2):
        desk.post(path, {"number": "100"})

    assert HistoryEntry.objects.filter(act="ceiling_changed").count() == 1


@pytest.mark.parametrize("wrong", [{"number": "-1"}, {"percent": "0"}, {"percent": "101"}, {"number": "many"}])
def test_nonsense_is_said_at_the_field_and_stays_there(desk: Client, path: str, wrong: dict[str, str]) -> None:
    answer = desk.post(path, wrong)

    assert answer.status_code == 422
    form = answer.context["ceiling"].form
    assert form.errors.keys() == wrong.keys()
    assert all(form[name].value() == value for name, value in wrong.items())
    assert ceiling() is None


def test_who_could_approve_alone_cannot_lift_it(
    vera: User, stranger: User, provider: Provider, bakery: Employer, desk: Client, path: str
) -> None:
    desk.post(path, {"number": "100"})
    own = cast.make_administrator("gert", provider=provider, employer=bakery)
    settings_page = reverse("employer_portal:employer_settings", args=[bakery.public_id])

    for user in (vera, own):
        browser = cast.sign_in(user, "employer")
        assert browser.post(path, {"number": ""}).status_code == 403
        panel = browser.get(settings_page).context["ceiling"]
        assert not panel.can_change
        assert "100" in panel.sentence
    assert cast.sign_in(stranger, "employer").post(path, {"number": ""}).status_code == 404
    assert ceiling() == (100, None)
    assert desk.get("/employer/provider/settings/").context["ceiling"] is None
