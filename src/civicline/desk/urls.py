from django.urls import path

from civicline.desk import views

urlpatterns = [
    path("", views.page, name="desk"),
    path("panel", views.panel, name="desk-panel"),
    path("sign-in", views.sign_in, name="desk-sign-in"),
    path("sign-out", views.sign_out, name="desk-sign-out"),
    path("available", views.available, name="desk-available"),
    path("break", views.take_break, name="desk-break"),
    path("hang-up", views.hang_up, name="desk-hang-up"),
    path("pause-recording", views.pause_recording, name="desk-pause-recording"),
    path("resume-recording", views.resume_recording, name="desk-resume-recording"),
    path("refuse-recording", views.refuse_recording, name="desk-refuse-recording"),
    path("wrap-up", views.wrap_up, name="desk-wrap-up"),
    *(path(f"call/{name}", view, name=f"desk-{name}") for name, view in views.CALL.items()),
    path("promise", views.promise, name="desk-promise"),
    path("transfer", views.transfer, name="desk-transfer"),
]
