"""Everything an administrator can do."""

from django.urls import include, path

from accounts.views.passwords import set_password
from employer_portal.collective_urls import collective_urls
from employer_portal.text_urls import text_urls
from employer_portal.views import access, ceiling, emails, employees, senders, switches

app_name = "employer_portal"

employee_urls = [
    path("", employees.employee, name="employee"),
    path("block-access/", access.block_access, name="block_access"),
    path("block-access/preview/", access.block_access_preview, name="block_access_preview"),
    path("unblock-access/", access.unblock_access, name="unblock_access"),
    path("resend-username/", access.resend_username, name="resend_username"),
    path("invite/", access.invite, name="invite"),
    path("withdraw-invitation/", access.withdraw_invitation, name="withdraw_invitation"),
    path("try-address-again/", access.try_address_again, name="try_address_of_employee_again"),
]

# Once below an employer and once below the provider.
email_urls = [
    path("<uuid:email_id>/", emails.email, name="email"),
    path("<uuid:email_id>/preview/", emails.email_preview, name="email_preview"),
    path("<uuid:email_id>/retry/", emails.retry_email, name="retry_email"),
    path("<uuid:email_id>/cancel/", emails.cancel_email, name="cancel_email"),
    path("<uuid:email_id>/try-again/", emails.try_address_again, name="try_address_again"),
    path("<uuid:email_id>/handled/", emails.mark_handled, name="mark_email_handled"),
]

sender_acts = [
    ("", senders.change_sender, "sender"),
    ("code/", senders.mail_code, "sender_code"),
    ("confirm/", senders.confirm_sender, "sender_confirm"),
    ("check/", senders.check_domain, "sender_check"),
]

urlpatterns = [
    path("", employees.employers, name="home"),
    path("", include("accounts.urls")),
    path("activate/<str:token>/", set_password, {"invited": True}, name="activate"),
    path("provider/settings/", switches.provider_settings, name="provider_settings"),
    path("<uuid:employer_id>/settings/", switches.employer_settings, name="employer_settings"),
    path("<uuid:employer_id>/settings/ceiling/", ceiling.change_ceiling, name="employer_ceiling"),
    *(path(f"provider/settings/sender/{act}", view, name=f"provider_{name}") for act, view, name in sender_acts),
    *(
        path(f"<uuid:employer_id>/settings/sender/{act}", view, name=f"employer_{name}")
        for act, view, name in sender_acts
    ),
    path("provider/emails/", emails.emails, name="provider_emails"),
    path("provider/emails/", include(email_urls)),
    path("<uuid:employer_id>/emails/", emails.emails, name="emails"),
    path("<uuid:employer_id>/emails/", include(email_urls)),
    path("provider/email-texts/", include(text_urls(of_provider=True))),
    path("<uuid:employer_id>/email-texts/", include(text_urls())),
    path("provider/collective/", include(collective_urls(prefix="provider_"))),
    path("<uuid:employer_id>/collective/", include(collective_urls())),
    path("<uuid:employer_id>/employees/", employees.employees, name="employees"),
    path("<uuid:employer_id>/employees/<uuid:employee_id>/", include(employee_urls)),
]
