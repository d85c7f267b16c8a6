"""Does mail leave: mail server, breaker, events, workers, and what waits for somebody."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.doctor.findings import Findings, attention, fault, information
from accounts.models import CollectiveMutation, MutationState, PasswordRequest
from emailtemplates import failures, hosts, leases
from emailtemplates.clock import database_now, in_
from emailtemplates.failures import Unreachable
from emailtemplates.mail_server import MailServer
from emailtemplates.models import IN_HAND, MailHost, OutgoingEmail, SenderDomain

# Workers look every few seconds and the schedule rings every 15.
LATE_AFTER = timedelta(minutes=2)
# Domains of senders are looked at daily.
SCHEDULE_LATE_AFTER = timedelta(days=2)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def goes_out() -> bool:
    """Whether mail goes to people, and not into a folder or onto the screen."""
    return _by_service() or settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def transport() -> Findings:
    """How mail was set to leave; nothing is asked of anybody."""
    if not goes_out():
        yield information(_("Mails are written on this machine only (EMAIL_URL); nobody gets them."))
        return
    if settings.EMAIL_RATE is not None:
        yield information(
            _("At most %(rate)g mails a second leave (rate in EMAIL_URL).") % {"rate": settings.EMAIL_RATE}
        )
    if _by_service():
        yield from _events()
    elif not settings.EMAIL_USE_TLS and not settings.EMAIL_USE_SSL and settings.EMAIL_HOST not in _LOOPBACK:
        what = _("Mails and the links in them travel unprotected to %(host)s.") % {"host": hosts.name()}
        mend = _("Use smtp://…?tls=1 or smtps://… in EMAIL_URL.")
        yield fault(what, mend) if settings.EMAIL_HOST_USER else attention(what, mend)


def _events() -> Findings:
    if getattr(settings, "ANYMAIL", {}).get("WEBHOOK_SECRET"):
        return
    esp = hosts.name()
    yield fault(
        _("The mail service %(esp)s cannot tell what became of a mail: bounces are never seen.") % {"esp": esp},
        _("Add webhook_secret=user:password to EMAIL_URL, and at the service the address %(address)s.")
        % {"address": f"{settings.BASE_URL}/webhooks/email/{esp}/tracking/"},
    )


def mail_server() -> Findings:
    """Connects, with TLS and sign-in as for a mail, and says goodbye again."""
    if not goes_out():
        return
    if _by_service():
        yield information(_("Whether %(esp)s takes our key is only seen when a mail is sent.") % {"esp": hosts.name()})
    server = MailServer()
    try:
        server.open()
    except Unreachable as error:
        yield fault(
            _("The mail server %(host)s cannot be used: %(reason)s.")
            % {"host": hosts.name(), "reason": failures.reason(error)},
            _("See whether it runs, and whether EMAIL_URL has the right host, port, user, password and TLS."),
        )
    finally:
        server.close()


def breaker() -> Findings:
    host = MailHost.objects.filter(name=hosts.name()).exclude(closed_until=None).first()
    if host is None or host.since is None:
        return
    what = _("No mail has left since %(since)s: %(reason)s.")
    if host.systemic:
        mend = _("Mend EMAIL_URL or the account at the mail server; then mail leaves by itself within a minute.")
    else:
        mend = _("When the mail server is back, mail leaves by itself within seconds.")
    yield fault(what % {"since": _moment(host.since), "reason": host.why}, mend)


def workers() -> Findings:
    """Seen by what they leave lying."""
    start = _("Start a worker and the schedule, or manage.py deliver_emails.")
    late = leases.due().filter(not_before__lt=in_(-LATE_AFTER)).order_by("not_before")
    oldest = late.values_list("not_before", flat=True).first()
    if oldest is not None:
        facts = {"count": late.count(), "since": _moment(oldest)}
        if OutgoingEmail.objects.filter(sent_at__gt=in_(-LATE_AFTER)).exists():
            what = _("Mails that are late: %(count)d, the oldest since %(since)s. Others are leaving.")
            yield attention(what % facts, _("Wait, start more workers, or allow a higher rate in EMAIL_URL."))
        else:
            yield fault(
                _("Mails that are due and that nobody sends: %(count)d, the oldest since %(since)s.") % facts, start
            )
    lost = OutgoingEmail.objects.filter(finished_at=None, state__in=IN_HAND, lease_until__lt=in_(-LATE_AFTER)).count()
    if lost:
        yield fault(
            _("Mails of a worker that is gone, and that no other takes over: %(count)d.") % {"count": lost}, start
        )
    asked = PasswordRequest.objects.filter(answered_at=None, requested_at__lt=in_(-LATE_AFTER)).count()
    if asked:
        yield fault(_("Requests for a new password that nobody answers: %(count)d.") % {"count": asked}, start)
    still = CollectiveMutation.objects.filter(
        Q(progressed_at__lt=in_(-LATE_AFTER)) | Q(progressed_at=None, confirmed_at__lt=in_(-LATE_AFTER)),
        state=MutationState.RUNNING,
    ).count()
    if still:
        yield fault(_("Collective mutations that stand still: %(count)d.") % {"count": still}, start)


def schedule() -> Findings:
    oldest = SenderDomain.objects.order_by("checked_at").values_list("checked_at", flat=True).first()
    if oldest is not None and oldest < database_now() - SCHEDULE_LATE_AFTER:
        yield attention(
            _("The domain of a sender was last looked at on %(since)s, which should be daily.")
            % {"since": _moment(oldest)},
            _("See whether the schedule runs (celery beat), and whether DNS answers."),
        )


def undelivered() -> Findings:
    count = OutgoingEmail.objects.exclude(attention_at=None).filter(attention_at__lte=Now()).count()
    if count:
        yield information(
            _("Mails that did not arrive and wait for an administrator: %(count)d.") % {"count": count},
            _("They stand in the employer portal, under sent e-mails."),
        )


def _by_service() -> bool:
    return settings.EMAIL_BACKEND.startswith("anymail.")


def _moment(when: object) -> str:
    return formats.date_format(timezone.localtime(when), "j F Y, H:i")  # type: ignore[arg-type]
