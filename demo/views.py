"""The mailbox of the demo. Open to all, like everything in the demo; it does not exist outside it."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.views.mail_frame import framed
from demo import mailbox


@login_not_required
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/mails.html", {"mails": mailbox.newest()})


@login_not_required
@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "demo/mail.html", {"mail": _mail_or_404(name)})


@login_not_required
@require_safe
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    return framed(_mail_or_404(name).html)


def _mail_or_404(name: str) -> mailbox.Mail:
    found = mailbox.find(name)
    if found is None:
        raise Http404
    return found
