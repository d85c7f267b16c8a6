"""Every door of the house, walked by everybody: a new address without a rule fails here."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import CollectiveMutation, Employee, Employer, SelectedEmployee, User
from emailtemplates.models import MailState
from tests import cast

# Open to everybody, by name. Whatever else there is asks who one is.
OPEN = {
    "which_portal", "health_live", "health_ready", "email_events",
    "employee_portal:sign_in", "employee_portal:sign_out", "employee_portal:forgotten_password",
    "employee_portal:set_password", "employee_portal:activate",
    "employer_portal:sign_in", "employer_portal:sign_out", "employer_portal:forgotten_password",
    "employer_portal:set_password", "employer_portal:activate",
}  # fmt: skip
# Of an administrator's own account or own reach: what they show differs per person, and nothing in them is addressed.
OWN = {"home", "account", "change_username", "change_password"}
# Of the provider, which is not addressed either: an administrator has one. A viewer of it changes nothing there.
OF_PROVIDER = {
    "provider_collective", "provider_collective_act", "provider_email_texts", "provider_email_text", "provider_email_text_preview", "provider_email_text_restore", "provider_emails", "provider_settings", "provider_sender", "provider_sender_code", "provider_sender_confirm", "provider_sender_check",
}  # fmt: skip


# Of what is done over several employers; what is done at one has the id of Anna.
AT_PROVIDER = UUID("00000000-0000-4000-8000-000000000001")


def doors(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = "", space: str = ""
) -> Iterator[tuple[str, str]]:
    """Every (name, address) with its parts still named, such as "/employer/<uuid:employer_id>/employees/"."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from doors(pattern.url_patterns, address, pattern.namespace or space)
        else:
            yield (f"{space}:{pattern.name}" if space else str(pattern.name)), "/" + address


def with_ids(address: str, employer: object, employee: object) -> str:
    return (
        address.replace("<uuid:employer_id>", str(employer))
        .replace("<uuid:employee_id>", str(employee))
        .replace("<uuid:email_id>", str(employee))
        .replace("provider/collective/<uuid:mutation_id>", f"provider/collective/{AT_PROVIDER}")
        .replace("<uuid:mutation_id>", str(employee))
        .replace("<slug:act>", "block-access")
        .replace("<slug:message>/<slug:language>", "access_blocked/nl")
        .replace("<slug:message>", "access_blocked")
        .replace("<str:token>", "0" * 96)
    )


CLOSED = [(name, address) for name, address in doors() if name not in OPEN]
EMPLOYER_ADDRESSED = [(name, address) for name, address in CLOSED if "<uuid:" in address]


@pytest.fixture(autouse=True)
def _mail_of_anna(anna: Employee) -> None:
    """With her own id, so that one id addresses both."""
    cast.make_mail(anna, "username", state=MailState.BOUNCED, pk=anna.public_id)


@pytest.fixture(autouse=True)
def _mutations_of_anna(anna: Employee) -> None:
    """One at the bakery, with her own id too, and one at the provider."""
    employer, now = anna.employer, timezone.now()
    for where in ({"public_id": anna.public_id, "employer": employer}, {"public_id": AT_PROVIDER}):
        mutation = CollectiveMutation.objects.create(
            act="block-access", provider=employer.provider, maker_name="Carla", state="done", selected=1,
            selection={"how": "all", "employers": [employer.pk], "filters": {}, "named": 0}, confirmed_at=now, finished_at=now,
            **where,
        )  # fmt: skip
        SelectedEmployee.objects.create(mutation=mutation, employee=anna, employer=employer, verdict="change")


def test_the_list_is_not_empty() -> None:
    assert len(CLOSED) > 12
    assert {name for name, _ in doors()} >= OPEN


@pytest.mark.parametrize(("name", "address"), CLOSED)
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "patch"])
def test_a_closed_door_asks_who_one_is(anna: Employee, name: str, address: str, method: str) -> None:
    answer = getattr(Client(), method)(with_ids(address, anna.employer.public_id, anna.public_id))

    assert answer.status_code == 302, name
    assert "/sign-in/" in answer["Location"]


@pytest.mark.parametrize(("name", "address"), CLOSED)
def test_an_employee_does_not_get_into_the_employer_portal_nor_the_other_way(
    anna: Employee, carla: User, name: str, address: str
) -> None:
    employee, administrator = cast.sign_in(_account(anna), "employee"), cast.sign_in(carla, "employer")
    intruder = employee if name.startswith("employer_portal:") else administrator
    path = with_ids(address, anna.employer.public_id, anna.public_id)

    for answer in (intruder.get(path), intruder.post(path)):
        assert answer.status_code == 302, name
        assert "/sign-in/" in answer["Location"]


@pytest.mark.parametrize(("name", "address"), EMPLOYER_ADDRESSED)
def test_a_stranger_gets_404_just_as_for_what_does_not_exist(
    anna: Employee, stranger: User, other_employer: Employer, name: str, address: str
) -> None:
    browser = cast.sign_in(stranger, "employer")
    foreign = with_ids(address, anna.employer.public_id, anna.public_id)
    missing = with_ids(address, uuid4(), uuid4())
    mixed = with_ids(address, other_employer.public_id, anna.public_id)

    for method in ("get", "post"):
        answers = [getattr(browser, method)(path) for path in (foreign, missing)]
        # A page takes no POST and an act no GET, from anybody; that says nothing about who there is.
        allowed = {405} if answers[0].status_code == 405 else {404}
        assert {answer.status_code for answer in answers} == allowed, name
        bodies = [
            answer.content.replace(path.encode(), b"PATH")
            for answer, path in zip(answers, (foreign, missing), strict=True)
        ]
        assert bodies[0] == bodies[1], name
        if "employee_id" in address:
            assert getattr(browser, method)(mixed).status_code in allowed, name


@pytest.mark.parametrize(("name", "address"), EMPLOYER_ADDRESSED)
def test_an_administrator_of_one_employer_does_not_reach_the_next(
    anna: Employee, garage: Employer, name: str, address: str
) -> None:
    browser = cast.sign_in(cast.make_administrator("gert", provider=garage.provider, employer=garage), "employer")
    path = with_ids(address, anna.employer.public_id, anna.public_id)

    statuses = {browser.post(path).status_code, browser.get(path).status_code}

    assert 404 in statuses, name
    assert statuses <= {404, 405}, name


@pytest.mark.parametrize(("name", "address"), [door for door in CLOSED if door[0].startswith("employer_portal:")])
def test_a_viewer_may_look_and_changes_nothing(anna: Employee, vera: User, name: str, address: str) -> None:
    browser = cast.sign_in(vera, "employer")
    path = with_ids(address, anna.employer.public_id, anna.public_id)
    own_account = name.rpartition(":")[2] in OWN

    answer = browser.post(path, {"reason": "left", "access_unblocked": "on"})

    assert answer.status_code in ({405, 422} if own_account else {403, 405, 409}), name
    assert browser.get(path).status_code in (200, 405), name


def test_every_closed_door_is_addressed_or_ones_own() -> None:
    addressed = {name for name, _ in EMPLOYER_ADDRESSED}
    rest = {name.rpartition(":")[2] for name, _ in CLOSED if name not in addressed}
    assert rest == OWN | OF_PROVIDER


def _account(employee: Employee) -> User:
    assert employee.account is not None
    return employee.account
