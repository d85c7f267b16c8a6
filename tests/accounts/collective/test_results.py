"""What became of a collective mutation: who is found, what is counted, which mails did not arrive."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.actor import Actor
from accounts.collective import approval, confirm, preview, results, selection
from accounts.collective.results import NOT_REACHED, Wanted
from accounts.models import AccessBlock, CollectiveMutation, Employee, Employer, HistoryEntry
from emailtemplates.models import MailState, OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import Run, carry_out

Staff = dict[str, Employee]


def names(mutation: CollectiveMutation, **wanted: Any) -> list[str]:
    return [row.employee.first_name for row in results.found(mutation, Wanted(**wanted)).select_related("employee")]


def people(mutation: CollectiveMutation) -> dict[str, results.Person]:
    rows = results.with_people(results.found(mutation, Wanted()))
    return {person.employee.first_name: person for person in results.people_of(mutation, rows)}


def test_each_kind_finds_as_many_as_it_counts(staff: Staff, done: Run) -> None:
    mutation = done("block-access")

    counts = results.counts(mutation)

    assert counts == {"change": 2, "withdraw": 1, "nothing": 2}
    assert {kind: len(names(mutation, kind=kind)) for kind in counts} == counts
    assert names(mutation, kind="nothing") == ["Dirk", "Eva"]
    assert names(mutation, kind="stopped") == []
    assert len(names(mutation)) == mutation.selected


def test_before_it_runs_the_verdicts_are_found(staff: Staff, previewed: Run) -> None:
    mutation = previewed("block-access")

    assert results.counts(mutation) == {"change": 1, "warning": 1, "withdraw": 1, "nothing": 2}
    assert names(mutation, kind="warning") == ["Willem"]
    assert names(mutation, kind="change") == ["Anna"]
    assert people(mutation)["Anna"].outcome is None


def test_who_changed_after_the_preview_is_found_as_judged_anew(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    access.block_access(employee=staff["anna"], by=by_carla, reason="first")

    carry_out(mutation, by_carla)

    assert names(mutation, anew=True) == ["Anna"]
    assert results.count_judged_anew(mutation) == 1
    anna = people(mutation)["Anna"]
    assert (anna.verdict, anna.outcome, anna.was_judged_anew) == ("change", "already_blocked", True)
    assert not people(mutation)["Willem"].was_judged_anew


def test_search_and_kind_go_together(staff: Staff, done: Run) -> None:
    mutation = done("block-access")

    assert names(mutation, search="anna") == ["Anna"]
    assert names(mutation, search="anna", kind="nothing") == []


def test_who_was_not_reached_is_counted_and_found(staff: Staff, previewed: Run, by_carla: Actor) -> None:
    mutation = previewed("block-access")
    confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))
    confirm.stop(mutation=mutation, by=by_carla)
    mutation.refresh_from_db()

    assert results.counts(mutation) == {NOT_REACHED: 5}
    assert len(names(mutation, kind=NOT_REACHED)) == 5


def test_the_mails_of_an_act_and_no_others(staff: Staff, done: Run) -> None:
    cast.make_mail(staff["anna"], "username", state=MailState.BOUNCED)
    mutation = done("block-access")

    anna, dirk = people(mutation)["Anna"], people(mutation)["Dirk"]

    assert anna.mail is not None
    assert anna.mail.message == "access_blocked"
    assert dirk.mail is None


def test_what_did_not_arrive_until_it_is_handled(staff: Staff, done: Run) -> None:
    mutation = done("block-access")
    assert [mail.employee for mail in results.undelivered(mutation)] == [staff["willem"]]  # no address

    cast.bounce(OutgoingEmail.objects.get(employee=staff["anna"]).pk)
    assert results.count_undelivered(mutation) == 2
    OutgoingEmail.objects.update(attention_at=None)
    assert results.count_undelivered(mutation) == 0


def test_mails_are_held_until_a_time_and_then_no_longer(staff: Staff, done: Run) -> None:
    mutation = done("block-access")
    mail = OutgoingEmail.objects.get(employee=staff["anna"])
    assert results.held_until(mutation) == mail.not_before

    OutgoingEmail.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    assert results.held_until(mutation) is None


@pytest.mark.parametrize(("act", "said"), [("block-access", {"do_not_mail": True}), ("unblock-access", {})])
def test_where_no_mail_waits_none_is_promised(staff: Staff, done: Run, act: str, said: dict[str, Any]) -> None:
    assert results.held_until(done(act, **said)) is None


def test_times_are_those_of_the_change(staff: Staff, done: Run) -> None:
    mutation = done("block-access")
    block = AccessBlock.objects.get(employee=staff["anna"])

    times = results.times_of(mutation, [person.pk for person in staff.values()])

    assert times.keys() == {staff["anna"].pk, staff["bob"].pk, staff["willem"].pk}
    assert abs((times[staff["anna"].pk] - block.blocked_at).total_seconds()) < 10


def test_why_somebody_did_not_approve(
    staff: Staff, previewed: Run, bakery: Employer, by_carla: Actor, by_nadia: Actor
) -> None:
    approval.set_ceiling(employer=bakery, number=1, percent=None, by=by_carla)
    mutation = previewed("block-access")
    confirm.confirm(mutation=mutation, by=by_carla, confirmation=confirm.Confirmation(reason="closed"))
    mutation.refresh_from_db()
    assert results.decision_of(mutation) is None

    approval.decide(mutation=mutation, by=by_nadia, approved=False, reason="too many")

    mutation.refresh_from_db()
    decision = results.decision_of(mutation)
    assert decision is not None
    assert (decision.reason, decision.actor_name) == ("too many", "Nadia")


def test_previews_that_are_over_are_not_shown(staff: Staff, previewed: Run, done: Run, bakery: Employer) -> None:
    over, valid, ran = previewed("invite"), previewed("block-access"), done("resend-username")
    CollectiveMutation.objects.filter(pk=over.pk).update(valid_until=timezone.now() - timedelta(minutes=1))

    assert list(results.shown_at(CollectiveMutation.objects.at(bakery))) == [ran, valid]


def test_a_page_takes_three_queries_however_many_it_has(
    staff: Staff, done: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mutation = done("block-access")

    with django_assert_num_queries(3):
        for person in people(mutation).values():
            assert person.employee.employer.name


def test_what_takes_back_has_a_result_as_well(staff: Staff, done: Run, by_carla: Actor) -> None:
    mutation = done("block-access")

    undo = carry_out(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

    assert results.counts(undo) == {"change": 3}
    assert set(names(undo, kind="change")) == {"Anna", "Bob", "Willem"}


def test_the_history_and_the_results_add_up(bakery: Employer, garage: Employer, by_carla: Actor) -> None:
    """P25: a hundred blocked together, forty of them unblocked together, five others blocked one by one."""
    crowd = [
        cast.make_employee(bakery, str(number), f"P{number}", "Bos", account=cast.make_account(f"p{number}"))
        for number in range(105)
    ]

    def together(act: str, some: list[Employee]) -> CollectiveMutation:
        chosen = selection.by_numbers(bakery, [person.personnel_number for person in some])
        return carry_out(
            preview.prepare(act=act, place=bakery, selection=chosen, by=by_carla), by_carla, number=len(some)
        )

    block, unblock = together("block-access", crowd[:100]), together("unblock-access", crowd[:40])
    for person in crowd[100:]:
        access.block_access(employee=person, by=by_carla, reason="alone")

    entries = HistoryEntry.objects.exclude(employee=None)
    assert entries.count() == 145
    assert entries.filter(act_id=block.public_id, before="active", after="blocked").count() == 100
    assert entries.filter(act_id=unblock.public_id, before="blocked", after="active").count() == 40
    assert set(entries.values_list("actor", "employer")) == {(by_carla.user and by_carla.user.pk, bakery.pk)}
    assert not HistoryEntry.objects.filter(employer=garage).exists()
    assert Employee.objects.blocked().count() == 100 - 40 + 5
    for mutation, count in ((block, 100), (unblock, 40)):
        assert results.counts(mutation) == {"change": count}
        assert len(names(mutation)) == count == mutation.processed
