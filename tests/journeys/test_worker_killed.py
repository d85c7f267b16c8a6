"""A worker that dies in the middle loses no mail, and what it sent twice can be seen to be the same mail."""

import pytest
from django.db.models.functions import Now

from accounts.models import Employer
from emailtemplates.models import UNDERWAY, MailState, OutgoingEmail
from tests.journeys import crowd
from tests.journeys.postbox import Mail, Postbox
from tests.journeys.processes import Installation, kill
from tests.journeys.waiting import until

PEOPLE = 200


def test_every_mail_arrives_though_the_worker_is_killed_half_way(
    bakery: Employer, installation: Installation, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(installation.environment, "COLLECTIVE_HOLD_SECONDS", "0")
    people = crowd.with_access(bakery, PEOPLE)
    postbox.seconds_per_mail = 0.005
    postbox.silent_from = PEOPLE // 3
    installation.start_schedule()
    worker = installation.start_worker()
    installation.manage("block_access", "--employer", "1001", "--all", "--reason", "closed")
    until(lambda: len(postbox.mails) >= PEOPLE // 3, "the first mails")
    kill(worker)
    assert len(postbox.mails) < PEOPLE
    leased = OutgoingEmail.objects.filter(lease_token__isnull=False)
    assert leased.exists()
    # The mail server answers again, and the lease of the dead worker runs out.
    postbox.silent_from = None
    leased.update(lease_until=Now())

    installation.start_worker()
    until(_all_have_left, "the rest of the mails", seconds=60)

    assert {mail.to for mail in postbox.mails} == {person.email for person in people}
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {"sent"}
    twice = {mail.to for mail in postbox.mails if len(postbox.to(mail.to)) > 1}
    assert 1 <= len(twice) <= 4  # those that the mail server had and the worker did not know of
    for address in twice:
        first_copy, second_copy = postbox.to(address)
        assert _identity(first_copy) == _identity(second_copy)
    assert len({mail.message["Message-ID"] for mail in postbox.mails}) == PEOPLE


def _all_have_left() -> bool:
    """The time that a mail of unknown outcome waits for its repeat passes at once."""
    OutgoingEmail.objects.filter(state=MailState.UNCERTAIN).update(not_before=Now())
    return not OutgoingEmail.objects.filter(state__in=UNDERWAY).exists()


def _identity(mail: Mail) -> tuple[str, str]:
    """By this a mail program sees that two are one."""
    return str(mail.message["Message-ID"]), str(mail.message["Date"])
