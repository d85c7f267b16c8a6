"""The panel «Vier ogen»: above how many people a second administrator has to approve."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import CollectiveCeiling, Employer, Provider
from accounts.views.page import PortalRequest
from employer_portal.approval_forms import CeilingForm
from employer_portal.result_words import number


@dataclass(frozen=True)
class CeilingPanel:
    sentence: str
    form: CeilingForm
    can_change: bool  # whoever could lift it at the employer itself would need no second one


def ceiling_panel(request: PortalRequest, at: Provider | Employer, *, form: CeilingForm | None) -> CeilingPanel | None:
    """With the form where it comes back with errors. None: the provider has no ceiling of its own."""
    if isinstance(at, Provider):
        return None
    ceiling = CollectiveCeiling.objects.filter(employer=at).first()
    can_change = Provider.objects.managed_by(request.user).filter(pk=at.provider_id).exists()
    return CeilingPanel(_sentence(ceiling), form or CeilingForm.showing(ceiling), can_change)


def _sentence(ceiling: CollectiveCeiling | None) -> str:
    if ceiling is None:
        return _("One administrator is enough for a collective mutation of any size.")
    limits = []
    if ceiling.number is not None:
        said = ngettext("%(count)s employee", "%(count)s employees", ceiling.number)
        limits.append(said % {"count": number(ceiling.number)})
    if ceiling.percent is not None:
        limits.append(_("%(count)s per cent of all employees") % {"count": number(ceiling.percent)})
    return _("A second administrator approves a collective mutation that changes more than %(limit)s.") % {
        "limit": _(" or more than ").join(limits)
    }
