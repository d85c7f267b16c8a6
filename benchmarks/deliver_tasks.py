"""The peer that most Django projects have: one Celery task per mail. `celery -A benchmarks.deliver_tasks worker`"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.deliver_settings")

import django

django.setup()

from celery import Celery  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.mail import EmailMultiAlternatives  # noqa: E402
from django.db.models.functions import Now  # noqa: E402

from benchmarks.deliver_mails import facts_about, rendered  # noqa: E402
from emailtemplates.models import MailState, OutgoingEmail  # noqa: E402

app = Celery("benchmark")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def send_one(key: str) -> None:
    """The same row, the same facts and the same text; sent through Django's own backend, and noted by itself."""
    mail = OutgoingEmail.objects.get(pk=key)
    text = rendered(mail, facts_about([mail])[mail.pk])
    email = EmailMultiAlternatives(text.subject, text.text, settings.DEFAULT_FROM_EMAIL, [mail.to_address])
    email.attach_alternative(text.html, "text/html")
    email.send()
    OutgoingEmail.objects.filter(pk=key).update(
        state=MailState.SENT, why="250", first_attempt_at=Now(), sent_at=Now(), finished_at=Now()
    )
