"""What every person does with their own account; included by both portals, each in its own namespace."""

from django.urls import path

from accounts.views import account, passwords, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("forgotten-password/", passwords.forgotten_password, name="forgotten_password"),
    path("set-password/<str:token>/", passwords.set_password, name="set_password"),
    path("account/", account.account, name="account"),
    path("account/username/", account.change_username, name="change_username"),
    path("account/password/", account.change_password, name="change_password"),
]
