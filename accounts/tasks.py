"""What workers do for this app. Each may run twice."""

from celery import shared_task

from accounts import password_links, retention, sender_domains
from accounts.collective import running


@shared_task
def answer_password_requests() -> None:
    password_links.answer_requests()


@shared_task
def look_at_sender_domains() -> None:
    sender_domains.look_at_domains()


@shared_task
def purge() -> None:
    retention.purge()


@shared_task
def run_collective_mutations() -> None:
    running.run_due()
