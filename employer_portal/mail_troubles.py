"""Why a mail did not arrive, and what one can do about it: what mail servers say, in plain words."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from emailtemplates import handover, leases, outbox
from emailtemplates.models import MailState, OutgoingEmail

# «5.1.1» says more than «550», and stands in the answers of nearly all mail servers.
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_BASIC = re.compile(r"^[245]\d\d\b")
# The name of an error of ours, as failures.reason() writes it down.
_OUR_FAULT = re.compile(r"^\w+(Error|Exception|Refused|DoesNotExist)\b|^the mail provider answered ")


@dataclass(frozen=True)
class Trouble:
    reason: str | Promise
    next_step: str | Promise


CORRECT = gettext_lazy("Correct the address in payroll. If it is right, send the e-mail again.")
_TELL_OPERATOR = gettext_lazy("Tell who runs this portal, and tell the person by letter or telephone.")
NO_SUCH_ADDRESS = Trouble(gettext_lazy("This address does not exist (any more)."), CORRECT)
NO_SUCH_DOMAIN = Trouble(gettext_lazy("What stands after the @ does not exist or takes no e-mail."), CORRECT)
MISSPELT = Trouble(gettext_lazy("This is not written as an e-mail address."), CORRECT)
NO_ADDRESS = Trouble(
    gettext_lazy("There is no e-mail address."), gettext_lazy("Add it in payroll, or tell the person by letter.")
)
CLOSED = Trouble(gettext_lazy("The mailbox is closed."), CORRECT)
FULL = Trouble(
    gettext_lazy("The mailbox is full."),
    gettext_lazy("Ask the person to make room, and send the e-mail again."),
)
TOO_LARGE = Trouble(gettext_lazy("Their mail server found the e-mail too large."), _TELL_OPERATOR)
OUT_OF_REACH = Trouble(
    gettext_lazy("Their mail server could not be reached."),
    gettext_lazy("Send the e-mail again later. If that fails too, tell the person by letter."),
)
REFUSED = Trouble(gettext_lazy("Their mail server refuses e-mail from this portal."), _TELL_OPERATOR)
LATER = Trouble(
    gettext_lazy("Their mail server asked to try again later."),
    gettext_lazy("Send the e-mail again later. If that fails too, tell the person by letter."),
)
SUPPRESSED = Trouble(
    gettext_lazy("An earlier e-mail to this address came back, so nothing more is sent to it."),
    gettext_lazy("Find out whether the address is right. If it is, send the e-mail again."),
)
NOBODY_KNOWS = Trouble(
    gettext_lazy("Nobody knows whether it arrived: the answer of the mail server was lost."),
    gettext_lazy("Ask the person whether it arrived. If not, send the e-mail again."),
)
TOO_LATE = Trouble(
    gettext_lazy("It could not be sent in time."),
    gettext_lazy("Send the e-mail again, or tell the person by letter."),
)
SPAM = Trouble(
    gettext_lazy("It arrived, and was marked as spam."),
    gettext_lazy("Ask the person to look in the spam folder, and to trust our address."),
)
OUR_FAULT = Trouble(gettext_lazy("A fault of this portal or its mail service prevented it."), _TELL_OPERATOR)

_OF_OURS = {
    outbox.NO_ADDRESS: NO_ADDRESS,
    handover.SUPPRESSED: SUPPRESSED,
    leases.NOBODY_KNOWS: NOBODY_KNOWS,
    leases.ENDED_ITS_WORKER: OUR_FAULT,
    "not a valid e-mail address": MISSPELT,
}
# By the beginning of the enhanced code; the longest that fits.
_OF_CODES = {
    "5.1": NO_SUCH_ADDRESS, "5.1.2": NO_SUCH_DOMAIN, "5.1.3": MISSPELT,
    "5.2": NO_SUCH_ADDRESS, "5.2.1": CLOSED, "5.2.2": FULL, "5.2.3": TOO_LARGE, "5.3.4": TOO_LARGE,
    "5.4": OUT_OF_REACH, "5.4.1": NO_SUCH_ADDRESS, "5.4.4": NO_SUCH_DOMAIN, "5.7": REFUSED,
    "4": LATER, "4.2.2": FULL, "4.4": OUT_OF_REACH,
}  # fmt: skip
_OF_BASIC_CODES = {"550": NO_SUCH_ADDRESS, "551": NO_SUCH_ADDRESS, "552": FULL, "553": MISSPELT, "554": REFUSED}


def trouble_of(mail: OutgoingEmail) -> Trouble | None:
    """Why a mail did not arrive, where that can be told; None when nothing went wrong, or nobody understands it."""
    if mail.state == MailState.COMPLAINED:
        return SPAM
    if mail.state in (MailState.SENT, MailState.DELIVERED) or not mail.why:
        return None
    if mail.why in _OF_OURS:
        return _OF_OURS[mail.why]
    answer = mail.why.removeprefix(f"{handover.TOO_LATE}: ")
    if trouble := _of_answer(answer):
        return trouble
    if _OUR_FAULT.search(answer):
        return OUR_FAULT
    return TOO_LATE if mail.why.startswith(handover.TOO_LATE) else None


def _of_answer(answer: str) -> Trouble | None:
    """What a mail server means by this."""
    if code := _ENHANCED.search(answer):
        fitting = [known for known in _OF_CODES if f"{code[0]}.".startswith(f"{known}.")]
        if fitting:
            return _OF_CODES[max(fitting, key=len)]
    if basic := _BASIC.match(answer):
        return _OF_BASIC_CODES.get(basic[0], LATER if basic[0].startswith("4") else None)
    return None


def server_answer_of(mail: OutgoingEmail) -> str:
    """What the mail server said, in its own words; empty if what there is to read is ours."""
    return mail.why if _BASIC.match(mail.why) or _ENHANCED.search(mail.why) else ""
