"""Taking back a collective mutation: exactly what it changed, where nobody changed it since.

Each starts from the outcomes of the mutation that is undone: ORIGIN is what that outcome remembers.
"""

from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Subquery, When
from django.utils.translation import gettext_noop

from accounts import many
from accounts.collective.access_acts import lift, withdraw
from accounts.collective.act import MADE, Cases, Chunk
from accounts.collective.conditions import OPEN_BLOCK
from accounts.collective.verdicts import Verdict
from accounts.insert_select import RandomUUID
from accounts.models import AccessBlock, CollectiveMutation, CollectiveOutcome, Invitation, InvitationEnd
from emailtemplates import outbox
from emailtemplates.models import NOT_HANDED_OVER, MailState, OutgoingEmail

_UNDONE_BY = gettext_noop("undone by")


def origin_of(mutation: CollectiveMutation) -> Subquery:
    """The block, invitation or mail that the undone mutation made for a person, or the block that it lifted."""
    return Subquery(_origins(mutation).values("made")[:1])


def _origins(mutation: CollectiveMutation) -> Any:
    return CollectiveOutcome.objects.filter(mutation=mutation.undoes_id, employee=OuterRef("pk"))


def _origin_was(mutation: CollectiveMutation, outcome: str) -> Exists:
    return Exists(_origins(mutation).filter(outcome=outcome))


def _still(rows: Any, mutation: CollectiveMutation) -> Exists:
    return Exists(_those_of_origin(rows, mutation))


def _those_of_origin(rows: Any, mutation: CollectiveMutation) -> Any:
    """Of these rows the one that is the person's origin, for a sub-query."""
    origin = CollectiveOutcome.objects.filter(mutation=mutation.undoes_id, employee=OuterRef(OuterRef("pk")))
    # Named by employee as well: a database that does not know yet how many rows there are finds it by that.
    return rows.filter(employee=OuterRef("pk"), pk__in=origin.values("made"))


def _why(chunk: Chunk) -> str:
    return f"{_UNDONE_BY}: {chunk.by.name}"


# --- of a block: unblock, and give back the invitations that were withdrawn ---


def undo_block_cases(mutation: CollectiveMutation) -> Cases:
    stands = _still(AccessBlock.objects.filter(lifted_at=None), mutation)
    # Its link works again; but not beside a newer offer, nor for an address that was replaced.
    ended = Invitation.objects.filter(end=InvitationEnd.WITHDRAWN, used_at=None, employee__account=None)
    can_return = _still(ended.filter(email=OuterRef("email")), mutation)
    newer = Exists(Invitation.objects.open().filter(employee=OuterRef("pk")))
    withdrawn = _origin_was(mutation, Verdict.WITHDRAW)
    return [
        (withdrawn & (newer | ~can_return), Verdict.CHANGED_SINCE),
        (~withdrawn & ~stands, Verdict.CHANGED_SINCE),
    ]


def undo_block(chunk: Chunk) -> None:
    everyone = chunk.people(Verdict.CHANGE)
    withdrawn = _origin_was(chunk.mutation, Verdict.WITHDRAW)
    lift(chunk, everyone.filter(~withdrawn), unsent=MailState.CANCELLED, why=_why(chunk))
    returning = everyone.filter(withdrawn)
    Invitation.objects.filter(pk__in=chunk.made(Verdict.CHANGE)).update(ended_at=None, end="")
    many.record(
        "invitation_restored",
        returning,
        before="withdrawn",
        after="invited",
        reason=chunk.mutation.reason,
        **chunk.trace,
    )


# --- of an unblock: the same block again ---


def undo_unblock_cases(mutation: CollectiveMutation) -> Cases:
    # Blocked and unblocked again since: somebody decided anew.
    later = AccessBlock.objects.filter(employee=OuterRef("pk"), blocked_at__gt=_origin_lifted_at(mutation))
    return [(OPEN_BLOCK | Exists(later) | Q(account=None), Verdict.CHANGED_SINCE)]


def _origin_lifted_at(mutation: CollectiveMutation) -> Subquery:
    origin = CollectiveOutcome.objects.filter(mutation=mutation.undoes_id, employee=OuterRef(OuterRef("employee")))
    return Subquery(AccessBlock.objects.filter(pk__in=origin.values("made")).values("lifted_at")[:1])


def undo_unblock(chunk: Chunk) -> None:
    """Told of it are those who were told of the unblock."""
    people, undone = chunk.people(Verdict.CHANGE), chunk.mutation.undoes
    assert undone is not None  # noqa: S101 - that is what this act is for
    lifted = _those_of_origin(AccessBlock.objects.all(), chunk.mutation)
    many.block(
        people,
        ids=MADE,
        reason=Subquery(lifted.values("reason")[:1]),
        shown_reason=Subquery(lifted.values("shown_reason")[:1]),
        **chunk.trace,
    )
    unblock_mails = OutgoingEmail.objects.filter(message="access_unblocked", act_id=undone.public_id)
    # Not those whose mail was handed over to a worker that put it back: it is ended here, and nothing of it left.
    left = unblock_mails.exclude(first_attempt_at=None).exclude(state=MailState.CANCELLED, unknown_outcomes=0)
    told = people.filter(Exists(left.filter(employee=OuterRef("pk"))))
    outbox.end_unsent(unblock_mails.filter(employee__in=people.values("pk")), MailState.CANCELLED, why=_why(chunk))
    many.mail("access_blocked", told, ids=MADE, about=MADE, **chunk.mailing)
    many.record(
        "access_blocked",
        people,
        before="active",
        after="blocked",
        reason=chunk.mutation.reason,
        mail=Case(When(pk__in=told.values("pk"), then=MADE)),
        **chunk.trace,
    )


def made_by_undo_unblock(mutation: CollectiveMutation) -> RandomUUID:
    """The id of the block to come."""
    return RandomUUID()


# --- of mails: cancel what has not left ---


def undo_username_cases(mutation: CollectiveMutation) -> Cases:
    unsent = _still(OutgoingEmail.objects.filter(state__in=NOT_HANDED_OVER), mutation)
    return [(~unsent, Verdict.ALREADY_LEFT)]


def undo_username(chunk: Chunk) -> None:
    people = chunk.people(Verdict.CHANGE)
    _cancel(chunk)
    many.record("mail_cancelled", people, reason="username", mail=MADE, **chunk.trace)


def undo_invite_cases(mutation: CollectiveMutation) -> Cases:
    stands = _still(Invitation.objects.open(), mutation)
    return [(~stands | ~Q(account=None), Verdict.CHANGED_SINCE)]


def undo_invite(chunk: Chunk) -> None:
    _cancel(chunk)
    withdraw(chunk, Verdict.CHANGE)


def _cancel(chunk: Chunk) -> None:
    mails = OutgoingEmail.objects.filter(pk__in=chunk.made(Verdict.CHANGE))
    outbox.end_unsent(mails, MailState.CANCELLED, why=_why(chunk))
