"""What workers do for this app. May run twice, and beside itself."""

from celery import shared_task

from emailtemplates import delivery


@shared_task
def deliver_due_emails() -> None:
    delivery.deliver_due()
