"""Which text a message has."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULTS = Path(__file__).parent / "defaults"
FALLBACK_LANGUAGE = "nl"


@dataclass(frozen=True)
class Text:
    subject: str
    body: str  # in the small HTML, with placeholders


@cache
def shipped(message: str, language: str) -> Text:
    """The text that comes with Sleutelbos; in Dutch for a language that has none."""
    path = DEFAULTS / language / f"{message}.txt"
    if not path.is_file():
        path = DEFAULTS / FALLBACK_LANGUAGE / f"{message}.txt"
    first, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    return Text(subject=first.removeprefix("Subject:").strip(), body=body.strip())


def resolve(message: str, language: str, employer_id: int | None, provider_id: int | None) -> Text:
    """The text this message has for this employer of this provider."""
    return shipped(message, language)
