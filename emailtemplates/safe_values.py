"""What attributes of the small HTML may hold: a colour of the palette, the address of a link, that of an image."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Dark enough to read on white: 4.5 to 1 and more.
PALETTE = {
    "#1c2430": gettext_lazy("Ink"),
    "#5a6472": gettext_lazy("Grey"),
    "#0f6b54": gettext_lazy("Green"),
    "#1f5fa8": gettext_lazy("Blue"),
    "#8a5a00": gettext_lazy("Amber"),
    "#a3261d": gettext_lazy("Red"),
}
# The whole of an address may be one of these; any other address holds no placeholder.
WHOLE_ADDRESSES = ("{Link}", "{PortaalLink}")
LONGEST_ADDRESS = 2000

_SIGNS = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*"
_HTTPS = re.compile(rf"https://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?([/?#]{_SIGNS})?")
_MAILTO = re.compile(rf"mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+(\?{_SIGNS})?")
_STYLE = re.compile(r"\s*color\s*:\s*(#[0-9A-Fa-f]{6})\s*;?\s*")


def wrong_value(attribute: str, value: str, written: str, image_hosts: Collection[str] | None) -> str:
    """What is wrong with the value of an attribute, as it is read and as it is written; empty: nothing."""
    if attribute == "style":
        colour = _STYLE.fullmatch(written)
        if colour and colour[1].lower() in PALETTE:
            return ""
        return _("Of style only a colour can be used, one of these: %(colours)s.") % {
            "colours": ", ".join(f"color:{each}" for each in PALETTE)
        }
    if attribute == "href" and written in WHOLE_ADDRESSES:
        return ""
    if "{" in value or "}" in value:
        if attribute == "href":
            return _("A placeholder cannot be part of an address. {Link} or {PortaalLink} can be the whole of it.")
        return _("A placeholder cannot stand in an image.")
    if attribute == "alt":
        return ""
    return _wrong_link(value) if attribute == "href" else _wrong_image(value, image_hosts)


def _wrong_link(address: str) -> str:
    if len(address) > LONGEST_ADDRESS:
        return _("This address is too long.")
    if _host(address) or _MAILTO.fullmatch(address):
        return ""
    return _("The address of a link begins with https:// or mailto:, or is {Link} or {PortaalLink}.")


def _wrong_image(address: str, hosts: Collection[str] | None) -> str:
    host = _host(address)
    if not host or len(address) > LONGEST_ADDRESS:
        return _("The address of an image begins with https://.")
    if hosts is None or any(host == each or host.endswith(f".{each}") for each in hosts):
        return ""
    return _("Images cannot come from %(host)s. They can from: %(hosts)s.") % {
        "host": host,
        "hosts": ", ".join(sorted(hosts)),
    }


def _host(address: str) -> str:
    """The host of an https address; empty if it is none, or has something before or after its host that hides it."""
    if not _HTTPS.fullmatch(address):
        return ""
    return (urlsplit(address).hostname or "").rstrip(".")


def same_style(name: str, value: str) -> str:
    """The value of an attribute; a colour always written alike."""
    colour = _STYLE.fullmatch(value) if name == "style" else None
    return f"color:{colour[1].lower()}" if colour else value
