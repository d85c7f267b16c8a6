"""Forms about the sender of e-mails. Forms check, acts act."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.sender_codes import DIGITS
from emailtemplates.senders import LONGEST_ADDRESS, LONGEST_NAME, proper_address
from employer_portal.forms import only_visible

_TOO_LONG = _("At most %(limit_value)d characters; this has %(show_value)d.")


def not_an_address(name: str) -> None:
    """Mail programs show the name and hide the address: a name that looks like one would mislead."""
    if any(sign in name for sign in "@<>"):
        raise ValidationError(_("A name holds no @, < or >. The address has a field of its own."))


class SenderForm(forms.Form):
    """Both may stay empty: then it is as the level above has it."""

    sender_name = forms.CharField(
        label=_("Name of the sender"),
        required=False,
        max_length=LONGEST_NAME,
        validators=[only_visible, not_an_address],
        error_messages={"max_length": _TOO_LONG},
    )
    sender_address = forms.CharField(
        label=_("Address of the sender"),
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=forms.TextInput(
            {"type": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"max_length": _TOO_LONG},
    )

    def tell_above(self, name: str, address: str) -> None:
        """What counts where a field stays empty."""
        for field, value in (("sender_name", name), ("sender_address", address)):
            self.fields[field].help_text = gettext("Left empty: %(value)s") % {"value": value}

    def clean_sender_address(self) -> str:
        address: str = self.cleaned_data["sender_address"]
        return proper_address(address) if address else ""


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the e-mail"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Fill in the code from the e-mail.")},
    )

    def clean_code(self) -> str:
        """Spaces and dashes are often copied along."""
        code = "".join(sign for sign in self.cleaned_data["code"] if sign not in " -\u00a0\u2011")
        if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
            raise ValidationError(gettext("The code has %(digits)d digits.") % {"digits": DIGITS})
        return code

    def refuse(self, *, tries_left: int) -> None:
        """Not the code that was mailed."""
        if not tries_left:
            self.add_error("code", gettext("This is not the code. It was wrong too often; have a new one mailed."))
            return
        words = ngettext(
            "This is not the code. You have %(count)d try left.",
            "This is not the code. You have %(count)d tries left.",
            tries_left,
        )
        self.add_error("code", words % {"count": tries_left})
