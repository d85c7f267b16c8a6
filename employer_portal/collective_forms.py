"""Whom a collective mutation is for. Forms check, acts act."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.collective import numbers as numbers_of
from accounts.collective import selection
from accounts.collective.selection import Filters, NothingSelected, Selection
from accounts.mail_lists import Place
from accounts.models import AccessState, Department, Employer
from accounts.uploads import LARGEST_FILE

FILTERS = (
    "state", "department", "in_service_on", "out_of_service_on", "left_from", "left_until", "last_sign_in_before",
    "never_signed_in", "no_email",
)  # fmt: skip
# Which fields count for which way of selecting; what stands in the others is kept, and not looked at.
WAYS = {"all": (), "filter": FILTERS, "ticked": (), "numbers": ("numbers", "file")}
# Whoever has more of them to mend has the wrong list.
MOST_FAULTS = 50
# A calendar goes further than a time zone can follow.
_IN_OUR_TIME = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=_IN_OUR_TIME,
        error_messages={"invalid": _("Fill in a date, such as 31-12-2026.")},
    )


class SelectForm(forms.Form):
    """At one employer. `select` has no answer of its own: what is not said is an error, never «everyone»."""

    select = forms.ChoiceField(
        label=_("Who is it for?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who it is for."), "invalid_choice": _("Choose who it is for.")},
    )
    state = forms.ChoiceField(label=_("Access"), required=False, choices=[("", _("All")), *AccessState.choices])
    department = forms.ChoiceField(label=_("Department"), required=False)
    in_service_on = _day(_("In service on"))
    out_of_service_on = _day(_("Out of service on"))
    left_from = _day(_("Left from"))
    left_until = _day(_("Left until"))
    last_sign_in_before = _day(_("Last signed in before"))
    never_signed_in = forms.BooleanField(label=_("Has access and never signed in"), required=False)
    no_email = forms.BooleanField(label=_("Has no e-mail address"), required=False)
    numbers = forms.CharField(
        label=_("Personnel numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One on each line, or with commas between them."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,  # what is wrong with it is said by who reads it
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
        help_text=_("CSV or XLSX, at most 5 MB, with the personnel numbers in the first column."),
    )

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        departments = Department.objects.filter(employer__in=self.employers_here()).order_by("name")
        names = [("", _("All")), *((name, name) for name in departments.values_list("name", flat=True).distinct())]
        self.choices("select").choices = [(way, way) for way in self.ways()]
        self.choices("department").choices = names

    def ways(self) -> Collection[str]:
        return WAYS

    @property
    def filter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FILTERS]

    @property
    def number_fields(self) -> list[forms.BoundField]:
        return [self["numbers"], self["file"]]

    @property
    def ticked(self) -> list[str]:
        """What was ticked on this page of the list, and on others, as it was sent."""
        if not hasattr(self.data, "getlist"):
            return []
        return [*self.data.getlist("ids"), *(part for part in self.data.get("more", "").split(",") if part)]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST_FILE:
            raise ValidationError(gettext("This file is larger than 5 MB. Save only the column with the numbers."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        counting = WAYS.get(cleaned.get("select", ""), ())
        for name in {*FILTERS, "numbers", "file"}.difference(counting) & self.errors.keys():
            del self.errors[name]
        return cleaned

    def selection(self) -> Selection | None:
        """Whom the form names; None: something has to be mended, and the form says what."""
        if not self.is_valid():
            return None
        match self.cleaned_data["select"]:
            case "all":
                return self._said("select", lambda: selection.everyone(self.chosen_employers()))
            case "filter":
                filters = Filters(**{name: self.cleaned_data[name] for name in FILTERS})
                return self._said("select", lambda: selection.by_filters(self.chosen_employers(), filters))
            case "ticked":
                return self._said("select", self._by_ticks)
        return self._by_numbers()

    def refuse(self, faults: Collection[str], *, field: str = "select") -> None:
        """Say what is wrong; of very many faults the first ones, and how many more there are."""
        shown, rest = list(faults)[:MOST_FAULTS], len(faults) - MOST_FAULTS
        if rest > 0:
            shown.append(ngettext("And %(count)s more.", "And %(count)s more.", rest) % {"count": rest})
        self.add_error(field, [ValidationError(fault) for fault in shown])

    def _said(self, field: str, choose: Callable[[], Selection]) -> Selection | None:
        try:
            return choose()
        except NothingSelected as nothing:
            self.refuse(nothing.faults, field=field)
            return None

    def _by_ticks(self) -> Selection:
        assert isinstance(self.place, Employer)  # noqa: S101 - only there this way is offered
        try:
            ids = [UUID(part) for part in self.ticked]
        except ValueError:
            raise NothingSelected(gettext("Somebody who was ticked was not found. Tick them again.")) from None
        return selection.ticked(self.place, ids)

    def _by_numbers(self) -> Selection | None:
        employer, typed, file = self.place, self.cleaned_data["numbers"], self.cleaned_data["file"]
        assert isinstance(employer, Employer)  # noqa: S101 - only there this way is offered
        given: list[str] = []
        try:
            given += numbers_of.numbers_in_text(typed) if typed else []
        except NothingSelected as nothing:
            self.refuse(nothing.faults, field="numbers")
        try:
            given += numbers_of.numbers_in_file(file.name, file.read()) if file else []
        except NothingSelected as nothing:
            self.refuse(nothing.faults, field="file")
        if self.errors:
            return None
        field = "file" if file and not typed else "numbers"
        return self._said(field, lambda: selection.by_numbers(employer, given))

    def employers_here(self) -> Any:
        return Employer.objects.filter(pk=self.place.pk)

    def chosen_employers(self) -> Collection[Employer]:
        return list(self.employers_here())

    def choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        return field
