"""The floor page and the board in it that the push renews."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from civicline.floor import queries
from civicline.people.access import requires


@requires("floor.see")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "floor/page.html", {"floor": queries.floor(), "here": "floor"})


@requires("floor.see")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    return render(request, "floor/board.html", {"floor": queries.floor()})
