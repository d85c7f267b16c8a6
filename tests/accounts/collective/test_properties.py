"""What holds for any people in any state: verdicts add up, twice is once, many is as one, and back is as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import access, invitations
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.collective import confirm, preview, running, selection
from accounts.collective.acts import OFFERED
from accounts.collective.confirm import Confirmation
from accounts.collective.verdicts import Kind, affected
from accounts.models import (
    AccessBlock,
    Administrator,
    CollectiveMutation,
    Employee,
    Employer,
    HistoryEntry,
    Invitation,
    Role,
)
from emailtemplates import switches
from emailtemplates.models import UNDERWAY, OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import by_person

pytestmark = pytest.mark.django_db

STATES = [
    "active", "blocked", "never signed in", "waits for a mail", "none", "invited", "not delivered", "expired",
    "withdrawn", "administrator",
]  # fmt: skip


@dataclass(frozen=True)
class Somebody:
    state: str
    email: str
    language: str
    left: bool


PEOPLE = st.lists(
    st.builds(
        Somebody,
        state=st.sampled_from(STATES),
        email=st.sampled_from(["", "own", "shared@example.nl"]),
        language=st.sampled_from(["", "nl", "en"]),
        left=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
ACTS = st.sampled_from(list(OFFERED))

few = settings(
    max_examples=40,
    deadline=None,
    # What an example makes is undone by itself; bakery and Carla are the same for all.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextmanager
def of_one_example() -> Iterator[None]:
    """Everything made within is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make(employer: Employer, people: list[Somebody]) -> list[Employee]:
    return [_make(employer, number, somebody) for number, somebody in enumerate(people)]


def _make(employer: Employer, number: int, somebody: Somebody) -> Employee:
    facts: dict[str, Any] = {"language": somebody.language}
    facts["email"] = f"p{number}@example.nl" if somebody.email == "own" else somebody.email
    if somebody.left:
        facts["out_of_service_on"] = timezone.localdate() - timedelta(days=3)
    if somebody.state in STATES[:4] or somebody.state == "administrator":
        facts["account"] = cast.make_account(f"p{number}", signed_in=somebody.state != "never signed in")
    person = cast.make_employee(employer, f"p{number}", f"P{number}", "Bos", **facts)
    _bring_into(somebody.state, person)
    return person


def _bring_into(state: str, person: Employee) -> None:
    match state:
        case "blocked":
            cast.make_block(person, reason="left", shown_reason="You left.")
        case "waits for a mail":
            cast.make_mail(person, "username", state="queued")
        case "invited":
            cast.make_invitation(person)
        case "not delivered":
            invitation = cast.make_invitation(person)
            cast.make_mail(person, "invitation", state="bounced", pk=invitation.pk, about=invitation.pk)
        case "expired":
            cast.make_invitation(person, expires_at=timezone.now() - timedelta(days=1))
        case "withdrawn":
            cast.make_invitation(person, ended_at=timezone.now(), end="withdrawn")
        case "administrator":
            assert person.account is not None
            provider = person.employer.provider
            Administrator.objects.create(user=person.account, provider=provider, role=Role.VIEWER)


def prepare(act: str, employer: Employer, by: Actor) -> CollectiveMutation:
    return preview.prepare(act=act, place=employer, selection=selection.everyone([employer]), by=by)


def run(mutation: CollectiveMutation, by: Actor, *, chunk_size: int = 0, reason: str = "closed") -> None:
    """Where anybody is to be changed."""
    if affected(mutation.verdicts):
        said = Confirmation(reason=reason, shown_reason="We close.")
        confirm.confirm(mutation=mutation, by=by, confirmation=said)
        CollectiveMutation.objects.filter(pk=mutation.pk).update(chunk_size=chunk_size)
        running.run(mutation)


# --- Counts ---


@few
@given(people=PEOPLE, act=ACTS)
def test_verdicts_and_outcomes_add_up_to_the_selection(
    bakery: Employer, by_carla: Actor, people: list[Somebody], act: str
) -> None:
    with of_one_example():
        make(bakery, people)

        mutation = prepare(act, bakery, by_carla)
        run(mutation, by_carla)

        verdicts = by_person(mutation.selection_rows, "verdict")
        assert sum(mutation.verdicts.values()) == mutation.selected == len(verdicts) == len(people)
        assert set(mutation.verdicts) <= set(Kind)
        if affected(mutation.verdicts):
            assert by_person(mutation.outcome_rows, "outcome") == verdicts
            assert sum(mutation.outcomes_by_kind.values()) == mutation.processed == len(people)
            assert affected(mutation.outcomes_by_kind) == affected(mutation.verdicts)


# --- Twice is once, and in parts is as a whole ---


@few
@given(people=PEOPLE, act=ACTS, chunk_size=st.integers(1, 8))
def test_run_twice_or_in_parts_is_run_once(
    bakery: Employer, by_carla: Actor, people: list[Somebody], act: str, chunk_size: int
) -> None:
    with of_one_example():
        make(bakery, people)
        with of_one_example():
            run(prepare(act, bakery, by_carla), by_carla)
            as_a_whole = written()

        mutation = prepare(act, bakery, by_carla)
        run(mutation, by_carla, chunk_size=chunk_size)
        assert written() == as_a_whole
        rows = _all_rows()
        running.run(mutation)
        running.run_due()
        assert _all_rows() == rows


def _all_rows() -> list[Any]:
    models = (AccessBlock, Invitation, OutgoingEmail, HistoryEntry, CollectiveMutation)
    return [list(model.objects.order_by("pk").values()) for model in models]


# --- Many is as one ---

_SINGLE_ACTS: dict[str, Any] = {
    "block-access": lambda person, by: access.block_access(
        employee=person, by=by, reason="closed", shown_reason="We close."
    ),
    "unblock-access": lambda person, by: access.unblock_access(employee=person, by=by),
    "resend-username": lambda person, by: access.resend_username(employee=person, by=by),
    "invite": lambda person, by: invitations.invite(employee=person, by=by),
}
# Where many are spared what one may be done to: withdrawing belongs to a block of many; who can still answer is not
# invited again with the rest; and nobody hits an administrator by choosing everyone.
_OF_MANY_ALONE = ("withdraw", "already_invited", "administrator")


@few
@given(people=PEOPLE, act=ACTS, told=st.booleans())
def test_an_act_on_many_writes_what_the_act_on_each_writes(
    bakery: Employer, by_carla: Actor, people: list[Somebody], act: str, told: bool
) -> None:
    with of_one_example():
        switches.set_switch(message="access_unblocked", provider_id=bakery.provider_id, employer_id=None, is_on=told)
        staff = make(bakery, people)
        with of_one_example():
            mutation = prepare(act, bakery, by_carla)
            # The single acts that send a mail or lift a block ask for no reason.
            run(mutation, by_carla, reason="closed" if OFFERED[act].needs_reason else "")
            verdicts = by_person(mutation.selection_rows, "verdict")
            alike = [person for person in staff if verdicts[person.pk] not in _OF_MANY_ALONE]
            by_many = written(alike, without_reason=act == "unblock-access")

        done = {person.pk: _done_singly(act, person, by_carla) for person in alike}

        assert written(alike) == by_many
        assert done == {person.pk: verdicts[person.pk] == "change" for person in alike}


def _done_singly(act: str, person: Employee, by: Actor) -> bool:
    """Whether it changed anything; refused counts as not."""
    entries = HistoryEntry.objects.filter(employee=person).count()
    try:
        _SINGLE_ACTS[act](person, by)
    except ActRefused:
        return False
    return HistoryEntry.objects.filter(employee=person).count() > entries


# An id, a time, or the act that it was part of.
_NOT_COMPARED = {
    "id", "public_id", "act_id", "at", "blocked_at", "lifted_at", "invited_at", "expires_at", "used_at", "ended_at",
    "created_at", "not_before", "finished_at", "attention_at", "about", "mail_id",
}  # fmt: skip


def written(of: list[Employee] | None = None, *, without_reason: bool = False) -> list[dict[str, Any]]:
    """All rows that acts write, of these people, so that those of two worlds can be compared."""
    about = {} if of is None else {"employee__in": [person.pk for person in of]}
    rows = [
        {"model": model.__name__, **_comparable(dict(row), model)}
        for model in (AccessBlock, Invitation, OutgoingEmail, HistoryEntry)
        for row in model.objects.filter(**about).exclude(employee=None).values()
    ]
    for row in rows:
        if without_reason and row["model"] == "HistoryEntry":
            row["reason"] = ""
    return sorted(rows, key=repr)


def _comparable(row: dict[str, Any], model: type[Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in _NOT_COMPARED}
    if model is OutgoingEmail:
        kept["state"] = "queued" if row["state"] == "held" else row["state"]
        kept["about"] = _what_it_is_about(row)
        kept["has_own_id"] = row["about"] == row["id"]
    if model is HistoryEntry:
        mail = OutgoingEmail.objects.filter(pk=row["mail_id"]).first()
        kept["mail"] = mail and (mail.message, mail.employee_id)
    for name in ("lifted_at", "used_at", "ended_at", "finished_at", "attention_at"):
        if name in row:
            kept[name] = row[name] is not None
    return kept


def _what_it_is_about(row: dict[str, Any]) -> tuple[str, Any] | None:
    """Of which kind, and whether that still stands."""
    if block := AccessBlock.objects.filter(pk=row["about"], employee=row["employee_id"]).first():
        return ("block", block.lifted_at is None)
    if invitation := Invitation.objects.filter(pk=row["about"], employee=row["employee_id"]).first():
        return ("invitation", invitation.end)
    return None if row["about"] is None else ("nothing", None)


# --- Back is as it was ---


@few
@given(people=PEOPLE, act=st.sampled_from(["block-access", "unblock-access"]), chunk_size=st.integers(1, 8))
def test_done_and_taken_back_nothing_is_changed_but_history(
    bakery: Employer, by_carla: Actor, people: list[Somebody], act: str, chunk_size: int
) -> None:
    with of_one_example():
        make(bakery, people)
        before, entries = how_it_is(), list(HistoryEntry.objects.values())
        mutation = prepare(act, bakery, by_carla)
        run(mutation, by_carla, chunk_size=chunk_size)

        if affected(mutation.verdicts):
            assert how_it_is() != before
            undo = preview.prepare_undo(mutation=mutation, by=by_carla)
            assert undo.selected == affected(mutation.verdicts)
            run(undo, by_carla, chunk_size=chunk_size)
            assert undo.outcomes_by_kind == {"change": undo.selected}

        assert how_it_is() == before
        after = HistoryEntry.objects.exclude(employee=None)
        assert after.count() == len(entries) + 2 * affected(mutation.verdicts)


def how_it_is() -> dict[str, Any]:
    """Who has which access, on which block or invitation, and which mails are still to come."""
    return {
        "people": [
            (one.pk, one.state, one.account_id, one.email) for one in Employee.objects.with_state().order_by("pk")
        ],
        "blocks": sorted(AccessBlock.objects.filter(lifted_at=None).values_list("employee", "reason", "shown_reason")),
        "invitations": sorted(Invitation.objects.open().values_list("employee", "pk", "expires_at", "email")),
        "mails": sorted(OutgoingEmail.objects.filter(state__in=UNDERWAY).values_list("employee", "message")),
    }


@few
@given(people=PEOPLE, act=st.sampled_from(["resend-username", "invite"]))
def test_mails_that_are_taken_back_never_leave(
    bakery: Employer, by_carla: Actor, people: list[Somebody], act: str
) -> None:
    with of_one_example():
        make(bakery, people)
        mutation = prepare(act, bakery, by_carla)
        run(mutation, by_carla)
        if not affected(mutation.verdicts):
            return

        run(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

        mails = OutgoingEmail.objects.filter(act_id=mutation.public_id)
        assert set(mails.values_list("state", flat=True)) == {"cancelled"}
        assert not Invitation.objects.open().filter(pk__in=mails.values("pk")).exists()
