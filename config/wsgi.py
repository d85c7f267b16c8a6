"""For gunicorn: `gunicorn config.wsgi`."""

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from config.logs import WithoutLinks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# With this exit code of a worker gunicorn ends; with any other it would start the next one, for ever.
GIVE_UP = 3
_CHARSET = re.compile(r";\s*charset=[^;]*", re.IGNORECASE)

try:
    django_application = get_wsgi_application()
except SystemExit:
    raise SystemExit(GIVE_UP) from None

# It writes by itself, past our own settings of the logs.
logging.getLogger("gunicorn.error").addFilter(WithoutLinks())


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, in UTF-8 whatever the visitor claims: it believes a claimed encoding before any of our code runs."""
    environ["CONTENT_TYPE"] = _CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return django_application(environ, start_response)
