"""How this installation was set up: key, addresses, files, texts."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.http.request import validate_host
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.doctor.findings import Findings, attention, fault, information
from emailtemplates.checks import shipped_texts

SHORTEST_KEY, FEWEST_DIFFERENT_SIGNS = 50, 15
# What stands in keys that were copied from an example.
_NOT_RANDOM = ("django-insecure", "change", "example", "secret", "for-tests", "password")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


def secret_key() -> Findings:
    for name, key in [
        ("SECRET_KEY", settings.SECRET_KEY),
        *(("SECRET_KEY_FALLBACKS", each) for each in settings.SECRET_KEY_FALLBACKS),
    ]:
        is_short = len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_DIFFERENT_SIGNS
        if is_short or any(words in key.lower() for words in _NOT_RANDOM):
            yield fault(
                _("%(name)s can be guessed: it is short, or was copied from an example.") % {"name": name},
                _("Make one with: %(command)s") % {"command": _MAKE_ONE},
            )
    if settings.SECRET_KEY_FALLBACKS:
        yield information(
            _("Earlier keys still count (SECRET_KEY_FALLBACKS)."),
            _("Take them out once the links of before are over, after four days."),
        )


def addresses() -> Findings:
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    if settings.DEBUG:
        yield fault(_("DEBUG is on: whoever makes something fail sees the internals."), _("Set DEBUG=0."))
    if host in _LOOPBACK:
        yield attention(
            _("BASE_URL is %(url)s: links in mails work on this machine only.") % {"url": settings.BASE_URL},
            _("Set BASE_URL to the address where people find the portal."),
        )
    elif parts.scheme != "https":
        yield fault(
            _("BASE_URL is %(url)s: passwords and links travel unprotected.") % {"url": settings.BASE_URL},
            _("Serve the portal over https, and say so in BASE_URL."),
        )
    elif not settings.TRUSTED_PROXIES:
        yield attention(
            _(
                "BASE_URL is https, but no proxy is trusted (TRUSTED_PROXIES=0); pages may send visitors round in circles."
            ),
            _("Set TRUSTED_PROXIES to the number of your own proxies in front, usually 1."),
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield fault(_("ALLOWED_HOSTS answers to every name."), _("Name in it only the hosts of this portal."))
    elif not validate_host(host, settings.ALLOWED_HOSTS):
        yield fault(
            _("ALLOWED_HOSTS does not hold %(host)s, the host of BASE_URL; its pages are refused.") % {"host": host},
            _("Add it, or leave ALLOWED_HOSTS empty."),
        )


def static_files() -> Findings:
    """Where files go by a name with their fingerprint: was each of them collected?"""
    storage = import_string(settings.STORAGES["staticfiles"]["BACKEND"])(location=settings.STATIC_ROOT)
    if not hasattr(storage, "hashed_files"):
        return
    names = {name for finder in get_finders() for name, _storage in finder.list([])}
    missing = sorted(names - storage.hashed_files.keys())
    if missing:
        yield fault(
            _("Files of the pages were not collected: %(count)d, such as %(name)s. Pages fail without them.")
            % {"count": len(missing), "name": missing[0]},
            _("Run manage.py collectstatic."),
        )


def texts() -> Findings:
    for error in shipped_texts():
        yield fault(
            _("An e-mail text is not in order: %(fault)s") % {"fault": error.msg}, _("Install Sleutelbos again.")
        )
