"""The people of a collective mutation as its page and its files show them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.collective import export, results
from accounts.collective.results import Person, warning_of, word_of
from accounts.collective.verdicts import kind_of
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, Employer
from emailtemplates.models import MailState
from employer_portal import mail_words, result_words
from employer_portal.mail_rows import employee_url, url_of
from employer_portal.preview_panel import Tile


@dataclass(frozen=True)
class Row:
    person: Person
    url: str
    employer: str  # where that is not clear from the page
    state: str
    label: str
    reason: str
    was: str  # the verdict, where something else came of it
    mail_url: str
    mail_label: str
    mail_reason: str


def tiles_of(mutation: CollectiveMutation) -> list[Tile]:
    """The kinds that there are; their counts add up to everybody who was judged."""
    counts = results.counts(mutation)
    happened = mutation.state in results.BEGUN
    return [
        Tile(kind, capfirst(result_words.kind_label(kind, happened=happened)), result_words.number(counts[kind]), icon)
        for kind, icon in result_words.KIND_BADGES.items()
        if counts.get(kind)
    ]


def rows_of(mutation: CollectiveMutation, people: Iterable[Person], place: Place) -> list[Row]:
    return [_row_of(mutation, person, place) for person in people]


def _row_of(mutation: CollectiveMutation, person: Person, place: Place) -> Row:
    mail = person.mail
    begun = mutation.state in results.BEGUN
    kind = _kind_of(person, begun=begun)
    return Row(
        person=person,
        url=employee_url("employee", person.employee),
        employer="" if isinstance(place, Employer) else person.employee.employer.name,
        state=result_words.KIND_BADGES[kind],
        label=capfirst(result_words.kind_label(kind, happened=begun)),
        reason=capfirst(result_words.reason_for(person.outcome) if begun else _of_verdict(person)),
        was=word_of(person.verdict) if person.was_judged_anew else "",
        mail_url=url_of("email", mail, place) if mail else "",
        mail_label=capfirst(mail.get_state_display()) if mail else "",
        mail_reason=mail_words.reason_of(mail) if mail else "",
    )


def _kind_of(person: Person, *, begun: bool) -> str:
    if not begun:
        return kind_of(person.verdict, person.warning)
    return results.NOT_REACHED if person.outcome is None else kind_of(person.outcome)


def _of_verdict(person: Person) -> str:
    return warning_of(person.warning) or result_words.reason_for(person.verdict)


def head(place: Place) -> list[str]:
    """The first line of a file; at the provider a personnel number alone says too little."""
    columns = [
        _("Personnel number"), _("Name"), _("Department"), _("E-mail address"), _("Verdict"), _("Warning"), _("Outcome"),
        _("Reason"), _("State of the e-mail"), _("Reason of the e-mail"), _("Time"),
    ]  # fmt: skip
    return columns if isinstance(place, Employer) else [_("Employer"), *columns]


def lines(mutation: CollectiveMutation, place: Place) -> Iterator[list[str]]:
    """Everybody, for a file, in the language that is on now; made while it is sent, when another one may be."""
    language = translation.get_language()
    for people in export.batches(mutation):
        times = results.times_of(mutation, [person.employee.pk for person in people])
        with translation.override(language):
            batch = [_line(person, place, times) for person in people]
        yield from batch


def _line(person: Person, place: Place, times: Mapping[int, datetime]) -> list[str]:
    employee, mail = person.employee, person.mail
    at = times.get(employee.pk)
    line = [
        employee.personnel_number,
        employee.sorted_name,
        employee.department.name if employee.department else "",
        employee.email,
        word_of(person.verdict),
        warning_of(person.warning),
        result_words.outcome_label(person.outcome),
        result_words.reason_for(person.outcome),
        # Not get_state_display(), which looks at all the labels and makes a file take twice as long.
        str(MailState(mail.state).label) if mail else "",
        mail_words.reason_of(mail) if mail else "",
        timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else "",
    ]
    return line if isinstance(place, Employer) else [employee.employer.name, *line]
