"""Shows the HTML of a mail inside a page, where nothing in it can run or reach the page around it."""

from django.http import HttpResponse

# A mail styles itself in place; its links open outside the frame.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def framed(html: str) -> HttpResponse:
    """The answer for the address of an <iframe sandbox>."""
    outside = html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(outside, headers={"Content-Security-Policy": _POLICY, "X-Frame-Options": "SAMEORIGIN"})
