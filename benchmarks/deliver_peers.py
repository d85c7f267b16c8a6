"""What the same mails cost in other ways: django-post_office, and one Celery task per mail."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.deliver_mails import facts_about, rendered, reset
from benchmarks.deliver_workers import PROCESSES
from emailtemplates.facts import Facts
from emailtemplates.models import OutgoingEmail

PATIENCE_SECONDS = 120.0
QUEUE = os.environ["BENCHMARK_QUEUE"]
ASIDE = f"{QUEUE}-aside"
# Quicker than prefork: most of the time of such a task is waiting, for a new connection to database and mail server.
CELERY_OPTIONS = ("--pool", "threads", "--concurrency", "4", "--loglevel", "ERROR")


def has_post_office() -> bool:
    return find_spec("post_office") is not None


def post_office(count: int, folder: Path) -> float:
    """Seconds for so many mails of one template, rendered while they are sent, by its own command with two processes."""
    mails = list(OutgoingEmail.objects.all()[:count])
    facts = facts_about(mails)
    template = _template(mails[0], facts[mails[0].pk])
    import_module("post_office.mail").send_many(
        [
            {
                "sender": settings.DEFAULT_FROM_EMAIL,
                "recipients": [mail.to_address],
                "template": template,
                "context": dict(facts[mail.pk].values),
                "render_on_delivery": True,
            }
            for mail in mails
        ]
    )
    _expect_the_same_mail(mails[0], facts[mails[0].pk])
    return _sent_by_post_office(count, folder)


def post_office_ready_made(count: int, folder: Path) -> float:
    """The same with the texts rendered beforehand, which is less work than ours."""
    model: Any = import_module("post_office.models").Email
    mails = list(OutgoingEmail.objects.all()[:count])
    facts = facts_about(mails)
    texts = [(mail.to_address, rendered(mail, facts[mail.pk])) for mail in mails]
    model.objects.bulk_create(
        model(from_email=settings.DEFAULT_FROM_EMAIL, to=[to], subject=text.subject, message=text.text,
              html_message=text.html, status=2, priority=2)
        for to, text in texts
    )  # fmt: skip
    return _sent_by_post_office(count, folder)


def _template(mail: OutgoingEmail, known: Facts) -> Any:
    """Subject, text and HTML of this kind of mail as its template, with Django's variables where our values stand."""
    open_ = rendered(mail, Facts({name: f"{{{{ {name} }}}}" for name in known.values}))
    subject, text = (f"{{% autoescape off %}}{each}{{% endautoescape %}}" for each in (open_.subject, open_.text))
    model: Any = import_module("post_office.models").EmailTemplate
    contents = {"subject": subject, "content": text, "html_content": open_.html}
    return model.objects.update_or_create(name=mail.message, defaults=contents)[0]


def _expect_the_same_mail(mail: OutgoingEmail, known: Facts) -> None:
    """Ends the run unless it would send what we send."""
    model: Any = import_module("post_office.models").Email
    theirs, ours = model.objects.get(to=mail.to_address).email_message(), rendered(mail, known)
    if (theirs.subject, theirs.body, theirs.alternatives[0][0]) != (ours.subject, ours.text, ours.html):
        raise SystemExit("django-post_office would send another text")


def _sent_by_post_office(count: int, folder: Path) -> float:
    model: Any = import_module("post_office.models").Email
    send = import_module("post_office.mail").send_queued_mail_until_done
    logging.getLogger("post_office").setLevel(logging.WARNING)  # its own set-up makes it tell of every batch
    start = time.perf_counter()
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # its processes inherit it, and are ended by this signal
    send(str(folder / "post_office"), processes=PROCESSES, log_level=0)
    seconds = time.perf_counter() - start
    signal.signal(signal.SIGTERM, handler)
    if (sent := model.objects.filter(status=0).count()) != count:
        raise SystemExit(f"django-post_office sent {sent} of {count}")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    return seconds


@contextmanager
def celery_workers(folder: Path) -> Iterator[None]:
    """Two worker processes, on this run's database and queue; they are waited for by the first turn."""
    config = settings.DATABASES["default"]
    url = f"postgresql://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "celery",
        "-A",
        "benchmarks.deliver_tasks",
        "worker",
        *CELERY_OPTIONS,
    ]
    with (folder / "celery.log").open("wb") as log:
        started = [
            subprocess.Popen(
                [*command, "-n", f"{number}-{QUEUE}"], env={**os.environ, "DATABASE_URL": url}, stdout=log, stderr=log
            )
            for number in range(PROCESSES)
        ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def forget_queue() -> None:
    """Leave nothing of this run in the broker."""
    with suppress(RedisError), Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.scan_iter(f"*{QUEUE}*"):
            redis.delete(key)


def task_per_mail(count: int) -> float:
    """Seconds from the moment that so many tasks stand in the queue until the last row says sent."""
    from benchmarks.deliver_tasks import app, send_one

    reset(count)
    with app.producer_or_acquire() as producer:
        for key in OutgoingEmail.objects.values_list("pk", flat=True):
            send_one.apply_async((str(key),), queue=ASIDE, producer=producer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (start,) = cursor.fetchone()
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.rename(ASIDE, QUEUE)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while OutgoingEmail.objects.filter(finished_at=None).exists():
        if time.monotonic() > give_up_at:
            raise SystemExit("the Celery workers did not send everything")
        time.sleep(0.1)
    end = OutgoingEmail.objects.aggregate(end=Max("finished_at"))["end"]
    return float((end - start).total_seconds())
