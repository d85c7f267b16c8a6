"""A mail server that comes back after an outage, to which everybody has something to send."""

from bisect import bisect_right
from datetime import timedelta

import pytest

from accounts.models import Employer
from emailtemplates.clock import database_now
from emailtemplates.models import MailHost, MailState, OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import MailServer
from tests.faults.proxy import Proxy
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


def test_an_outage_ends_without_a_herd_and_without_links_that_are_too_old(
    bakery: Employer, installation: Installation, mail_server: MailServer, line_to_mail: Proxy
) -> None:
    rate = 200
    everybody = crowd.with_access(bakery, 2051)
    people, asked = everybody[:2000], everybody[2000:]
    line_to_mail.refuse()
    limited = {"EMAIL_URL": f"smtp://127.0.0.1:{line_to_mail.port}?rate={rate}"}
    workers = [installation.start_worker(**limited) for _ in range(2)]
    acts.block_without_a_hint(people)
    for person in asked[:50]:
        acts.ask_for_a_password(person)
    until(lambda: OutgoingEmail.objects.filter(message="password_reset").count() == 50, "the links")
    until(lambda: MailHost.objects.filter(failures__gte=2), "the breaker, open")
    acts.age(timedelta(minutes=20))
    line_to_mail.mend()
    until(lambda: len(mail_server.taken) > rate, "the first mails")

    acts.ask_for_a_password(asked[50])
    asked_at = database_now()
    until(lambda: mail_server.to(asked[50].email), "the new link")

    ledger.figures.append(f"a new link after {(database_now() - asked_at).total_seconds():.1f} s")
    assert database_now() - asked_at < timedelta(seconds=10)
    assert OutgoingEmail.objects.filter(state=MailState.QUEUED).exists()  # it overtook those
    ledger.drain(installation, seconds=120)
    assert all(worker.poll() is None for worker in workers)
    assert ledger.states() == {MailState.SENT: 2001, MailState.EXPIRED: 50}
    assert ledger.duplicates(mail_server, intents=2001) == 0
    ledger.figures.append(f"at most {_most_in_three_seconds(mail_server)} in three seconds, at {rate} a second")
    assert _most_in_three_seconds(mail_server) <= 4 * rate * 1.1  # what was saved up is worth one second


def _most_in_three_seconds(mail_server: MailServer) -> int:
    times = sorted(copy.at for copy in mail_server.taken)
    return max(bisect_right(times, start + 3) - number for number, start in enumerate(times))
