"""Forms about one's own account. Forms check, acts act."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.passwords import MAX_LENGTH as PASSWORD_MAX
from accounts.usernames import MAX_LENGTH as USERNAME_MAX


def username_field(*, autocomplete: str = "username") -> forms.CharField:
    attrs = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
    required = {"required": _("Fill in your username.")}
    return forms.CharField(
        label=_("Username"), max_length=USERNAME_MAX, widget=forms.TextInput(attrs), error_messages=required
    )


def password_field(label: Any, *, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """Taken exactly as typed: spaces count, nothing is cut off."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    required = {"required": _("Fill in a password.")}
    return forms.CharField(
        label=label,
        strip=False,
        max_length=PASSWORD_MAX,
        widget=widget,
        help_text=help_text,
        error_messages=required,
    )


class SignInForm(forms.Form):
    username = username_field()
    password = password_field(_("Password"), autocomplete="current-password")

    def refuse(self) -> None:
        """The same words for a wrong name, a wrong password and withheld access."""
        self.add_error(None, gettext("This username and password do not go together, or you have no access."))


class ForgottenPasswordForm(forms.Form):
    username = username_field()


class NewPasswordForm(forms.Form):
    new_password = password_field(
        _("New password"),
        autocomplete="new-password",
        help_text=_("At least 12 characters. A few words in a row are easy to remember and hard to guess."),
    )
    new_password_again = password_field(_("New password again"), autocomplete="new-password")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("new_password"), cleaned.get("new_password_again")
        if first and second and first != second:
            self.add_error("new_password_again", ValidationError(gettext("The two passwords are not the same.")))
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    current_password = password_field(_("Current password"), autocomplete="current-password")
    field_order = ["current_password", "new_password", "new_password_again"]


class ChangeUsernameForm(forms.Form):
    username = username_field()
    current_password = password_field(_("Current password"), autocomplete="current-password")


class DateOfBirthForm(forms.Form):
    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Fill in your date of birth."),
            "invalid": _("Fill in a date, such as 31-12-1980."),
        },
    )

    def clean_date_of_birth(self) -> date:
        born: date = self.cleaned_data["date_of_birth"]
        if not born.year >= 1900 or born > timezone.localdate():
            raise ValidationError(gettext("This date cannot be a date of birth."))
        return born


class ActivateForm(NewPasswordForm):
    username = username_field()
    field_order = ["username", "new_password", "new_password_again"]
