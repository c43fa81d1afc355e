"""The desk page, its panel, and one address for each button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from civicline.core.lifecycle import ConsultState, DeclinedFor, PassedOnFor
from civicline.desk import actions, queries
from civicline.desk.forms import PromiseForm, TransferForm, WrapUpForm
from civicline.desk.promising import NOT_PROMISED
from civicline.people.access import requires
from civicline.people.keyset import KeysetError
from civicline.people.models import Staff

UNWRITABLE = (psycopg.Error, DatabaseError)


@requires("desk.use")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/page.html", _shown(request) | {"here": "desk"})


@requires("desk.use")
@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/panel.html", _shown(request))


def _button(ask: Callable[[HttpRequest, str], Any]) -> Callable[[HttpRequest], HttpResponse]:
    @requires("desk.use")
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        try:
            ask(request, staff_name(request))
        except UNWRITABLE:
            return _not_saved(request)
        return _asked(request)

    return view


sign_in = _button(lambda request, agent: actions.sign_in(agent))
sign_out = _button(lambda request, agent: actions.sign_out(agent))
available = _button(lambda request, agent: actions.become_available(agent))
take_break = _button(lambda request, agent: actions.take_break(agent, request.POST.get("reason", "")))
hang_up = _button(lambda request, agent: actions.hang_up(agent, _contact(request)))
pause_recording = _button(lambda request, agent: actions.pause_recording(agent, _contact(request)))
resume_recording = _button(lambda request, agent: actions.resume_recording(agent, _contact(request)))
refuse_recording = _button(lambda request, agent: actions.refuse_recording(agent, _contact(request)))


def _call(ask: Callable[[str, str], Any]) -> Callable[[HttpRequest], HttpResponse]:
    return _button(lambda request, agent: ask(agent, request.POST.get("contact", "")))


CALL: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "hold": _call(actions.hold),
    "resume": _call(actions.resume),
    "with-caller": _call(lambda agent, contact: actions.turn(agent, contact, ConsultState.WITH_CALLER)),
    "aside": _call(lambda agent, contact: actions.turn(agent, contact, ConsultState.ASIDE)),
    "join": _call(lambda agent, contact: actions.turn(agent, contact, ConsultState.JOINED)),
    "complete": _call(actions.complete),
    "drop": _call(actions.drop),
    "ring-back": _call(actions.ring_back),
    "stop-ringing-back": _call(actions.stop_ringing_back),
}
"""What may be done with the call in hand, by the names of `in_call.CONTROLS`, and with whoever was cut off."""


@requires("desk.use")
@require_POST
def transfer(request: HttpRequest) -> HttpResponse:
    """Pass the call on at once, or ask first."""
    form, me = TransferForm(request.POST), staff_name(request)
    is_fit = form.is_valid() and queries.may_go_to(form.cleaned_data["to"], me)
    if not is_fit or not queries.talks(me, form.cleaned_data["contact"]):
        shown = _shown(request) | {"nowhere": True, "given": request.POST}
        return render(request, _template(request), shown | {"here": "desk"}, status=422)
    found = form.cleaned_data
    try:
        if found["how"] == "ask":
            queue = queries.queue_of(found["to"])
            actions.consult(me, found["contact"], found["to"], queue, found["note"])
        else:
            actions.pass_on(me, found["contact"], found["to"], PassedOnFor(found["why"]), found["note"])
    except UNWRITABLE:
        return _not_saved(request)
    return _asked(request)


@requires("desk.use")
@require_POST
def promise(request: HttpRequest) -> HttpResponse:
    """Ring the person another time."""
    form, me = PromiseForm(request.POST), staff_name(request)
    why: DeclinedFor | None = DeclinedFor.NO_SLOT
    if form.is_valid() and queries.writes_about(me, form.cleaned_data["contact"]):
        try:
            why = actions.promise_later(me, form.cleaned_data["contact"], form.cleaned_data["slot"])
        except (*UNWRITABLE, KeysetError):
            return _not_saved(request)
    if why is None:
        return _asked(request)
    shown = _shown(request) | {"not_promised": NOT_PROMISED[why], "here": "desk"}
    return render(request, _template(request), shown, status=422)


@requires("desk.use")
@require_POST
def wrap_up(request: HttpRequest) -> HttpResponse:
    form = WrapUpForm(request.POST)
    if not form.is_valid():
        shown = _shown(request) | {"missing": sorted(form.errors), "given": request.POST}
        return render(request, _template(request), shown | {"here": "desk"}, status=422)
    found = form.cleaned_data
    try:
        actions.wrap_up(
            staff_name(request), found["contact"], found["topic"], found["disposition"], found["resolved"] == "yes"
        )
    except UNWRITABLE:
        return _not_saved(request)
    return _asked(request)


def _contact(request: HttpRequest) -> str:
    return request.POST.get("contact", "")


def staff_name(request: HttpRequest) -> str:
    return request.user.username if isinstance(request.user, Staff) else ""


def _shown(request: HttpRequest) -> dict[str, Any]:
    return {"desk": queries.desk(staff_name(request))}


def _template(request: HttpRequest) -> str:
    return "desk/panel.html" if request.headers.get("HX-Request") else "desk/page.html"


def _asked(request: HttpRequest) -> HttpResponse:
    """The panel changes when the fact is there: the push says so. Without scripts the page is simply fetched again."""
    return HttpResponse(status=204) if request.headers.get("HX-Request") else redirect("/desk/")


def _not_saved(request: HttpRequest) -> HttpResponse:
    message = _("Not saved: the journal cannot be written at the moment. Calls go on. Try again in a moment.")
    return HttpResponse(message, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "2"})
