"""What workers do for this app. Each may run twice."""

from celery import shared_task

from accounts import password_links


@shared_task
def answer_password_requests() -> None:
    password_links.answer_requests()
