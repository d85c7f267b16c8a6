"""Mail servers that hang up or say nothing: what may have arrived, and who waits for it."""

from datetime import timedelta

import pytest

from accounts.models import Employee, Employer
from emailtemplates import leases
from emailtemplates.models import MailHost, MailState, OutgoingEmail
from tests.faults import acts, ledger
from tests.faults.mail_server import AfterContent, MailServer
from tests.faults.proxy import Line, Proxy
from tests.faults.visitor import Visitor, path_of, slowest_of_a_hundred
from tests.journeys import crowd
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("after_content", [AfterContent.TAKEN_THEN_GONE, AfterContent.TAKEN_THEN_SILENT])
def test_an_answer_lost_once_is_one_copy_more(
    bakery: Employer, installation: Installation, mail_server: MailServer, after_content: AfterContent,
    pipelining: bool,
) -> None:  # fmt: skip
    mail_server.pipelining = pipelining
    people = crowd.with_access(bakery, 10)
    mail_server.after_content, mail_server.healthy_after = after_content, 1
    installation.start_worker()
    acts.block(installation, people)
    until(lambda: OutgoingEmail.objects.filter(state=MailState.UNCERTAIN), "the one of which nobody knows")
    uncertain = OutgoingEmail.objects.get(state=MailState.UNCERTAIN)
    assert timedelta(seconds=90) < acts.until_then(uncertain.not_before) <= leases.REPEAT_AFTER

    ledger.drain(installation)

    assert ledger.duplicates(mail_server, intents=10) == 1
    assert len(mail_server.to(uncertain.to_address)) == 2


@pytest.mark.parametrize(
    ("after_content", "copies"), [(AfterContent.TAKEN_THEN_GONE, 2), (AfterContent.NOT_TAKEN_THEN_SILENT, 0)]
)
def test_an_answer_lost_twice_ends_the_mail_and_somebody_is_told(
    anna: Employee, installation: Installation, mail_server: MailServer, after_content: AfterContent, copies: int
) -> None:
    mail_server.after_content = after_content
    installation.start_worker()
    acts.block(installation, [anna])

    ledger.drain(installation)

    mail = OutgoingEmail.objects.get()
    assert (mail.state, mail.unknown_outcomes, mail.attempts) == (MailState.FAILED, 2, 2)
    assert mail.attention_at
    assert len(mail_server.taken) == copies
    assert len({copy.content for copy in mail_server.taken}) <= 1


def test_a_black_hole_holds_no_worker_for_ever_and_no_page_at_all(
    bakery: Employer, installation: Installation, mail_server: MailServer, line_to_mail: Proxy, visitor: Visitor
) -> None:
    people = crowd.with_access(bakery, 60)
    usual = slowest_of_a_hundred([visitor.get(path_of(person)) for person in people[:20]])
    line_to_mail.line, before = Line.BLACK_HOLE, line_to_mail.connections
    installation.start_worker()
    answers = [visitor.block(person) for person in people[:40]]
    until(lambda: MailHost.objects.filter(failures__gte=2), "the breaker, open")
    answers += [visitor.block(person) for person in people[40:]]

    assert {answer.status for answer in answers} == {302}
    ledger.figures.append(f"p99 {slowest_of_a_hundred(answers):.2f} s, of pages meanwhile without it {usual:.2f} s")
    assert slowest_of_a_hundred(answers) - usual < 1
    assert set(ledger.states()) <= {MailState.QUEUED, MailState.LEASED}
    # Each thread tries once, and from then on one of them at a time.
    assert line_to_mail.connections - before < 12

    line_to_mail.mend()
    until(lambda: len(mail_server.taken) == 60, "the mails, by the same worker", seconds=40)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=60) == 0
