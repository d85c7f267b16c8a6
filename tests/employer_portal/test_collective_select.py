"""Choosing whom a collective mutation is for: each way, what is refused, and who may."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CollectiveMutation, Employee, Employer, Provider, User
from tests import cast


@pytest.fixture
def desk(carla: User) -> Client:
    return cast.sign_in(carla, "employer")


@pytest.fixture
def staff(anna: Employee, bob: Employee, dirk: Employee, eva: Employee) -> list[Employee]:
    """Active, invited, without access, and blocked."""
    return [anna, bob, dirk, eva]


def address(employer: Employer | None, act: str = "block-access") -> str:
    if employer is None:
        return reverse("employer_portal:provider_collective_act", args=[act])
    return reverse("employer_portal:collective_act", args=[employer.public_id, act])


def choose(browser: Client, at: Employer | None, /, **sent: Any) -> Any:
    return browser.post(address(at), sent)


def chosen(answer: Any) -> list[str]:
    """The first names of those in the preview that was made."""
    assert answer.status_code == 302, answer.content.decode()
    mutation = CollectiveMutation.objects.get()
    assert answer["Location"].endswith(f"/collective/{mutation.public_id}/")
    assert mutation.state == "preview"
    return sorted(mutation.selection_rows.values_list("employee__first_name", flat=True))


def refused(answer: Any, field: str) -> str:
    """What is wrong with that field; nothing was selected."""
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not CollectiveMutation.objects.exists()
    return " ".join(answer.context["form"].errors[field])


def test_the_page_has_nothing_chosen_beforehand(desk: Client, bakery: Employer) -> None:
    page = desk.get(address(bakery)).content.decode()

    assert 'name="select"' in page
    assert "checked" not in page


def test_everyone(desk: Client, bakery: Employer, staff: list[Employee], garage: Employer) -> None:
    cast.make_employee(garage, "1", "Gerda", "Vos")

    assert chosen(choose(desk, bakery, select="all")) == ["Anna", "Bob", "Dirk", "Eva"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [({"state": "active"}, ["Anna"]), ({"department": "Winkel"}, ["Anna"]), ({"no_email": "on"}, ["Willem"]),
     ({"left_from": "2026-01-01", "left_until": "2026-01-31"}, ["Dirk"]),
     ({"state": "none", "left_from": "2026-01-01"}, ["Dirk"]), ({"never_signed_in": "on"}, ["Nora"])],
)  # fmt: skip
def test_by_filters(
    desk: Client, bakery: Employer, staff: list[Employee], without_email: Employee, filters: dict[str, str], expected: list[str]
) -> None:  # fmt: skip
    Employee.objects.filter(first_name="Dirk").update(out_of_service_on="2026-01-15")
    cast.make_employee(bakery, "9", "Nora", "Blom", account=cast.make_account("nora", signed_in=False))
    Employee.objects.exclude(first_name__in=["Anna", "Dirk", *expected]).update(department=None)
    if filters == {"state": "active"}:
        Employee.objects.filter(first_name__in=["Nora", "Willem"]).delete()

    assert chosen(choose(desk, bakery, select="filter", **filters)) == expected


def test_ticks_of_this_page_and_of_others(desk: Client, bakery: Employer, staff: list[Employee]) -> None:
    anna, _bob, dirk, eva = (str(person.public_id) for person in staff)

    answer = choose(desk, bakery, select="ticked", ids=[anna, eva], more=f"{dirk},{anna}")

    assert chosen(answer) == ["Anna", "Dirk", "Eva"]


def test_numbers_typed_and_in_a_file(desk: Client, bakery: Employer, staff: list[Employee]) -> None:
    file = SimpleUploadedFile("list.csv", b"personnel_number\r\n4\r\n5\r\n")

    assert chosen(choose(desk, bakery, select="numbers", numbers="1\n2", file=file)) == ["Anna", "Bob", "Dirk", "Eva"]


def test_unknown_and_double_numbers_are_named_and_nothing_typed_is_lost(
    desk: Client, bakery: Employer, staff: list[Employee]
) -> None:
    answer = choose(desk, bakery, select="numbers", numbers="1\n77\n1\n78", state="blocked")

    said = refused(answer, "numbers")
    assert "77" in said
    assert "78" in said
    assert said.count("1 ") == 1
    page = answer.content.decode()
    assert "1\n77\n1\n78" in page
    assert '<option value="blocked" selected>' in page


def test_of_very_many_faults_fifty_are_named_and_the_rest_counted(desk: Client, bakery: Employer) -> None:
    answer = choose(desk, bakery, select="numbers", numbers="\n".join(str(number) for number in range(900, 1000)))

    faults = answer.context["form"].errors["numbers"]
    assert len(faults) == 51
    assert "50" in faults[-1]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "select"), ({"select": ""}, "select"), ({"select": "*"}, "select"), ({"select": "everyone"}, "select"),
        ({"select": "filter"}, "select"), ({"select": "filter", "employer": "*"}, "select"),
        ({"select": "filter", "filter[state]": "active"}, "select"), ({"select": "filter", "state": "nonsense"}, "state"),
        ({"select": "filter", "department": "%"}, "department"), ({"select": "filter", "left_from": "soon"}, "left_from"),
        ({"select": "filter", "left_from": "2026-02-01", "left_until": "2026-01-01"}, "select"),
        ({"select": "filter", "left_from": "2026-02-01"}, "select"),
        ({"select": "filter", "state": "a\x00b"}, "state"),
        ({"select": "ticked"}, "select"), ({"select": "ticked", "ids": []}, "select"), ({"select": "ticked", "ids": [""]}, "select"),
        ({"select": "ticked", "ids": ["1 OR 1=1"]}, "select"), ({"select": "ticked", "more": ","}, "select"),
        ({"select": "numbers"}, "numbers"), ({"select": "numbers", "numbers": " \n , "}, "numbers"),
        ({"select": "numbers", "numbers": "a\x00b"}, "numbers"),
    ],
)  # fmt: skip
def test_nothing_selected_is_an_error_and_never_everyone(
    desk: Client, bakery: Employer, staff: list[Employee], sent: dict[str, Any], field: str
) -> None:
    assert refused(choose(desk, bakery, **sent), field)


def test_somebody_elses_people_are_refused_as_a_whole(
    desk: Client, bakery: Employer, garage: Employer, other_employer: Employer, anna: Employee
) -> None:
    """Of another employer in reach, of another provider, and nobody at all."""
    ids = [
        cast.make_employee(garage, "1", "Gerda", "Vos").public_id,
        cast.make_employee(other_employer, "1", "Olga", "Eik").public_id,
        uuid4(),
    ]
    said = {
        refused(choose(desk, bakery, select="ticked", ids=[str(anna.public_id), str(other)]), "select") for other in ids
    }

    assert len(said) == 1


def test_what_a_form_does_not_have_is_not_taken(
    desk: Client, bakery: Employer, anna: Employee, garage: Employer
) -> None:
    other = cast.make_employee(garage, "1", "Gerda", "Vos")
    extra = {"is_staff": "1", "role": "pa", "employer": str(garage.public_id), "employers": "all", "maker": "1",
             "state_": "x", "sort": "password", "valid_until": "2999-01-01", "ids": str(other.public_id)}  # fmt: skip

    assert chosen(choose(desk, bakery, select="all", **extra)) == ["Anna"]
    mutation = CollectiveMutation.objects.get()
    assert mutation.selection["employers"] == [bakery.pk]
    assert mutation.valid_until is not None
    assert mutation.valid_until < timezone.now() + timedelta(minutes=16)


def test_filters_of_the_list_come_along(desk: Client, bakery: Employer, anna: Employee) -> None:
    listed = desk.get(
        reverse("employer_portal:employees", args=[bakery.public_id]), {"state": "active", "service": "in"}
    )
    link = f"{address(bakery)}?{listed.context['as_filters']}"
    assert link.replace("&", "&amp;") in listed.content.decode()

    form = desk.get(link).context["form"]

    assert form["select"].value() == "filter"
    assert form["state"].value() == "active"
    assert form["in_service_on"].value() == timezone.localdate()


@pytest.mark.parametrize("filters", [{}, {"q": "anna"}, {"q": "anna", "state": "active"}, {"state": "nonsense"}])
def test_a_list_that_filters_cannot_name_is_not_offered_whole(
    desk: Client, bakery: Employer, anna: Employee, filters: dict[str, str]
) -> None:
    listed = desk.get(reverse("employer_portal:employees", args=[bakery.public_id]), filters)

    assert listed.context["as_filters"] == ""
    assert "select=filter" not in listed.content.decode()


def test_a_viewer_looks_and_is_refused(vera: User, bakery: Employer, anna: Employee) -> None:
    browser = cast.sign_in(vera, "employer")

    assert b"<textarea" not in browser.get(address(bakery)).content
    assert b'name="ids"' not in browser.get(reverse("employer_portal:employees", args=[bakery.public_id])).content
    for employer in (bakery, None):
        assert choose(browser, employer, select="all", employers="all").status_code == 403
    assert not CollectiveMutation.objects.exists()


def test_a_stranger_and_an_act_that_does_not_exist_get_404(
    stranger: User, desk: Client, bakery: Employer, anna: Employee
) -> None:
    browser = cast.sign_in(stranger, "employer")

    assert choose(browser, bakery, select="all").status_code == 404
    for act in ("nonsense", "undo-block-access", "block_access"):
        assert desk.post(address(bakery, act), {"select": "all"}).status_code == 404
    assert not CollectiveMutation.objects.exists()


def test_over_several_employers(
    desk: Client, provider: Provider, bakery: Employer, garage: Employer, anna: Employee
) -> None:
    cast.make_employee(garage, "1", "Gerda", "Vos")
    third = Employer.objects.create(provider=provider, client_number="1003", name="Hotel Zee")
    cast.make_employee(third, "1", "Hans", "Mol")
    two = [str(bakery.public_id), str(garage.public_id)]

    assert chosen(choose(desk, None, select="all", employers=two)) == ["Anna", "Gerda"]

    CollectiveMutation.objects.all().delete()
    assert chosen(choose(desk, None, select="all", employers="all")) == ["Anna", "Gerda", "Hans"]


@pytest.mark.parametrize("employers", [[], [""], ["*"], ["all", "bakery"], ["bakery", "other"], ["x" * 36]])
def test_which_employers_is_never_guessed(
    desk: Client, bakery: Employer, other_employer: Employer, anna: Employee, employers: list[str]
) -> None:
    known = {"bakery": str(bakery.public_id), "other": str(other_employer.public_id)}

    refused(choose(desk, None, select="all", employers=[known.get(each, each) for each in employers]), "employers")


@pytest.mark.parametrize("select", ["ticked", "numbers"])
def test_over_several_employers_a_number_or_tick_says_too_little(
    desk: Client, bakery: Employer, anna: Employee, select: str
) -> None:
    refused(choose(desk, None, select=select, employers="all", numbers="1", ids=str(anna.public_id)), "select")


def test_searching_employers_keeps_what_was_ticked_and_typed(desk: Client, bakery: Employer, garage: Employer) -> None:
    ticked = str(bakery.public_id)

    answer = choose(desk, None, find="1", employers_q="gar", employers=[ticked], select="filter", state="blocked")

    assert answer.status_code == 200
    form = answer.context["form"]
    assert [value for value, _ in form.fields["employers"].choices] == ["all", ticked, str(garage.public_id)]
    assert form["employers"].value() == [ticked]
    assert form["state"].value() == "blocked"
    assert not CollectiveMutation.objects.exists()


def test_an_administrator_of_one_employer_has_no_provider_level(garage: Employer) -> None:
    browser = cast.sign_in(cast.make_administrator("gert", provider=garage.provider, employer=garage), "employer")

    assert browser.get(address(None)).status_code == 404
    assert choose(browser, None, select="all", employers="all").status_code == 404


def test_a_large_file_is_taken_here_and_nowhere_else(
    desk: Client, bakery: Employer, anna: Employee, tmp_path: Path, settings: Any
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    large = b"personnel_number,note\r\n1,\r\n" + (b"," + b"x" * 200 + b"\r\n") * 14_000
    sent = {"select": "numbers", "numbers": ""}

    elsewhere = desk.post(
        reverse("employer_portal:block_access", args=[bakery.public_id, anna.public_id]),
        {"reason": "left", "file": SimpleUploadedFile("list.csv", large)},
    )
    too_large = desk.post(address(bakery), {**sent, "file": SimpleUploadedFile("list.csv", large * 2)})
    here = desk.post(address(bakery), {**sent, "file": SimpleUploadedFile("list.csv", large)})

    assert elsewhere.status_code == too_large.status_code == 413
    assert chosen(here) == ["Anna"]
    assert not list(tmp_path.iterdir())


def test_a_file_just_above_the_limit_is_named_at_its_field(desk: Client, bakery: Employer, anna: Employee) -> None:
    file = SimpleUploadedFile("list.csv", b"1\r\n" + b" " * (5 * 1024 * 1024))

    assert "5 MB" in refused(choose(desk, bakery, select="numbers", file=file), "file")
