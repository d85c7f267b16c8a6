"""What an administrator does about one mail: send it again, cancel it, try its address again, call it handled."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import history
from accounts.access import ActRefused
from accounts.actor import Actor
from accounts.mail_lists import with_prospects
from accounts.models import Employee, Employer, Provider
from accounts.permissions import NotAllowed, require_manager_of_employer, require_manager_of_provider
from emailtemplates import outbox, suppression
from emailtemplates.catalogue import MESSAGES, WAITED_FOR
from emailtemplates.clock import in_
from emailtemplates.models import REMOVED, UNDELIVERED, UNDERWAY, MailState, OutgoingEmail

# What is on the wire at this very moment cannot be taken back. Uncertain: a copy may have arrived; no other one will go.
CANCELLABLE = (MailState.QUEUED, MailState.HELD, MailState.LEASED, MailState.UNCERTAIN)
CANCELLED_BY = gettext_noop("cancelled by")
# Their link was made for one address, and opens for no other.
_FOR_ONE_ADDRESS = ("invitation", "administrator_invitation")


def present_address(mail: OutgoingEmail) -> str:
    """Where this mail would go now: the address that payroll or the administrator's account has."""
    if mail.employee is not None:
        return mail.employee.email
    return mail.account.email if mail.account is not None else ""


def why_not_retry(mail: OutgoingEmail) -> str | None:
    """None: possible, for a mail of with_prospects(). It did not arrive, there is somewhere to send it, and it is true."""
    if mail.why == REMOVED:
        return _("This e-mail was removed after the retention time.")
    if mail.state not in UNDELIVERED:
        return _("Only an e-mail that did not arrive can be sent again.")
    message = MESSAGES.get(mail.message)  # None: of an older version, that this one cannot send any more
    if message is None or message.priority == WAITED_FOR:
        return _("This was for somebody who waited for it at that moment. Whoever still needs it asks for a new one.")
    address = present_address(mail)
    if not address:
        return _("There is no e-mail address to send it to. Add it first.")
    moved = mail.message in _FOR_ONE_ADDRESS and address != mail.to_address
    if moved or not mail.is_true:  # type: ignore[attr-defined]  # annotated by with_prospects()
        return _no_longer_true(mail.message)
    return None


def _no_longer_true(message: str) -> str:
    match message:
        case "invitation" | "administrator_invitation":
            return _("Its link does not work any more. Invite again instead.")
        case "access_blocked":
            return _("The access is not blocked any more.")
        case "access_unblocked":
            return _("The access is blocked again, or nothing was told about the block.")
        case "username":
            return _("There is no access now, so the username is of no use.")
    return _("What it says is not true any more.")


@transaction.atomic
def retry_mail(*, mail: OutgoingEmail, by: Actor) -> bool:
    """Send the same mail once more, to the present address. False if it is on its way already.

    A promise of the same row: whoever did get it recognises the copy. The address counts as good again, because that
    is what somebody says who sends to it.
    """
    _require_manager(by, mail)
    mail = _held(mail)
    if mail.state in UNDERWAY:
        return False
    if refusal := why_not_retry(mail):
        raise ActRefused(refusal)
    address = present_address(mail)
    _release(mail, address)
    OutgoingEmail.objects.filter(pk=mail.pk).update(
        state=MailState.QUEUED,
        why="",
        to_address=address,
        not_before=Now(),
        expires_at=in_(MESSAGES[mail.message].lifetime),
        **dict.fromkeys(("attempts", "crashes", "unknown_outcomes"), 0),
        **dict.fromkeys(("sent_at", "finished_at", "attention_at"), None),
        esp_id="",
    )
    _record("mail_retried", mail, by)
    outbox.ring()
    return True


def why_not_cancel(mail: OutgoingEmail) -> str | None:
    """None: possible, while it was not handed over."""
    if mail.state == MailState.TRANSMITTING:
        return _("This e-mail is being sent at this very moment.")
    if mail.state not in CANCELLABLE:
        return _("This e-mail is not waiting any more, so there is nothing to cancel.")
    return None


@transaction.atomic
def cancel_mail(*, mail: OutgoingEmail, by: Actor) -> bool:
    """Never send a mail that still waits. False if it was cancelled before."""
    _require_manager(by, mail)
    mail = _held(mail)
    if mail.state == MailState.CANCELLED:
        return False
    if refusal := why_not_cancel(mail):
        raise ActRefused(refusal)
    OutgoingEmail.objects.filter(pk=mail.pk).update(
        state=MailState.CANCELLED,
        why=f"{CANCELLED_BY}: {by.name}"[:200],
        finished_at=Now(),
        lease_token=None,
        lease_until=None,
    )
    _record("mail_cancelled", mail, by)
    return True


@transaction.atomic
def try_address_again(*, mail: OutgoingEmail, by: Actor) -> bool:
    """Take the address that this mail did not reach for good again. False if it was not held back."""
    _require_manager(by, mail)
    if not _release(mail, mail.to_address):
        return False
    _record("address_tried_again", mail, by)
    return True


@transaction.atomic
def try_address_of_employee_again(*, employee: Employee, by: Actor) -> bool:
    """The same for the address that payroll has now."""
    require_manager_of_employer(by, employee.employer)
    if not suppression.try_again(provider_id=employee.employer.provider_id, address=employee.email):
        return False
    history.record("address_tried_again", about=employee, by=by)
    return True


@transaction.atomic
def mark_handled(*, mail: OutgoingEmail, by: Actor) -> bool:
    """Take a mail off the work list: somebody did what there was to do. False if it was not on it."""
    _require_manager(by, mail)
    if not OutgoingEmail.objects.filter(pk=mail.pk).exclude(attention_at=None).update(attention_at=None):
        return False
    _record("mail_handled", mail, by)
    return True


def may_manage_mail(by: Actor, mail: OutgoingEmail) -> bool:
    try:
        _require_manager(by, mail)
    except NotAllowed:
        return False
    return True


def _require_manager(by: Actor, mail: OutgoingEmail) -> None:
    if mail.employer is not None:
        require_manager_of_employer(by, mail.employer)
    elif mail.provider is not None:
        require_manager_of_provider(by, mail.provider)
    elif by.user is not None:
        raise NotAllowed


def _held(mail: OutgoingEmail) -> OutgoingEmail:
    """As it is now, until the transaction ends. The person first, as workers do, or the two would wait for each other."""
    if mail.employee is not None:
        Employee.objects.held(mail.employee)
    rows: Any = OutgoingEmail.objects.select_for_update(of=("self",))
    held: OutgoingEmail = with_prospects(rows).get(pk=mail.pk)
    return held


def _release(mail: OutgoingEmail, address: str) -> bool:
    return mail.provider_id is not None and suppression.try_again(provider_id=mail.provider_id, address=address)


def _record(act: str, mail: OutgoingEmail, by: Actor) -> None:
    """About the employee; of an administrator the name is noted, with the level that the mail belongs to."""
    about: Employee | Employer | Provider | None = mail.employee or mail.employer or mail.provider
    if about is None:
        return
    name = "" if mail.employee is not None or mail.account is None else mail.account.display_name
    history.record(act, about=about, by=by, after=name, reason=mail.message, mail=mail)
