"""Many people press at the same moment; one of them does it, and nobody sees an error."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection
from django.urls import reverse

from accounts import access
from accounts.actor import Actor
from accounts.models import AccessBlock, Employee, Employer, HistoryEntry, Provider, User
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.journeys import crowd

pytestmark = pytest.mark.postgres

T = TypeVar("T")


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of these at the same moment, each on a connection of its own; raises what one of them raises."""
    barrier = Barrier(len(acts))

    def in_step(act: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(in_step, act) for act in acts]]


def test_six_administrators_block_at_once_and_there_is_one_block(anna: Employee, provider: Provider) -> None:
    clients = [
        cast.sign_in(cast.make_administrator(f"admin{number}", provider=provider), "employer") for number in range(6)
    ]
    address = reverse("employer_portal:block_access", args=[anna.employer.public_id, anna.public_id])

    answers = at_once([partial(each.post, address, {"reason": "left"}) for each in clients])

    assert [answer.status_code for answer in answers] == [302] * 6
    assert AccessBlock.objects.filter(employee=anna, lifted_at=None).count() == 1
    assert HistoryEntry.objects.filter(employee=anna, act="access_blocked").count() == 1
    assert OutgoingEmail.objects.filter(employee=anna).count() == 1


def test_asking_six_times_at_once_for_the_username_sends_one_mail(anna: Employee, carla: User) -> None:
    clients = [cast.sign_in(carla, "employer") for _ in range(6)]
    address = reverse("employer_portal:resend_username", args=[anna.employer.public_id, anna.public_id])

    answers = at_once([partial(each.post, address) for each in clients])

    assert [answer.status_code for answer in answers] == [302] * 6
    assert OutgoingEmail.objects.filter(employee=anna, message="username").count() == 1


def test_acts_on_overlapping_people_wait_for_each_other_and_not_for_ever(bakery: Employer, by_carla: Actor) -> None:
    everybody = [person.pk for person in crowd.with_access(bakery, 600)]

    for _ in range(5):
        first, last = everybody[:400], everybody[200:]
        counts = at_once(
            [
                partial(_block, first, by_carla, order="pk"),
                partial(_block, last, by_carla, order="-pk"),
                partial(_block, everybody, by_carla, order="?"),
            ]
        )
        assert sum(counts) == 600
        blocks = AccessBlock.objects.filter(lifted_at=None)
        assert blocks.count() == 600
        assert OutgoingEmail.objects.filter(pk__in=blocks.values("pk")).count() == 600
        blocks.delete()


def test_of_two_people_who_want_one_username_exactly_one_gets_it(bakery: Employer) -> None:
    people = [
        cast.make_employee(bakery, str(number), "Kim", "Bos", account=cast.make_account(f"kim{number}"))
        for number in range(2)
    ]
    clients = [cast.sign_in(person.account, "employee") for person in people if person.account]
    address = reverse("employee_portal:change_username")

    for number in range(20):
        form = {"username": f"wanted{number}", "current_password": cast.PASSWORD}
        answers = at_once([partial(each.post, address, form) for each in clients])

        assert sorted(answer.status_code for answer in answers) == [302, 422]
        assert User.objects.filter(username_key=f"wanted{number}").count() == 1


def _block(employees: Sequence[int], by: Actor, *, order: str) -> int:
    return access.block_all(employees=Employee.objects.filter(pk__in=employees).order_by(order), by=by, reason="closed")
