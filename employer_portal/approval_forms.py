"""What a second administrator says about a collective mutation, and above which ceiling one is needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import password_field
from accounts.models import CollectiveCeiling
from employer_portal.forms import one_line

# What the column holds.
_MOST = 2_147_483_647


class ApproveForm(forms.Form):
    """With `ask_password` when it was given too long ago."""

    def __init__(self, *args: Any, ask_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ask_password:
            self.fields["password"] = password_field(
                _("Your password"),
                autocomplete="current-password",
                help_text=_(
                    "You gave it more than 15 minutes ago. It is asked again before something that concerns many people."
                ),
            )


class RejectForm(forms.Form):
    reason = one_line(
        _("Reason why not"), help_text=_("For administrators only; it stands in the history."), required=True
    )


class CeilingForm(forms.Form):
    number = forms.IntegerField(
        label=_("More than so many employees"),
        help_text=_("Empty: not looked at."),
        required=False,
        min_value=0,
        max_value=_MOST,
    )
    percent = forms.IntegerField(
        label=_("More than so many per cent of all employees"),
        help_text=_("Empty: not looked at."),
        required=False,
        min_value=1,
        max_value=100,
    )

    @classmethod
    def showing(cls, ceiling: CollectiveCeiling | None) -> "CeilingForm":
        """As things are."""
        return cls(initial={"number": ceiling.number, "percent": ceiling.percent} if ceiling else {})
