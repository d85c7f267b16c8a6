"""What mail servers say, and what an administrator reads of it."""

import pytest

from emailtemplates import handover, leases, outbox
from emailtemplates.models import MailState, OutgoingEmail
from employer_portal import mail_troubles, mail_words


@pytest.mark.parametrize(
    ("why", "trouble"),
    [
        ("550 5.1.1 <x@y.nl>: Recipient address rejected: User unknown", mail_troubles.NO_SUCH_ADDRESS),
        ("550 no such user", mail_troubles.NO_SUCH_ADDRESS),
        ("550-5.1.1 The email account that you tried to reach does not exist", mail_troubles.NO_SUCH_ADDRESS),
        ("smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", mail_troubles.NO_SUCH_ADDRESS),
        ("550 5.1.2 Bad destination system address", mail_troubles.NO_SUCH_DOMAIN),
        ("450 4.1.2 Domain not found", mail_troubles.LATER),
        ("552 5.2.2 Mailbox full", mail_troubles.FULL),
        ("452 4.2.2 Over quota", mail_troubles.FULL),
        ("554 5.7.1 Service unavailable; Client host blocked", mail_troubles.REFUSED),
        ("550 5.7.26 This mail is unauthenticated", mail_troubles.REFUSED),
        ("554 Message refused", mail_troubles.REFUSED),
        ("421 Try again later", mail_troubles.LATER),
        ("not a valid e-mail address", mail_troubles.MISSPELT),
        (outbox.NO_ADDRESS, mail_troubles.NO_ADDRESS),
        (handover.SUPPRESSED, mail_troubles.SUPPRESSED),
        (handover.TOO_LATE, mail_troubles.TOO_LATE),
        (f"{handover.TOO_LATE}: 450 4.2.2 mailbox full", mail_troubles.FULL),
        (leases.NOBODY_KNOWS, mail_troubles.NOBODY_KNOWS),
        (leases.ENDED_ITS_WORKER, mail_troubles.OUR_FAULT),
        ("KeyError", mail_troubles.OUR_FAULT),
        ("the mail provider answered 400", mail_troubles.OUR_FAULT),
        ("something nobody ever said", None),
    ],
)
def test_what_mail_servers_say_in_plain_words(why: str, trouble: mail_troubles.Trouble | None) -> None:
    mail = OutgoingEmail(state=MailState.FAILED, why=why)

    assert mail_troubles.trouble_of(mail) is trouble
    assert mail_words.reason_of(mail)
    assert mail_words.next_step_of(mail)
