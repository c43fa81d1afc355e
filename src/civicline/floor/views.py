"""The floor page, the board in it that the push renews, and what a supervisor has said before a menu."""

from typing import Any

import psycopg
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from civicline.floor import actions, queries
from civicline.floor.forms import UrgentForm
from civicline.people.access import may, requires
from civicline.web.agency import current

UNWRITABLE = (psycopg.Error, DatabaseError)


@requires("floor.see")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "floor/page.html", _shown(request, None))


@requires("floor.see")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    return render(request, "floor/board.html", _board(request))


@requires("floor.announce")
@require_POST
def post_urgent(request: HttpRequest) -> HttpResponse:
    agency = current()
    form = UrgentForm(agency, request.POST) if agency is not None else None
    if form is None or not form.is_valid():
        return render(request, "floor/page.html", _shown(request, form), status=422)
    found = form.cleaned_data
    try:
        actions.post_urgent(
            request.user.get_username(), found["menu"], form.texts, found["message"], float(found["lasts"])
        )
    except UNWRITABLE:
        return _not_saved()
    return redirect("/floor/")


@requires("floor.announce")
@require_POST
def lift_urgent(request: HttpRequest) -> HttpResponse:
    try:
        actions.lift_urgent(request.user.get_username(), request.POST.get("menu", ""))
    except UNWRITABLE:
        return _not_saved()
    return redirect("/floor/")


def _board(request: HttpRequest) -> dict[str, Any]:
    return {"floor": queries.floor(), "announces": may(request.user, "floor.announce")}


def _shown(request: HttpRequest, form: UrgentForm | None) -> dict[str, Any]:
    shown = _board(request) | {"here": "floor"}
    agency = current()
    if shown["announces"] and agency is not None:
        shown["form"] = form or UrgentForm(agency)
    return shown


def _not_saved() -> HttpResponse:
    message = _("Not saved: the journal cannot be written at the moment. Calls go on. Try again in a moment.")
    return HttpResponse(message, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "2"})
