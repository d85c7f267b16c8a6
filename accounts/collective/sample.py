"""The mail that a collective mutation would send, as one person of its preview would get it. Its secrets are blanked."""

from html import escape

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import mail_facts
from accounts.collective.acts import ACTS
from accounts.collective.verdicts import Verdict
from accounts.invitations import expiry
from accounts.models import AccessBlock, CollectiveMutation, Employee, Language, SelectedEmployee
from emailtemplates import switches
from emailtemplates.clock import database_now
from emailtemplates.rendering import Rendered


def person_of(mutation: CollectiveMutation) -> Employee | None:
    """The first one who will be changed and gets a mail about it; None: nobody does."""
    message, employers = ACTS[mutation.act].message, mutation.selection["employers"]
    if not message:
        return None
    told = switches.where_on(message, provider_id=mutation.provider_id, employers=employers)
    rows: QuerySet[SelectedEmployee] = mutation.selection_rows.filter(verdict=Verdict.CHANGE, employer__in=told)
    first = rows.exclude(employee__email="").order_by("employee_id").values("employee_id")[:1]
    return Employee.objects.select_related("employer__provider", "account").filter(pk__in=first).first()


def mail_to(employee: Employee, mutation: CollectiveMutation) -> Rendered:
    """As this person would read it; no link is made, not even to be thrown away."""
    message = ACTS[mutation.act].message
    with translation.override(employee.language or Language.DUTCH):
        blank = _("[link]")
        own = _own(message, employee, mutation, blank)
    rendered = mail_facts.preview(message, employee, own)
    # A button that leads nowhere.
    html = rendered.html.replace(f' href="{escape(blank)}"', "")
    return Rendered(subject=rendered.subject, html=html, text=rendered.text)


def _own(message: str, employee: Employee, mutation: CollectiveMutation, blank: str) -> dict[str, str]:
    match message:
        case "access_blocked":
            return {"Reden": _shown_reason(employee, mutation)}
        case "invitation":
            return {"Link": blank, "LinkGeldigTot": mail_facts.moment(expiry(database_now()))}
        case "username":
            return {"Gebruikersnaam": employee.account.username if employee.account else ""}
    return {}


def _shown_reason(employee: Employee, mutation: CollectiveMutation) -> str:
    """Of a block that comes back; that of a new one is still being typed."""
    if mutation.undoes is None:
        return ""
    lifted = mutation.undoes.outcome_rows.filter(employee=employee).values("made")
    block = AccessBlock.objects.filter(pk__in=lifted).first()
    return block.shown_reason if block else ""
