"""The mailbox of the demo. Open to all, like everything in the demo; it does not exist outside it."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from demo import mailbox

# A mail styles itself in place, and its links open outside the frame; nothing in it runs.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


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
@xframe_options_sameorigin
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    html = _mail_or_404(name).html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _mail_or_404(name: str) -> mailbox.Mail:
    found = mailbox.find(name)
    if found is None:
        raise Http404
    return found
