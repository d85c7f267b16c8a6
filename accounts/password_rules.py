"""What is asked of a password, each rule with a reason that says how to mend it."""

import re

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User


class LongEnough(password_validation.MinimumLengthValidator):
    def get_error_message(self) -> str:
        return _("Choose a password of at least %(least)s characters.") % {"least": self.min_length}


class NotLikeThePerson:
    """Refuses a password that is little more than one's own name, username or e-mail address.

    Django's rule for this compares letters in any order, and so refuses many a good sentence to people with long names.
    """

    OWN_PART = 8  # characters that must be left without the words that everybody knows of this person
    SHORTEST_WORD = 3

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None:
            return
        rest, known = password.casefold(), f"{user.username} {user.name} {user.email}".casefold()
        for word in sorted(set(re.split(r"\W+", known)), key=len, reverse=True):
            if len(word) >= self.SHORTEST_WORD:
                rest = rest.replace(word, "")
        if rest != password.casefold() and len(rest) < self.OWN_PART:
            raise ValidationError(
                _("This password looks too much like your name, username or e-mail address. Choose another one.")
            )

    def get_help_text(self) -> str:
        return ""


class NotCommon(password_validation.CommonPasswordValidator):
    def get_error_message(self) -> str:
        return _("Many people use this password, so it is easy to guess. Choose another one.")
