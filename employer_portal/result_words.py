"""A collective mutation in plain words: what its acts do, what is going on, what became of it."""

from datetime import datetime

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.collective.acts import ACTS
from accounts.collective.results import MOST_COUNTED, NOT_REACHED, word_of
from accounts.collective.running import CHUNK
from accounts.collective.verdicts import Kind, affected, kind_of
from accounts.models import CollectiveMutation, MutationState
from emailtemplates.clock import database_now
from employer_portal import mail_words

# What each act of the menu does, in one line.
DOES: dict[str, str | Promise] = {
    "block-access": gettext_lazy("Signs people out everywhere, and keeps them out."),
    "unblock-access": gettext_lazy("Lets people in again, with the same username and password."),
    "resend-username": gettext_lazy("Mails people their username, without a password."),
    "invite": gettext_lazy("Mails people an invitation to make an account."),
}
_HAPPENED = {
    "block-access": ngettext_lazy(
        "The access of %(count)s employee was blocked.", "The access of %(count)s employees was blocked.", "number"
    ),
    "unblock-access": ngettext_lazy(
        "The access of %(count)s employee was unblocked.", "The access of %(count)s employees was unblocked.", "number"
    ),
    "resend-username": ngettext_lazy(
        "For %(count)s employee an e-mail with the username was made.",
        "For %(count)s employees an e-mail with the username was made.",
        "number",
    ),
    "invite": ngettext_lazy("%(count)s employee was invited.", "%(count)s employees were invited.", "number"),
    "undo-block-access": ngettext_lazy(
        "For %(count)s employee the block was taken back.",
        "For %(count)s employees the block was taken back.",
        "number",
    ),
    "undo-unblock-access": ngettext_lazy(
        "The access of %(count)s employee was blocked again.",
        "The access of %(count)s employees was blocked again.",
        "number",
    ),
    "undo-resend-username": ngettext_lazy(
        "%(count)s e-mail was cancelled before it was sent.",
        "%(count)s e-mails were cancelled before they were sent.",
        "number",
    ),
    "undo-invite": ngettext_lazy(
        "The invitation of %(count)s employee was withdrawn.",
        "The invitations of %(count)s employees were withdrawn.",
        "number",
    ),
}
# Icon and colour of a badge, by state of the mutation.
BADGES = {
    MutationState.SELECTING: "deferred",
    MutationState.PREVIEW: "document",
    MutationState.WAITING: "attention",
    MutationState.RUNNING: "deferred",
    MutationState.DONE: "good",
    MutationState.CANCELLED: "cancelled",
    MutationState.REJECTED: "failed",
}
# The same for what became of a person, and the words for it; of a verdict the words are those of Kind.
KIND_BADGES = {
    Kind.CHANGE: "good",
    Kind.WARNING: "attention",
    Kind.WITHDRAW: "withdrawn",
    Kind.NOTHING: "none",
    Kind.STOPPED: "bad",
    NOT_REACHED: "queued",
}
_OUTCOMES: dict[str, str | Promise] = {
    Kind.CHANGE: gettext_lazy("changed"),
    Kind.WITHDRAW: gettext_lazy("open invitation withdrawn"),
    Kind.NOTHING: gettext_lazy("nothing to do"),
    Kind.STOPPED: gettext_lazy("not possible"),
    NOT_REACHED: gettext_lazy("not reached"),
}


def label_of(mutation: CollectiveMutation) -> str:
    return str(ACTS[mutation.act].label) if mutation.act in ACTS else mutation.act


def kind_label(kind: str, *, happened: bool) -> str:
    """What is to happen to people of this kind, or did."""
    return str(_OUTCOMES.get(kind, "") if happened else Kind(kind).label)


def outcome_label(outcome: str | None) -> str:
    return kind_label(NOT_REACHED if outcome is None else kind_of(outcome), happened=True)


def reason_for(outcome: str | None) -> str:
    """Why somebody was not changed; empty for who was."""
    if outcome is None:
        return _("it was stopped before")
    return word_of(outcome) if kind_of(outcome) in (Kind.NOTHING, Kind.STOPPED) else ""


def what_happened(mutation: CollectiveMutation) -> str:
    """In a sentence or two."""
    changed = mutation.outcomes_by_kind.get(Kind.CHANGE, 0)
    withdrawn = mutation.outcomes_by_kind.get(Kind.WITHDRAW, 0)
    sentences = []
    if changed and mutation.act in _HAPPENED:
        sentences.append(str(_HAPPENED[mutation.act] % {"number": changed, "count": number(changed)}))
    if withdrawn:
        said = ngettext(
            "%(count)s open invitation was withdrawn.", "%(count)s open invitations were withdrawn.", withdrawn
        )
        sentences.append(said % {"count": number(withdrawn)})
    if not affected(mutation.outcomes_by_kind):
        sentences.append(_("Nobody was changed."))
    if mutation.state == MutationState.CANCELLED:
        sentences.append(_stopped(mutation))
    return " ".join(sentences)


def _stopped(mutation: CollectiveMutation) -> str:
    said = _("%(who)s stopped it after %(done)s of %(all)s employees. What was done stays done.")
    return said % {
        "who": mutation.cancelled_by_name,
        "done": number(mutation.processed),
        "all": number(mutation.selected),
    }


def why_rejected(mutation: CollectiveMutation) -> str:
    if mutation.approver_name:
        return _("%(who)s did not approve it, so nobody was changed.") % {"who": mutation.approver_name}
    return _("Nobody approved it within a week, so nobody was changed.")


def waits(mutation: CollectiveMutation) -> str:
    """Who asked for it, and how long it waits."""
    return _("%(who)s asked for this on %(when)s. It waits until %(until)s for a second administrator.") % {
        "who": mutation.maker_name,
        "when": mail_words.moment(mutation.confirmed_at),
        "until": mail_words.moment(mutation.approve_until),
    }


def time_left(mutation: CollectiveMutation) -> str:
    """As far as can be told from the pace up to now."""
    if mutation.started_at is None or mutation.progressed_at is None:
        return _("It starts in a moment.")
    # The clock started when the first chunk was done.
    done = mutation.processed - CHUNK
    seconds = (mutation.progressed_at - mutation.started_at).total_seconds()
    if done <= 0 or seconds <= 0:
        return _("How long it takes shows in a moment.")
    since = (database_now() - mutation.progressed_at).total_seconds()
    return _left((mutation.selected - mutation.processed) * seconds / done - since)


def _left(seconds: float) -> str:
    if seconds < 10:
        return _("A few seconds left.")
    if seconds < 55:
        return _("Less than a minute left.")
    minutes = max(1, round(seconds / 60))
    return ngettext("About %(count)s minute left.", "About %(count)s minutes left.", minutes) % {
        "count": number(minutes)
    }


def hold_note(until: datetime | None) -> str:
    """Until when undo stops the mails; empty when none of them waits."""
    if until is None:
        return ""
    return _("The e-mails go out from %(time)s. Until then taking this back stops them.") % {"time": clock_time(until)}


def clock_time(when: datetime) -> str:
    return formats.date_format(timezone.localtime(when), "H:i")


def number(count: int) -> str:
    """With a sign between the thousands, as the reader's language has it."""
    return str(formats.number_format(count, use_l10n=True, force_grouping=True))


def capped(count: int) -> str:
    """A count that went no further than MOST_COUNTED."""
    return f"{number(MOST_COUNTED)}+" if count > MOST_COUNTED else number(count)
