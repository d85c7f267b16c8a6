"""The web server is killed: nothing is half done, and the mail of what is done follows."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests
from django.db import connection

from accounts.models import AccessBlock, Employee, HistoryEntry
from emailtemplates.models import OutgoingEmail
from tests.faults import ledger
from tests.faults.mail_server import MailServer
from tests.faults.proxy import Line, Proxy
from tests.faults.visitor import Visitor, path_of
from tests.journeys.processes import Installation
from tests.journeys.waiting import until

pytestmark = pytest.mark.postgres

# The worker's own clock ticks three times meanwhile.
SOON = 20.0


def test_web_killed_after_the_commit_and_before_the_hint(
    anna: Employee, installation: Installation, visitor: Visitor, line_to_redis: Proxy, mail_server: MailServer
) -> None:
    line_to_redis.line = Line.BLACK_HOLE
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(visitor.block, anna)
        until(lambda: AccessBlock.objects.exists(), "the commit")
        installation.kill_web_worker()
        with pytest.raises(requests.ConnectionError):
            answer.result()
    line_to_redis.line = Line.GOOD

    installation.start_worker()

    until(lambda: mail_server.taken, "the mail", seconds=SOON)
    ledger.drain(installation)
    assert ledger.duplicates(mail_server, intents=1) == 0


def test_web_killed_before_the_commit_leaves_nothing(
    anna: Employee, installation: Installation, visitor: Visitor, mail_server: MailServer
) -> None:
    with psycopg.connect(installation.environment["DATABASE_URL"]) as other, ThreadPoolExecutor(1) as pool:
        other.execute(f"LOCK TABLE {HistoryEntry._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        answer = pool.submit(visitor.block, anna)
        until(_somebody_waits_for_a_lock, "the act, half-way")
        installation.kill_web_worker()
        with pytest.raises(requests.ConnectionError):
            answer.result()
        other.rollback()
    until(lambda: not _somebody_waits_for_a_lock(), "the database, to notice")

    assert visitor.get(path_of(anna)).status == 200
    assert not AccessBlock.objects.exists()
    assert not OutgoingEmail.objects.exists()
    assert not HistoryEntry.objects.filter(act="access_blocked").exists()


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])
