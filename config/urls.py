"""Every address of Sleutelbos starts here."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from accounts.views.front import which_portal
from config import health
from emailtemplates import webhooks

handler500 = "config.errors.failure"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", which_portal, name="which_portal"),
    path("employee/", include("employee_portal.urls")),
    path("employer/", include("employer_portal.urls")),
    path("webhooks/email/<slug:esp>/tracking/", webhooks.email_events, name="email_events"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]

if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))
