"""Employers in reach, and their employees: search, filters, pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Employee, Employer, User
from accounts.people import search_key
from tests import cast


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


def found(desk: Client, employer: Employer, **filters: str) -> list[str]:
    answer = desk.get(reverse("employer_portal:employees", args=[employer.public_id]), filters)
    assert answer.status_code == 200
    return [employee.first_name for employee in answer.context["page"]]


def test_one_sees_the_employers_in_reach_and_no_others(
    desk: Client, bakery: Employer, garage: Employer, other_employer: Employer
) -> None:
    answer = desk.get("/employer/")

    assert [employer.name for employer in answer.context["page"]] == [bakery.name, garage.name]
    assert other_employer.name not in answer.content.decode()
    assert [employer.name for employer in desk.get("/employer/", {"q": "gar"}).context["page"]] == [garage.name]
    assert [employer.name for employer in desk.get("/employer/", {"q": "1001"}).context["page"]] == [bakery.name]


def test_an_administrator_of_one_employer_sees_that_one(bakery: Employer, garage: Employer) -> None:
    own = cast.make_administrator("gert", provider=garage.provider, employer=garage)

    answer = cast.sign_in(own, "employer").get("/employer/")

    assert [employer.name for employer in answer.context["page"]] == [garage.name]


def test_search_and_filters(
    desk: Client, bakery: Employer, anna: Employee, bob: Employee, dirk: Employee, eva: Employee
) -> None:
    Employee.objects.filter(pk=eva.pk).update(out_of_service_on=timezone.localdate() - timedelta(days=1))
    for employee in Employee.objects.all():
        Employee.objects.filter(pk=employee.pk).update(search_key=search_key(employee))

    assert found(desk, bakery) == ["Dirk", "Bob", "Eva", "Anna"]
    assert found(desk, bakery, q="vries") == ["Anna"]
    assert found(desk, bakery, q="DE ANNA") == ["Anna"]
    assert found(desk, bakery, q="bob@example") == ["Bob"]
    assert found(desk, bakery, q="nobody") == []
    assert found(desk, bakery, state="active") == ["Anna"]
    assert found(desk, bakery, state="invited") == ["Bob"]
    assert found(desk, bakery, state="none") == ["Dirk"]
    assert found(desk, bakery, state="blocked") == ["Eva"]
    assert found(desk, bakery, department="Winkel") == ["Anna"]
    assert found(desk, bakery, service="out") == ["Eva"]
    assert found(desk, bakery, service="in", q="vries") == ["Anna"]


@pytest.mark.parametrize(
    "filters",
    [{"q": "a\x00b"}, {"q": "x" * 5000}, {"q": "%' OR 1=1 --"}, {"state": "nonsense"}, {"page": "-1"}, {"page": "x"},
     {"page": "999999999999999999999"}, {"department": "<script>"}, {"service": "'"}, {"sort": "-account__password"}],
)  # fmt: skip
def test_no_filter_is_an_error(desk: Client, anna: Employee, filters: dict[str, str]) -> None:
    answer = desk.get(reverse("employer_portal:employees", args=[anna.employer.public_id]), filters)

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_fifty_on_a_page_and_few_queries(
    desk: Client, bakery: Employer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        cast.make_employee(bakery, str(number), f"Name{number:02}", "Smit")
    address = reverse("employer_portal:employees", args=[bakery.public_id])

    with django_assert_num_queries(7):  # session, gate, employer, departments, count, page, mails to look at
        first = desk.get(address)

    assert len(first.context["page"]) == 50
    assert found(desk, bakery, page="2") == [f"Name{number}" for number in range(50, 60)]
