"""What is true about a mail, as the application says it; but some mails end the process that asks."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from accounts import mail_facts
from emailtemplates.facts import Facts, NoLongerApplies
from emailtemplates.models import OutgoingEmail

DEADLY = "deadly"  # how the address of such a mail begins


def _facts_about(mails: Sequence[OutgoingEmail]) -> Mapping[UUID, Facts | NoLongerApplies]:
    if any(mail.to_address.startswith(DEADLY) for mail in mails):
        os._exit(1)
    return mail_facts.facts_about(mails)


SOURCE = replace(mail_facts.SOURCE, facts_about=_facts_about)
