"""A text as a mail to somebody: a sample person, or an employee within reach. Secrets are blanked, links lead nowhere."""

from datetime import timedelta
from html import escape
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from accounts.invitations import expiry
from accounts.mail_facts import Person, changes, moment
from accounts.mail_lists import Place
from accounts.models import Employee, Employer, User
from accounts.models.employee import EmployeeQuerySet
from accounts.password_links import RESET_LIFETIME
from accounts.people import folded
from emailtemplates.catalogue import MESSAGES
from emailtemplates.clock import database_now
from emailtemplates.rendering import Rendered, render_text
from emailtemplates.texts import Text

# To choose from; who is not among them is found with one more letter.
MOST_FOUND = 6


def found_at(place: Place, user: User, search: str) -> list[Employee]:
    """The first employees of this place, within reach, whose name, number or address contains each of the words."""
    if not search.strip():
        return []
    return list(_people(place, user).matching(folded(search)).order_by("last_name", "first_name", "pk")[:MOST_FOUND])


def person_at(place: Place, user: User, public_id: UUID) -> Employee | None:
    """The employee of this id; None: there is none at this place within reach."""
    return _people(place, user).filter(public_id=public_id).first()


def mail_of(text: Text, message: str, language: str, *, place: Place, employee: Employee | None) -> Rendered:
    """The mail that this text makes for an employee, or for the sample person; written by what writes every mail."""
    with translation.override(language):
        person = _as_person(employee) if employee else _sample_person(place)
        blank = _("[link]")
        values = {**person.placeholders(), **_own(message, person, blank)}
    rendered = render_text(text, message, language, values)
    # A button that leads nowhere.
    nowhere = f' href="{escape(blank)}"'
    return Rendered(subject=rendered.subject, html=rendered.html.replace(nowhere, ""), text=rendered.text)


def _people(place: Place, user: User) -> EmployeeQuerySet:
    people = Employee.objects.reached_by(user).select_related("employer__provider", "account")
    return people.filter(employer=place) if isinstance(place, Employer) else people.filter(employer__provider=place)


def _as_person(employee: Employee) -> Person:
    return Person(
        name=employee.name,
        first_name=employee.first_name or employee.name,
        username=employee.account.username if employee.account else _("[username]"),
        employer=employee.employer.name,
        provider=employee.employer.provider.name,
        portal=_portal(),
    )


def _sample_person(place: Place) -> Person:
    employer, provider = (
        (place.name, place.provider.name) if isinstance(place, Employer) else (_("Example Company"), place.name)
    )
    return Person(
        name="Anna de Vries",
        first_name="Anna",
        username="anna.devries",
        employer=employer,
        provider=provider,
        portal=_portal(),
    )


def _own(message: str, person: Person, blank: str) -> dict[str, str]:
    """A sample of each placeholder that only this message knows."""
    now = database_now()
    until = expiry(now) if message == "invitation" else now + RESET_LIFETIME
    samples = {
        "Link": blank,
        "LinkGeldigTot": moment(until),
        "Reden": _("Your employment has ended."),
        "Einddatum": formats.date_format(timezone.localdate() + timedelta(days=30), "j F Y"),
        "AantalNietGedownload": "3",
        "Gebruikersnaam": person.username,
        "Wijziging": changes()["password"],
        "Tijdstip": moment(now),
    }
    return {name: samples[name] for name in MESSAGES[message].placeholders}


def _portal() -> str:
    return settings.BASE_URL + reverse("employee_portal:home")
