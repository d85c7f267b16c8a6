"""The filters of a list of mails."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.mail_lists import GROUPS, Wanted
from emailtemplates.catalogue import MESSAGES
from employer_portal.forms import SearchForm

_GROUP_LABELS = {
    "underway": (_("Under way"), _("Everything under way")),
    "taken": (_("Sent"), _("Everything sent")),
    "undelivered": (_("Did not arrive"), _("Everything that did not arrive")),
    "not_sent": (_("Not sent on purpose"), _("Everything not sent on purpose")),
}
# A calendar goes further than a time zone can follow.
_IN_OUR_TIME = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


def _states() -> list[Any]:
    groups = [
        (label, [(key, everything), *((state, capfirst(state.label)) for state in GROUPS[key])])
        for key, (label, everything) in _GROUP_LABELS.items()
    ]
    return [("", _("All")), *groups]


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=_IN_OUR_TIME)


class EmailFilterForm(SearchForm):
    state = forms.ChoiceField(label=_("State"), required=False, choices=_states)
    message = forms.ChoiceField(
        label=_("Message"),
        required=False,
        choices=lambda: [("", _("All")), *((key, message.label) for key, message in MESSAGES.items())],
    )
    since = _day(_("From"))
    until = _day(_("Until"))

    def wanted(self) -> Wanted:
        """What was filled in well; a field that was not says so itself and counts as empty."""
        self.is_valid()
        well = {name: value for name, value in self.cleaned_data.items() if value}
        return Wanted(search=well.pop("q", ""), **well)
