"""Whom a collective mutation over several employers is for."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Employer
from employer_portal.collective_forms import SelectForm

EVERY_EMPLOYER = "all"
# Of more the page would be long, and the request larger than we take; searching finds the others.
MOST_EMPLOYERS = 100


class ProviderSelectForm(SelectForm):
    """Over several employers: those that are ticked, or expressly all of them."""

    employers_q = forms.CharField(label=_("Search employers"), required=False, max_length=100)
    employers = forms.MultipleChoiceField(
        label=_("Employers"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick the employers, or choose all of them."),
            "invalid_choice": _("Choose employers from the list."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everyone = self.employers_here()
        field = self.choices("employers")
        self.employer_count = everyone.count()
        named = everyone.filter(public_id__in=_uuids(self["employers"].value() or []))
        found = everyone.matching(str(self["employers_q"].value() or "")[:100].replace("\0", ""))[:MOST_EMPLOYERS]
        shown = {employer.pk: employer for employer in [*named, *found]}.values()
        self.more_employers = len(found) == MOST_EMPLOYERS
        each = [(str(employer.public_id), f"{employer.name} ({employer.client_number})") for employer in shown]
        field.choices = [(EVERY_EMPLOYER, gettext("All employers")), *each]

    def ways(self) -> Collection[str]:
        return ("all", "filter")

    def clean_employers(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["employers"]
        if EVERY_EMPLOYER in chosen and len(chosen) > 1:
            raise ValidationError(gettext("Choose all employers, or tick some of them: not both."))
        return chosen

    def employers_here(self) -> Any:
        return Employer.objects.filter(provider=self.place.pk).order_by("name", "pk")

    def chosen_employers(self) -> Collection[Employer]:
        chosen = self.cleaned_data["employers"]
        return list(
            self.employers_here() if chosen == [EVERY_EMPLOYER] else self.employers_here().filter(public_id__in=chosen)
        )


def _uuids(texts: Collection[str]) -> list[UUID]:
    """Those that are one."""
    found = []
    for text in texts:
        try:
            found.append(UUID(str(text)))
        except ValueError:
            continue
    return found
