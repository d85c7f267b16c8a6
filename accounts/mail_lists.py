"""Which mails there are at an employer or a provider, and finding some among them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.utils import timezone

from accounts import mail_verdicts
from accounts.models import Employee, Employer, Provider, User
from accounts.people import folded
from emailtemplates.models import TAKEN, UNDELIVERED, UNDERWAY, MailState, OutgoingEmail

Place = Employer | Provider
Mails = QuerySet[OutgoingEmail]

# States that mean nearly the same to who looks for a mail. A filter takes one of these or one state.
GROUPS: dict[str, tuple[MailState, ...]] = {
    "underway": UNDERWAY,
    "taken": TAKEN,
    "undelivered": UNDELIVERED,
    "not_sent": (MailState.CANCELLED, MailState.WITHHELD, MailState.SUPERSEDED),
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty or None: all of them. The days are whole, and both count."""

    search: str = ""
    state: str = ""
    message: str = ""
    since: date | None = None
    until: date | None = None


def mails_of(place: Place) -> Mails:
    """Every mail of one employer; or every mail of a provider, of its employers' people and its own administrators."""
    if isinstance(place, Employer):
        return OutgoingEmail.objects.filter(employer=place)
    return OutgoingEmail.objects.filter(provider=place)


def newest_first(mails: Mails) -> Mails:
    """With the people they are about."""
    return mails.select_related("employee__employer", "account", "employer").order_by("-created_at", "-pk")


def to_look_at(place: Place) -> Mails:
    """The work list: what did not arrive, and nobody did anything about yet. Newest first."""
    # The provider is named for an employer too, because the index begins with it.
    provider = place.provider_id if isinstance(place, Employer) else place.pk
    return mails_of(place).filter(provider=provider).exclude(attention_at=None).order_by("-attention_at", "-pk")


def with_prospects(mails: Mails) -> Mails:
    """With the people they are about and `is_true`: whether what it tells still holds. For mails.why_not_retry."""
    is_true = Case(
        When(mail_verdicts.still_true(), then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    return mails.select_related("employee__employer", "account", "employer", "provider").annotate(is_true=is_true)


def found(place: Place, wanted: Wanted) -> Mails:
    """Those of the mails of a place that fit everything that is wanted."""
    mails = mails_of(place)
    if wanted.search:
        mails = mails.filter(_about_somebody(place, folded(wanted.search)))
    if wanted.state:
        mails = mails.filter(state__in=GROUPS.get(wanted.state, (wanted.state,)))
    if wanted.message:
        mails = mails.filter(message=wanted.message)
    if wanted.since:
        mails = mails.filter(created_at__gte=_midnight(wanted.since))
    if wanted.until:
        mails = mails.filter(created_at__lt=_midnight(wanted.until + timedelta(days=1)))
    return mails


def _about_somebody(place: Place, search: str) -> Q:
    """About a person whose name, number or address contains each of the words."""
    people = Employee.objects.matching(search)
    at_place = people.filter(employer=place) if isinstance(place, Employer) else people.filter(employer__provider=place)
    condition = Q(employee__in=at_place)
    # Asked for first: nearly always there is none, and then the database has one thing to look for instead of two.
    administrators = [user.pk for user in _administrators(place) if _matches(user, search)]
    return condition | Q(employee=None, account__in=administrators) if administrators else condition


def _administrators(place: Place) -> QuerySet[User]:
    rights = Q(administrators__employer=place) if isinstance(place, Employer) else Q(administrators__provider=place)
    return User.objects.filter(rights).distinct()


def _matches(user: User, search: str) -> bool:
    about = folded(f"{user.name} {user.username} {user.email}")
    return all(word in about for word in search.split())


def _midnight(day: date) -> datetime:
    """The beginning of that day on the clock on the wall."""
    return timezone.make_aware(datetime.combine(day, time()))
