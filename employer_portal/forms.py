"""Forms of the employer portal. Forms check, acts act."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessState, Employer
from accounts.people_rows import is_invisible
from emailtemplates.catalogue import MESSAGES


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=100)


class EmployeeFilterForm(SearchForm):
    state = forms.ChoiceField(label=_("Access"), required=False)
    department = forms.ChoiceField(label=_("Department"), required=False)
    service = forms.ChoiceField(
        label=_("Employment"),
        required=False,
        choices=[("", _("All")), ("in", _("In service")), ("out", _("Out of service"))],
    )

    def __init__(self, *args: Any, employer: Employer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = employer.departments.order_by("name").values_list("name", flat=True)
        choices: dict[str, Any] = {
            "state": [("", _("All")), *AccessState.choices],
            "department": [("", _("All")), *((name, name) for name in names)],
        }
        for name, options in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = options


def only_visible(text: str) -> None:
    """A reason is read by others, and must hold nothing that they cannot see."""
    if any(is_invisible(sign) for sign in text):
        raise ValidationError(_("There is a character in it that cannot be seen. Type it again."))


def one_line(label: Any, *, help_text: Any, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=500,
        error_messages={"required": _("Fill in a reason.")},
        validators=[only_visible],
    )


def do_not_mail_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=_("Do not mail"), required=False, help_text=_("The history shows that you withheld the e-mail.")
    )


class BlockForm(forms.Form):
    reason = one_line(_("Reason"), help_text=_("For administrators only; never in an e-mail."), required=True)
    shown_reason = one_line(
        _("Reason shown to the employee"), help_text=_("Optional. It is shown in the e-mail."), required=False
    )
    do_not_mail = do_not_mail_field()


class UnblockForm(forms.Form):
    do_not_mail = do_not_mail_field()


class SwitchForm(forms.Form):
    """One choice for each optional message: on, off, or as the level above."""

    def __init__(self, *args: Any, above: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, message in MESSAGES.items():
            if message.optional:
                choices = [("", above), ("on", _("On")), ("off", _("Off"))]
                self.fields[key] = forms.ChoiceField(label=str(message.label), required=False, choices=choices)
