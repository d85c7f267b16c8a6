"""The preview of a collective mutation: what will happen, to how many, and to whom."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.collective import results
from accounts.collective.acts import ACTS
from accounts.collective.verdicts import Kind, affected, kind_of
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, Employee, Employer, SelectedEmployee
from employer_portal.mail_rows import employee_url
from employer_portal.result_words import KIND_BADGES, kind_label, number, reason_for

# Shown also when nobody is of that kind: that it is nobody is what one looks for.
ALWAYS = (Kind.CHANGE, Kind.NOTHING, Kind.STOPPED)
_WILL: dict[str, str | Promise] = {
    "block-access": ngettext_lazy(
        "%(count)s employee is signed out everywhere at once, and cannot sign in any more.",
        "%(count)s employees are signed out everywhere at once, and cannot sign in any more.",
        "number",
    ),
    "unblock-access": ngettext_lazy(
        "%(count)s employee can sign in again, with the same username and password.",
        "%(count)s employees can sign in again, with the same username and password.",
        "number",
    ),
    "resend-username": ngettext_lazy(
        "%(count)s employee gets an e-mail with the username. The password stays as it is.",
        "%(count)s employees get an e-mail with their username. Passwords stay as they are.",
        "number",
    ),
    "invite": ngettext_lazy(
        "%(count)s employee gets an e-mail with a link that works for 4 days.",
        "%(count)s employees get an e-mail with a link that works for 4 days.",
        "number",
    ),
    "undo-block-access": ngettext_lazy(
        "%(count)s employee gets back what the block took: the access, or the open invitation.",
        "%(count)s employees get back what the block took: their access, or their open invitation.",
        "number",
    ),
    "undo-unblock-access": ngettext_lazy(
        "%(count)s employee is blocked again. Whoever was told of the unblock is told of this too.",
        "%(count)s employees are blocked again. Whoever was told of the unblock is told of this too.",
        "number",
    ),
    "undo-resend-username": ngettext_lazy(
        "%(count)s e-mail that has not left yet is cancelled.",
        "%(count)s e-mails that have not left yet are cancelled.",
        "number",
    ),
    "undo-invite": ngettext_lazy(
        "The invitation of %(count)s employee is withdrawn: its link stops working.",
        "The invitations of %(count)s employees are withdrawn: their links stop working.",
        "number",
    ),
}
_BUTTONS: dict[str, str | Promise] = {
    "block-access": ngettext_lazy(
        "Block access of %(count)s employee", "Block access of %(count)s employees", "number"
    ),
    "unblock-access": ngettext_lazy(
        "Unblock access of %(count)s employee", "Unblock access of %(count)s employees", "number"
    ),
    "resend-username": ngettext_lazy(
        "Send username to %(count)s employee", "Send username to %(count)s employees", "number"
    ),
    "invite": ngettext_lazy("Give access to %(count)s employee", "Give access to %(count)s employees", "number"),
}
# What takes something back, whichever it is.
_UNDO = ngettext_lazy("Undo for %(count)s employee", "Undo for %(count)s employees", "number")
# These say in their own sentence who gets a mail; of the others it is said apart.
_SAY_IT_THEMSELVES = ("resend-username", "invite", "undo-unblock-access")


@dataclass(frozen=True)
class Tile:
    """One kind with its count; a filter of the list. The one of «» is everybody."""

    kind: str
    label: str
    count: str
    icon: str


@dataclass(frozen=True)
class Row:
    name: str
    personnel_number: str
    employer: str  # where that is not clear from the page
    url: str
    verdict: str
    reason: str  # of what is not done, or the warning
    icon: str


def sentence_of(mutation: CollectiveMutation, *, sample_for: Employee | None) -> str:
    """What confirming it will do."""
    withdrawn = mutation.verdicts.get(Kind.WITHDRAW, 0)
    changed = affected(mutation.verdicts) - withdrawn
    sentences = [_counted(_WILL[mutation.act], changed)] if changed else []
    if changed and ACTS[mutation.act].message and mutation.act not in _SAY_IT_THEMSELVES:
        sentences.append(_("An e-mail about it is sent.") if sample_for else _("No e-mail is sent."))
    if withdrawn:
        said = ngettext(
            "%(count)s open invitation is withdrawn.", "%(count)s open invitations are withdrawn.", withdrawn
        )
        sentences.append(said % {"count": number(withdrawn)})
    return " ".join(sentences) or _("There is nobody to change.")


def button_of(mutation: CollectiveMutation) -> str:
    """The act and how many people it changes, never only «OK»."""
    return _counted(_BUTTONS.get(mutation.act, _UNDO), affected(mutation.verdicts))


def tiles_of(mutation: CollectiveMutation) -> list[Tile]:
    """Everybody, and then kinds whose counts add up to that."""
    counts = mutation.verdicts
    kinds = [kind for kind in Kind if kind in ALWAYS or counts.get(kind)]
    return [
        Tile("", _("Everybody"), number(mutation.selected), "people"),
        *(_tile(kind, counts.get(kind, 0)) for kind in kinds),
    ]


def rows_of(found: list[SelectedEmployee], place: Place) -> list[Row]:
    return [_row_of(selected, place) for selected in found]


def _tile(kind: Kind, count: int) -> Tile:
    return Tile(kind.value, capfirst(kind_label(kind, happened=False)), number(count), KIND_BADGES[kind])


def _row_of(selected: SelectedEmployee, place: Place) -> Row:
    employee, kind = selected.employee, kind_of(selected.verdict, selected.warning)
    return Row(
        name=employee.sorted_name,
        personnel_number=employee.personnel_number,
        employer="" if isinstance(place, Employer) else employee.employer.name,
        url=employee_url("employee", employee),
        verdict=capfirst(kind_label(kind, happened=False)),
        reason=capfirst(_reason(selected, kind)),
        icon=KIND_BADGES[kind],
    )


def _reason(selected: SelectedEmployee, kind: Kind) -> str:
    """A warning counts only for who will be changed."""
    return results.warning_of(selected.warning) if kind == Kind.WARNING else reason_for(selected.verdict)


def _counted(words: Any, count: int) -> str:
    return str(words % {"number": count, "count": number(count)})
