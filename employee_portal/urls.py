"""Everything an employee can do."""

from django.urls import include, path

from accounts.views.activation import activate
from employee_portal import views

app_name = "employee_portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("activate/<str:token>/", activate, name="activate"),
    path("", include("accounts.urls")),
]
