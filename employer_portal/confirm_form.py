"""Confirming a collective mutation: what has to be filled in depends on what it does, and to how many."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.collective.acts import ACTS
from accounts.collective.confirm import TYPED_ABOVE, Confirmation
from accounts.collective.verdicts import affected
from accounts.forms import password_field
from accounts.models import CollectiveMutation
from employer_portal.forms import do_not_mail_field, one_line


class ConfirmForm(forms.Form):
    """With `ask_password` when it was given too long ago."""

    def __init__(self, *args: Any, mutation: CollectiveMutation, ask_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act, count = ACTS[mutation.act], affected(mutation.verdicts)
        self.fields["reason"] = _reason(required=act.needs_reason)
        if act.key == "block-access":
            self.fields["shown_reason"] = one_line(
                _("Reason shown to the employee"), help_text=_("Optional. It is shown in the e-mail."), required=False
            )
        if act.message:
            self.fields["do_not_mail"] = do_not_mail_field()
        if count > TYPED_ABOVE:
            self.fields["number"] = _number(count)
        if ask_password:
            self.fields["password"] = _password()

    def confirmation(self) -> Confirmation:
        """What was filled in, for the act."""
        return Confirmation(**{name: value for name, value in self.cleaned_data.items() if name != "password"})


def _reason(*, required: bool) -> forms.CharField:
    only_here = _("For administrators only; never in an e-mail.")
    optional = _("Optional. For administrators only; never in an e-mail.")
    return one_line(_("Reason"), help_text=only_here if required else optional, required=required)


def _number(count: int) -> forms.IntegerField:
    """Digits alone: whoever types a sign between them is told how it should be."""
    wrong = gettext("Type how many people this changes: %(count)s.") % {"count": count}
    return forms.IntegerField(
        label=gettext("Type %(count)s to confirm") % {"count": count},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": wrong, "invalid": wrong},
    )


def _password() -> forms.CharField:
    return password_field(
        _("Your password"),
        autocomplete="current-password",
        help_text=_(
            "You gave it more than 15 minutes ago. It is asked again before something that concerns many people."
        ),
    )
