from django.urls import path

from demo import views

app_name = "demo"

urlpatterns = [
    path("mail/", views.mails, name="mails"),
    path("mail/<str:name>/", views.mail, name="mail"),
    path("mail/<str:name>/html/", views.mail_html, name="mail_html"),
]
