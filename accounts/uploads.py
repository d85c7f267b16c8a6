"""Which views take a file. All the others refuse a body that is larger than a form, before it is read."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

# More than any list of personnel numbers; with the form around it, settings.FILE_UPLOAD_MAX_MEMORY_SIZE.
LARGEST_FILE = 5 * 1024 * 1024


def accepts_files(view: View) -> View:
    """Marks a view to which a form with a file may be sent. Stands above its other decorators."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def takes_files(view: Callable[..., Any]) -> bool:
    return getattr(view, "takes_files", False)
