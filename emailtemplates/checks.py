"""At every start: each message has a text in each language that can be filled."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from emailtemplates.catalogue import COMMON, MESSAGES, Message
from emailtemplates.placeholders import names_in
from emailtemplates.texts import SHIPPED, shipped


def shipped_texts(**_anything: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    for message in MESSAGES.values():
        for language, _name in settings.LANGUAGES:
            faults += [Error(fault, id="emailtemplates.E001") for fault in _faults(message, language)]
    return faults


def _faults(message: Message, language: str) -> list[str]:
    where = f"{language}/{message.key}.txt"
    if not (SHIPPED / where).exists():
        return [f"The text {where} is missing."]
    text = shipped(message.key, language)
    used = names_in(text.subject + text.body)
    faults = [f"{where} lacks {{{name}}}." for name in sorted(message.required - names_in(text.body))]
    faults += [f"{where} has an unknown {{{name}}}." for name in sorted(used - COMMON - message.placeholders)]
    if not text.subject or "{Link}" in text.subject:
        faults.append(f"{where} has no subject, or a link in it.")
    return faults
