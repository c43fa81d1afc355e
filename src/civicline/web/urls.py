"""Every address of the web process."""

from django.urls import include, path

from civicline.people import views as people
from civicline.web import language, views
from civicline.web.api import api

urlpatterns = [
    path("", views.home, name="home"),
    path("language/<str:code>", language.choose, name="language"),
    path("sign-in", people.sign_in, name="sign-in"),
    path("sign-out", people.sign_out, name="sign-out"),
    path("live/whoami", people.whoami, name="whoami"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("desk/", include("civicline.desk.urls")),
    path("floor/", include("civicline.floor.urls")),
    path("callback/", include("civicline.callbacks.urls")),
    path("api/v1/", api.urls),
]
handler403 = "civicline.web.views.refused"
handler404 = "civicline.web.views.not_found"
handler500 = "civicline.web.views.broken"
