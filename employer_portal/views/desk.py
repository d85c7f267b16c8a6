"""How a page of the employer portal is shown: with what waits for somebody beside its section."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.mail_lists import Place, to_look_at
from accounts.models import Employer
from accounts.views.page import show

# Nobody does more of them in a day; and counting a hundred thousand would slow down every page.
MOST_COUNTED = 99


def show_desk(
    request: HttpRequest, template: str, context: dict[str, Any], *, at: Place | None, status: int = 200
) -> HttpResponse:
    """The page at an employer or at the provider; None: at neither."""
    employer = at if isinstance(at, Employer) else None
    shared = {"employer": employer, "of_provider": at is not None and employer is None, "work_count": _work_count(at)}
    return show(request, template, {**shared, **context}, status=status)


def _work_count(at: Place | None) -> str:
    """How many mails did not arrive and wait for somebody; empty for none."""
    if at is None:
        return ""
    count = to_look_at(at).order_by()[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
