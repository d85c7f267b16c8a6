"""Which optional messages are on, at provider and employer."""

from django.test import Client
from django.urls import reverse

from accounts.models import Employee, HistoryEntry, User
from emailtemplates.models import MessageSwitch
from emailtemplates.switches import is_on
from tests import cast


def switched(employee: Employee) -> bool:
    employer = employee.employer
    return is_on("access_unblocked", provider_id=employer.provider_id, employer_id=employer.pk)


def test_on_for_the_provider_off_for_one_employer_and_back(carla: User, anna: Employee) -> None:
    desk = cast.sign_in(carla, "employer")
    of_employer = reverse("employer_portal:employer_settings", args=[anna.employer.public_id])
    assert not switched(anna)

    assert desk.post("/employer/provider/settings/", {"access_unblocked": "on"}).status_code == 302
    assert switched(anna)
    desk.post(of_employer, {"access_unblocked": "off"})
    assert not switched(anna)
    desk.post(of_employer, {"access_unblocked": ""})
    assert switched(anna)
    assert HistoryEntry.objects.filter(act="message_switched").count() == 3


def test_saving_the_same_again_changes_nothing(carla: User, anna: Employee) -> None:
    desk = cast.sign_in(carla, "employer")
    for _ in range(2):
        desk.post("/employer/provider/settings/", {"access_unblocked": "on"})

    assert HistoryEntry.objects.filter(act="message_switched").count() == 1


def test_what_is_not_sent_stays_as_it_is(carla: User, anna: Employee) -> None:
    desk = cast.sign_in(carla, "employer")
    desk.post("/employer/provider/settings/", {"access_unblocked": "on"})

    desk.post("/employer/provider/settings/", {})

    assert switched(anna)


def test_a_viewer_changes_nothing_and_nonsense_is_said_at_the_field(vera: User, carla: User, anna: Employee) -> None:
    viewer, desk = cast.sign_in(vera, "employer"), cast.sign_in(carla, "employer")

    assert viewer.post("/employer/provider/settings/", {"access_unblocked": "on"}).status_code == 403
    answer = desk.post("/employer/provider/settings/", {"access_unblocked": "perhaps"})

    assert answer.status_code == 422
    assert "access_unblocked" in answer.context["form"].errors
    assert not MessageSwitch.objects.exists()


def test_the_provider_is_not_within_reach_of_an_employers_administrator(anna: Employee) -> None:
    own = cast.make_administrator("gert", provider=anna.employer.provider, employer=anna.employer)

    browser: Client = cast.sign_in(own, "employer")

    assert browser.get("/employer/provider/settings/").status_code == 404
