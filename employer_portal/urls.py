"""Everything an administrator can do."""

from django.urls import include, path

from accounts.views.passwords import set_password
from employer_portal.views import access, employees, switches

app_name = "employer_portal"

employee_urls = [
    path("", employees.employee, name="employee"),
    path("block-access/", access.block_access, name="block_access"),
    path("block-access/preview/", access.block_access_preview, name="block_access_preview"),
    path("unblock-access/", access.unblock_access, name="unblock_access"),
    path("resend-username/", access.resend_username, name="resend_username"),
    path("invite/", access.invite, name="invite"),
    path("withdraw-invitation/", access.withdraw_invitation, name="withdraw_invitation"),
]

urlpatterns = [
    path("", employees.employers, name="home"),
    path("", include("accounts.urls")),
    path("activate/<str:token>/", set_password, {"invited": True}, name="activate"),
    path("provider/settings/", switches.provider_settings, name="provider_settings"),
    path("<uuid:employer_id>/settings/", switches.employer_settings, name="employer_settings"),
    path("<uuid:employer_id>/employees/", employees.employees, name="employees"),
    path("<uuid:employer_id>/employees/<uuid:employee_id>/", include(employee_urls)),
]
