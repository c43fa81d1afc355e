from django.urls import path

from civicline.callbacks import views

urlpatterns = [
    path("", views.start, name="callback"),
    path("time", views.choose_time, name="callback-time"),
    path("<str:reference>/<str:code>", views.booked, name="callback-booked"),
    path("<str:reference>/<str:code>/change", views.change, name="callback-change"),
    path("<str:reference>/<str:code>/cancel", views.cancel, name="callback-cancel"),
    path("<str:reference>/<str:code>/callback.ics", views.calendar, name="callback-calendar"),
]
