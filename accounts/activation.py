"""Accepting an invitation: date of birth, then a username and password of one's own, or the account one has."""

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import history, passwords, tokens, usernames
from accounts.actor import Actor
from accounts.invitations import end
from accounts.models import Employee, Invitation, InvitationEnd, Language, User

# A typing error or two is human; guessing a date is not.
DATE_OF_BIRTH_TRIES = 5
PURPOSE = "invitation"


class InvitationNotValid(Exception):
    """Used, withdrawn, replaced, expired or never ours: the person is told the same for all of them."""


class AlreadyEmployeeHere(Exception):
    """The existing account belongs to another employee of this employer."""


def token_of(invitation: Invitation) -> str:
    """The secret part of the invitation's link."""
    return tokens.make(PURPOSE, invitation.pk, invitation.employee_id, invitation.email)


def find(token: str) -> Invitation:
    """The invitation this token was made for. Looking uses nothing up. Raises InvitationNotValid."""
    row = tokens.row_of(token)
    invitation = Invitation.objects.filter(pk=row).first() if row else None
    if invitation is None or not tokens.fits(token, PURPOSE, invitation.pk, invitation.employee_id, invitation.email):
        raise InvitationNotValid
    return find_by_id(invitation.pk)


def find_by_id(invitation_id: UUID) -> Invitation:
    """The same for a browser that showed the token before. Raises InvitationNotValid."""
    invitation = (
        Invitation.objects.usable().filter(pk=invitation_id).select_related("employee__employer__provider").first()
    )
    if invitation is None:
        raise InvitationNotValid
    return invitation


@transaction.atomic
def check_date_of_birth(*, invitation_id: UUID, date_of_birth: date, address: str | None) -> int | None:
    """None if the date is right, else how many tries are left; with the fifth wrong one the invitation ends."""
    invitation = _locked(invitation_id)
    if invitation.employee.date_of_birth == date_of_birth:
        return None
    Invitation.objects.filter(pk=invitation.pk).update(wrong_dates_of_birth=F("wrong_dates_of_birth") + 1)
    left = DATE_OF_BIRTH_TRIES - invitation.wrong_dates_of_birth - 1
    if left <= 0:
        end(invitation, InvitationEnd.WRONG_DATE_OF_BIRTH, by=_invited(invitation, address))
    return left


@transaction.atomic
def activate(*, invitation_id: UUID, username: str, password: str, address: str | None) -> User:
    """Make the account and use the invitation up.

    Raises InvitationNotValid, UsernameRefused or ValidationError (password); then the invitation stays good.
    """
    invitation = _locked(invitation_id)
    employee = invitation.employee
    name = usernames.check(username, own_addresses={employee.email})
    key = usernames.canonical(name)
    if not usernames.is_free(key):
        raise usernames.not_available()
    user = User(username=name, username_key=key, language=employee.language or Language.DUTCH)
    passwords.check_new_password(password, user=_resembling(user, employee))
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise usernames.not_available() from None
    _use(invitation, user, address)
    return user


@transaction.atomic
def link_account(*, invitation_id: UUID, user: User, address: str | None) -> None:
    """Let somebody who has an account with another employer use that one here too."""
    invitation = _locked(invitation_id)
    at_this_employer = Employee.objects.filter(employer=invitation.employee.employer_id, account=user)
    if user.administrators.exists() or at_this_employer.exists():
        raise AlreadyEmployeeHere
    try:
        with transaction.atomic():
            _use(invitation, user, address)
    except IntegrityError:  # another invitation here was linked at the same moment
        raise AlreadyEmployeeHere from None


def _locked(invitation_id: UUID) -> Invitation:
    """The good invitation, with its employee held, so that of two browsers only one uses it."""
    employee = Employee.objects.filter(invitations=invitation_id).select_for_update(no_key=True, of=("self",)).first()
    if employee is None:
        raise InvitationNotValid
    return find_by_id(invitation_id)


def _use(invitation: Invitation, user: User, address: str | None) -> None:
    employee = invitation.employee
    Invitation.objects.filter(pk=invitation.pk).update(used_at=Now())
    Employee.objects.filter(pk=employee.pk).update(account=user)
    employee.account = user
    by = Actor(user=user, name=employee.name, address=address)
    history.record("access_activated", about=employee, by=by, before="invited", after="active")


def _invited(invitation: Invitation, address: str | None) -> Actor:
    """Somebody who holds the link but has not shown to be the employee."""
    return Actor(user=None, name=invitation.email, address=address)


def _resembling(user: User, employee: Employee) -> User:
    """The account with the person's data on it, for the check that a password does not look like them."""
    return User(username=user.username, name=employee.name, email=employee.email)
