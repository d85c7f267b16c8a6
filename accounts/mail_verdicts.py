"""May this mail still be handed over? Judged in the database, by the state of access at that very moment."""

from collections.abc import Collection, Sequence

from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_noop

from accounts.models import (
    AccessBlock,
    Administrator,
    CollectiveMutation,
    Employee,
    Invitation,
    MutationState,
    PasswordLink,
)
from emailtemplates.models import MailState, OutgoingEmail, Sender

UNBLOCKED_MEANWHILE = gettext_noop("unblocked meanwhile")
_WHY_NOT = {
    "invitation": gettext_noop("the invitation ended meanwhile"),
    "access_blocked": UNBLOCKED_MEANWHILE,
    "username": gettext_noop("blocked meanwhile"),
    "password_reset": gettext_noop("the link ended meanwhile"),
    "administrator_invitation": gettext_noop("the link ended meanwhile"),
    "credentials_changed": gettext_noop("the account is gone"),
    "collective_approval": gettext_noop("decided meanwhile"),
    "sender_code": gettext_noop("another address or a newer code meanwhile"),
}
_BLOCKED_AGAIN = gettext_noop("blocked again meanwhile")
_NEVER_TOLD = gettext_noop("the mail about the block was never sent")


def may_be_handed_over(mails: Sequence[OutgoingEmail]) -> Q:
    """The condition on their rows; until the transaction ends nobody they are about is blocked.

    Against an unblock the row itself is enough: unblocking ends the mail about the block in its own transaction, so one
    of the two waits for the other. The people are held in one order, as every act does, or two would wait for ever.
    """
    people = [mail.employee_id for mail in mails if mail.message != "access_blocked" and mail.employee_id]
    if people:
        # The whole row: making a block refers to the employee, and waits for that.
        held = Employee.objects.filter(pk__in=people).select_for_update().order_by("pk")
        list(held.values_list("pk"))
    return _condition({mail.message for mail in mails} & _CONDITIONS.keys())


def still_true() -> Q:
    """The same condition for mails of every kind, without holding anybody: what is possible now, as a page shows it."""
    return _condition(_CONDITIONS.keys())


def why_not(mail: OutgoingEmail) -> str:
    """The reason, where that condition does not hold."""
    if mail.message != "access_unblocked":
        return _WHY_NOT[mail.message]
    is_blocked = AccessBlock.objects.filter(employee=mail.employee_id, lifted_at=None).exists()
    return _BLOCKED_AGAIN if is_blocked else _NEVER_TOLD


def _condition(messages: Collection[str]) -> Q:
    condition = ~Q(message__in=[*_CONDITIONS])
    for message in sorted(messages):
        condition |= Q(_CONDITIONS[message], message=message)
    return condition


def _open_block() -> Exists:
    return Exists(AccessBlock.objects.filter(employee=OuterRef("employee"), lifted_at=None))


def _block_was_told() -> Q:
    """What this person was last told is a block: that of this mail, or one whose end was never told either."""
    told = OutgoingEmail.objects.filter(
        ~Q(first_attempt_at=None),
        # Handed over, put back before a word left, and then ended.
        ~Q(state__in=(MailState.CANCELLED, MailState.SUPERSEDED), unknown_outcomes=0),
        employee=OuterRef("employee"),
        message__in=("access_blocked", "access_unblocked"),
        created_at__lt=OuterRef("created_at"),
    )
    return Q(Exact(Subquery(told.order_by("-created_at").values("message")[:1]), Value("access_blocked")))


def _link_is_good() -> Q:
    links = PasswordLink.objects.good().filter(
        pk=OuterRef("about"), email=OuterRef("to_address"), user__credentials_version=F("credentials_version")
    )
    # No block since the mail was promised: one that was lifted meanwhile ended the link as well.
    admitted = Employee.objects.admitted_since(OuterRef(OuterRef("created_at"))).filter(
        pk=OuterRef("employee"), email=OuterRef("to_address")
    )
    administrators = Administrator.objects.filter(user=OuterRef("account"))
    return Q(Exists(links)) & (Q(Exists(admitted)) | Q(Exists(administrators), employee=None))


def _has_access() -> Exists:
    return Exists(Employee.objects.with_access().filter(pk=OuterRef("employee"), account__last_login__isnull=False))


def _invitation_is_good() -> Exists:
    return Exists(Invitation.objects.usable().filter(pk=OuterRef("about")))


def _code_is_newest() -> Q:
    """The mail was promised when the code in the row was made, for the address that still stands there."""
    open_codes = Sender.objects.filter(
        provider=OuterRef("provider"),
        address=OuterRef("to_address"),
        confirmed_at=None,
        code_sent_at__lte=OuterRef("created_at"),
    ).exclude(code_hash="")
    of_employer, of_provider = open_codes.filter(employer=OuterRef("employer")), open_codes.filter(employer=None)
    return Q(Exists(of_employer)) | (Q(employer=None) & Q(Exists(of_provider)))


_CONDITIONS: dict[str, Q] = {
    "access_blocked": Q(Exists(AccessBlock.objects.filter(pk=OuterRef("about"), lifted_at=None))),
    "access_unblocked": Q(~_open_block()) & _block_was_told(),
    "username": Q(_has_access()),
    "invitation": Q(_invitation_is_good()),
    "password_reset": _link_is_good(),
    "administrator_invitation": _link_is_good(),
    "collective_approval": Q(
        Exists(CollectiveMutation.objects.filter(public_id=OuterRef("about"), state=MutationState.WAITING))
    ),
    "sender_code": _code_is_newest(),
}
