"""Block access and unblock access, of many."""

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Now

from accounts import many
from accounts.collective.act import MADE, Cases, Chunk
from accounts.collective.conditions import (
    OPEN_BLOCK,
    has_address_at_employer,
    open_block_of,
    open_invitation,
    shares_address,
)
from accounts.collective.verdicts import Caution, Verdict
from accounts.insert_select import RandomUUID
from accounts.mail_verdicts import UNBLOCKED_MEANWHILE
from accounts.models import AccessBlock, CollectiveMutation, Invitation, InvitationEnd
from accounts.models.employee import EmployeeQuerySet
from emailtemplates import outbox, switches
from emailtemplates.models import MailState, OutgoingEmail

_OPEN_INVITATION = Exists(Invitation.objects.good().filter(employee=OuterRef("pk")))


def block_cases(mutation: CollectiveMutation) -> Cases:
    return [
        (OPEN_BLOCK, Verdict.ALREADY_BLOCKED),
        (Q(account=None) & Q(_OPEN_INVITATION), Verdict.WITHDRAW),
        (Q(account=None), Verdict.NO_ACCESS),
    ]


def block_warnings(mutation: CollectiveMutation) -> Cases:
    return [
        (Q(email=""), Caution.NO_ADDRESS),
        (shares_address(), Caution.SHARED_ADDRESS),
        (has_address_at_employer(mutation.selection["employers"]), Caution.BUSINESS_ADDRESS),
    ]


def made_by_block(mutation: CollectiveMutation) -> Case:
    """The id of the invitation that is withdrawn; else that of the block to come, which is that of its mail too."""
    return Case(When(account=None, then=open_invitation()), default=RandomUUID())


def block(chunk: Chunk) -> None:
    people, mutation = chunk.people(Verdict.CHANGE), chunk.mutation
    many.block(
        chunk.rows(Verdict.CHANGE),
        employee=F("employee"),
        ids=F("made"),
        reason=mutation.reason,
        shown_reason=mutation.shown_reason,
        **chunk.trace,
    )
    many.mail("access_blocked", people, ids=MADE, about=MADE, **chunk.mailing)
    many.record(
        "access_blocked",
        people,
        before="active",
        after="blocked",
        reason=mutation.reason,
        provider=mutation.provider_id,
        mail=MADE,
        **chunk.trace,
    )
    if Verdict.WITHDRAW in chunk.outcomes:
        withdraw(chunk, Verdict.WITHDRAW)


def withdraw(chunk: Chunk, outcome: str) -> None:
    """End the invitations that the outcomes remember."""
    Invitation.objects.open().filter(pk__in=chunk.made(outcome)).update(ended_at=Now(), end=InvitationEnd.WITHDRAWN)
    many.record(
        "invitation_withdrawn",
        chunk.people(outcome),
        before="invited",
        after="withdrawn",
        reason=chunk.mutation.reason,
        **chunk.trace,
    )


def unblock_cases(mutation: CollectiveMutation) -> Cases:
    return [(~Q(OPEN_BLOCK) & Q(account=None), Verdict.NO_ACCESS), (~Q(OPEN_BLOCK), Verdict.NOT_BLOCKED)]


def made_by_unblock(mutation: CollectiveMutation) -> Subquery:
    """The block that is lifted."""
    return open_block_of()


def unblock(chunk: Chunk) -> None:
    lift(chunk, chunk.people(Verdict.CHANGE), unsent=MailState.SUPERSEDED, why=UNBLOCKED_MEANWHILE)


def lift(chunk: Chunk, people: EmployeeQuerySet, *, unsent: MailState, why: str) -> None:
    """End the blocks that the outcomes remember, and tell of it where that is switched on.

    A mail about a block that was never told is not sent: that is judged when it is handed over.
    """
    # By the outcomes alone: joined to the people, a table that just grew is read once for each of them.
    made = chunk.made(Verdict.CHANGE)
    AccessBlock.objects.filter(pk__in=made, lifted_at=None).update(lifted_at=Now(), lifted_by=chunk.by.user)
    outbox.end_unsent(OutgoingEmail.objects.filter(pk__in=made, message="access_blocked"), unsent, why=why)
    mutation = chunk.mutation
    where_on = switches.where_on(
        "access_unblocked", provider_id=mutation.provider_id, employers=mutation.selection["employers"]
    )
    told = people.filter(employer__in=where_on)
    many.mail("access_unblocked", told, ids=RandomUUID(), about=MADE, **chunk.mailing)
    many.record(
        "access_unblocked",
        people,
        before="blocked",
        after="active",
        reason=chunk.mutation.reason,
        mail=mail_of(chunk.mutation, "access_unblocked"),
        **chunk.trace,
    )


def mail_of(mutation: CollectiveMutation, message: str) -> Subquery:
    """The mail that this mutation sends a person, where its id is not that of what it tells of."""
    mails = OutgoingEmail.objects.filter(employee=OuterRef("pk"), act_id=mutation.public_id, message=message)
    return Subquery(mails.values("pk")[:1])
