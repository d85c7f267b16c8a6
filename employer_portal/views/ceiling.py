"""The ceiling of collective mutations at one employer. The page itself is that of the settings."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.collective import approval
from accounts.permissions import NotAllowed, require_manager_of_provider
from accounts.views.page import PortalRequest
from employer_portal.approval_forms import CeilingForm
from employer_portal.reach import employer_in_reach
from employer_portal.views.switches import back_to_settings, settings_page


@require_POST
def change_ceiling(request: PortalRequest, employer_id: UUID) -> HttpResponse:
    employer = employer_in_reach(request, employer_id)
    form = CeilingForm(request.POST)
    try:
        require_manager_of_provider(request.actor, employer.provider)
        if not form.is_valid():
            return settings_page(request, employer, ceiling_form=form, status=422)
        changed = approval.set_ceiling(employer=employer, by=request.actor, **form.cleaned_data)
    except NotAllowed:
        raise PermissionDenied from None
    messages.success(request, _("Saved.") if changed else _("This was saved already."))
    return back_to_settings(employer)
