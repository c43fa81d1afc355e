from django.urls import path

from civicline.floor import views

urlpatterns = [
    path("", views.page, name="floor"),
    path("board", views.board, name="floor-board"),
    path("urgent", views.post_urgent, name="floor-urgent"),
    path("urgent/lift", views.lift_urgent, name="floor-urgent-lift"),
]
