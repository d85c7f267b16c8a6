"""System check: each message has a text in each language that can be filled."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from emailtemplates.catalogue import MESSAGES, Message
from emailtemplates.placeholders import PATTERN
from emailtemplates.texts import DEFAULTS, shipped


def shipped_texts(**_anything: Any) -> list[CheckMessage]:
    """An error for each text that is missing, lacks a placeholder, or has one that nobody fills."""
    return [
        Error(f"{language}/{message.key}.txt {fault}.", id="emailtemplates.E001")
        for message in MESSAGES.values()
        for language, _name in settings.LANGUAGES
        for fault in _faults(message, language)
    ]


def _faults(message: Message, language: str) -> Iterator[str]:
    if not (DEFAULTS / language / f"{message.key}.txt").is_file():
        yield "is missing"
        return
    text = shipped(message.key, language)
    if not text.subject or not text.body:
        yield "has no subject or no body"
    if "{Link}" in text.subject:
        yield "shows the link in the subject"
    for name in sorted(message.required - set(PATTERN.findall(text.body))):
        yield f"lacks {{{name}}}"
    for name in sorted(set(PATTERN.findall(text.subject + text.body)) - message.known):
        yield f"has {{{name}}}, which nobody fills"
    if set("{}") & set(PATTERN.sub("", text.subject + text.body)):
        yield "has a brace that belongs to no placeholder"
