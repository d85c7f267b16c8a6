"""For gunicorn: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# With this exit code of a worker gunicorn ends; with any other it would start the next one, for ever.
GIVE_UP = 3

try:
    application = get_wsgi_application()
except SystemExit:
    raise SystemExit(GIVE_UP) from None
