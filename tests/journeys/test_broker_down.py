"""Without a broker every act goes on as quickly, and its mail goes out later."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import APIRequestContext, Playwright

from accounts.models import Employee, User
from emailtemplates.models import OutgoingEmail
from tests.journeys import browser
from tests.journeys.postbox import Postbox
from tests.journeys.processes import Installation, Redis
from tests.journeys.waiting import until


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None and os.environ.get("CI") != "true":
        pytest.skip("needs redis-server")
    redis = Redis(tmp_path)
    yield redis
    redis.kill()


@pytest.fixture
def shaky(transactional_db: None, mail_server: Controller, redis: Redis, tmp_path: Path) -> Iterator[Installation]:
    """An installation on a broker that is going to fail."""
    installation = Installation(redis_url=redis.url, smtp_port=mail_server.port, scratch=tmp_path)
    try:
        installation.start_web()
        yield installation
    finally:
        redis.thaw()
        installation.end()


@pytest.fixture
def script(shaky: Installation, carla: User, playwright: Playwright) -> Iterator[APIRequestContext]:
    """Carla, signed in, without a browser."""
    request = playwright.request.new_context(base_url=shaky.url)
    browser.sign_in_without_browser(request, "employer", carla)
    yield request
    request.dispose()


def test_with_a_frozen_broker_a_block_is_as_quick_and_its_mail_follows(
    anna: Employee, shaky: Installation, redis: Redis, script: APIRequestContext, postbox: Postbox
) -> None:
    shaky.start_worker()
    shaky.start_schedule()
    browser.post(script, f"{browser.path_of(anna)}resend-username/")
    until(lambda: postbox.to(anna.email), "the workers")
    redis.freeze()

    _block_within_a_second(script, anna)
    assert OutgoingEmail.objects.get(message="access_blocked").state == "queued"

    redis.thaw()
    _, mail = until(lambda: postbox.mails[1:] and postbox.mails, "the mail, after the broker thawed")
    assert "geblokkeerd" in mail.subject


def test_with_a_dead_broker_a_block_is_as_quick_and_its_mail_can_be_delivered_without(
    anna: Employee, without_email: Employee, shaky: Installation, redis: Redis, script: APIRequestContext,
    postbox: Postbox,
) -> None:  # fmt: skip
    redis.kill()

    _block_within_a_second(script, anna)
    _block_within_a_second(script, without_email)
    assert OutgoingEmail.objects.get(employee=anna).state == "queued"

    shaky.manage("deliver_emails", "--once")
    assert [mail.to for mail in postbox.mails] == [anna.email]


def test_workers_come_back_with_the_broker(
    anna: Employee, shaky: Installation, redis: Redis, script: APIRequestContext, postbox: Postbox
) -> None:
    shaky.start_worker()
    shaky.start_schedule()
    redis.kill()
    _block_within_a_second(script, anna)

    redis.start()

    until(lambda: postbox.to(anna.email), "the mail, after the broker came back", seconds=60)


def _block_within_a_second(script: APIRequestContext, employee: Employee) -> None:
    """The broker delays the answer by less than a second; how busy the machine is shows in a page without a broker."""
    started = time.monotonic()
    script.get(browser.path_of(employee))
    usual = time.monotonic() - started
    started = time.monotonic()
    answer = browser.post(script, f"{browser.path_of(employee)}block-access/", reason="left")
    delay = time.monotonic() - started - usual
    assert answer.status == 302
    assert delay < 1
    assert employee.blocks.filter(lifted_at=None).exists()
