from django.urls import path

from civicline.floor import views

urlpatterns = [
    path("", views.page, name="floor"),
    path("board", views.board, name="floor-board"),
]
