"""Why a mail says what it says: of each field the level it comes from, and the version."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import email_texts, senders
from accounts.mail_lists import Place
from accounts.models import Employer
from emailtemplates.models import Sender
from emailtemplates.senders import readable, senders_of
from emailtemplates.texts import Origin, TextLevel
from employer_portal.text_links import text_url
from employer_portal.text_lists import level_of
from employer_portal.text_panel import Which
from employer_portal.text_words import Badge, badge_of


@dataclass(frozen=True)
class WhyField:
    label: str
    value: str  # empty: too long to show here
    badge: Badge
    version: int | None
    changed_at: datetime | None
    changed_by: str
    url: str  # where it can be changed; empty: nowhere


def fields_of(which: Which) -> list[WhyField]:
    """The fields of the mail that this text makes at an employer."""
    origins, text = which.origins(), email_texts.text_at(**which._asdict())
    return [
        _worded(which, _("Subject"), text.subject, origins.subject),
        _worded(which, _("Text"), "", origins.body),
        *_sender(which.at),
    ]


def _worded(which: Which, label: str, value: str, found: Origin) -> WhyField:
    if found.level == TextLevel.SHIPPED:
        return WhyField(label, value, badge_of(found.level, which.at), None, None, "", "")
    at = _level(which.at, found.level)
    own = email_texts.own_text(at=at, message=which.message, language=which.language)
    return WhyField(
        label=label,
        value=value,
        badge=badge_of(found.level, which.at),
        version=found.version,
        changed_at=own.changed_at,
        changed_by=own.changed_by_name,
        url=text_url("email_text", at, which.message, which.language),
    )


def _level(place: Place, level: TextLevel) -> Place:
    return place.provider if isinstance(place, Employer) and level == TextLevel.PROVIDER else place


def _sender(place: Place) -> list[WhyField]:
    level = level_of(place)
    key = (level["provider_id"], level["employer_id"])
    now = senders_of({key})[key]
    chain = [(TextLevel.PROVIDER, senders.own_sender(_level(place, TextLevel.PROVIDER)))]
    if isinstance(place, Employer):
        chain.insert(0, (TextLevel.EMPLOYER, senders.own_sender(place)))
    address = next((each for each, sender in chain if _used_address(sender)), TextLevel.SHIPPED)
    name = next((each for each, sender in chain if sender.name), TextLevel.SHIPPED)
    shown = readable(now.address)
    if now.reply_to:
        shown = _("%(address)s; answers go to %(answers)s") % {"address": shown, "answers": readable(now.reply_to)}
    return [
        WhyField(_("Name of the sender"), now.name, badge_of(name, place), None, None, "", ""),
        WhyField(_("Address of the sender"), shown, badge_of(address, place), None, None, "", ""),
    ]


def _used_address(sender: Sender) -> bool:
    return bool(sender.address and sender.confirmed_at)
