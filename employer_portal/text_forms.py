"""Forms about e-mail texts. Forms check, acts act."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import password_field
from emailtemplates.text_rules import Fault

ABOVE = "above"


def words_of(fault: Fault) -> str:
    """A fault with its place before it."""
    if fault.place is None:
        return fault.words
    return f"{str(fault.place).capitalize()}: {fault.words}"


class TypedForm(forms.Form):
    """A subject and a body, exactly as typed; what is wrong with them the rules of texts say."""

    subject = forms.CharField(
        label=_("Subject"),
        required=False,
        strip=False,
        widget=forms.TextInput({"autocomplete": "off", "data-typed": True}),
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 16, "autocomplete": "off", "data-typed": True}),
    )

    def refuse(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.add_error(fault.field, words_of(fault))


class TextForm(TypedForm):
    """With `ask_password` when it was given too long ago, and `outdated` when the standard text has changed since."""

    # That of the text that is being changed; who sends none changes the newest.
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, ask_password: bool, outdated: bool, can_act: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_act:
            for name in ("subject", "body"):
                self.fields[name].widget.attrs["readonly"] = True
        if outdated:
            self.fields["compared"] = forms.BooleanField(
                label=_("I have looked at the new standard text; this one is as I want it"), required=False
            )
        if ask_password:
            self.fields["password"] = fresh_password_field()


class RestoreForm(forms.Form):
    """Which version comes back, or "above"; and of which field, or of both."""

    version = forms.CharField(max_length=6)
    field = forms.ChoiceField(required=False, choices=[("", ""), ("subject", ""), ("body", "")])

    def __init__(self, *args: Any, ask_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "restore_%s"  # there is another form with a password on the page
        if ask_password:
            self.fields["password"] = fresh_password_field()

    def clean_version(self) -> str:
        version: str = self.cleaned_data["version"]
        if version != ABOVE and not (version.isascii() and version.isdecimal()):
            raise ValidationError(gettext("Choose a version from the list."))
        return version


class PreviewForm(TypedForm):
    """What is typed, whom to show it for, and which part of the mail."""

    person = forms.UUIDField(required=False)
    find = forms.CharField(
        label=_("Show it for"),
        required=False,
        max_length=100,
        help_text=_("Name or personnel number of an employee. Empty: a sample person."),
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "form": "text-form"}),
    )
    part = forms.ChoiceField(required=False, choices=[("html", _("Layout")), ("plain", _("Plain text"))])


def fresh_password_field() -> forms.CharField:
    return password_field(
        _("Your password"),
        autocomplete="current-password",
        help_text=_("You gave it more than 15 minutes ago. It is asked again before the text of e-mails changes."),
    )
