"""The public pages: topic and language, time and number, and the link by which a callback is seen, changed, cancelled.

Without sign-in and without JavaScript. A callback is called promised only when the journal says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import psycopg
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from civicline.callbacks import actions, queries, words
from civicline.callbacks.calendar import entry
from civicline.callbacks.forms import TimeForm, TopicForm
from civicline.callbacks.models import Booking, Stage
from civicline.callbacks.queries import Now
from civicline.core.agency import Agency, Topic
from civicline.core.lifecycle import DeclinedFor
from civicline.core.scheduling import line_for
from civicline.people.access import public
from civicline.people.actions import count_attempt, pause_left_s
from civicline.people.keyset import KeysetError
from civicline.web.address import client_address
from civicline.web.agency import current, said, written
from civicline.web.words import LANGUAGES

log = logging.getLogger(__name__)

UNWRITABLE = (psycopg.Error, DatabaseError, KeysetError)
ASKING, OPENING = "callback", "callback-link"
"""What is limited by network address: asking for callbacks, and links that open nothing."""

ZONE_SAID = gettext_lazy(
    "Times are those of our office (%(zone)s). We call you from then on, as soon as it is your turn."
)
NOT_SAVED = gettext_lazy("We could not save your callback. Try again in a moment.")

View = Callable[..., HttpResponse]


@public
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    agency = current()
    if agency is None or not queries.topics(agency):
        return render(request, "callbacks/none.html", {"lines": _lines(agency)})
    form = TopicForm(agency, request.GET if "asked" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect(f"{reverse('callback-time')}?{urlencode(form.cleaned_data)}")
    return render(request, "callbacks/start.html", {"form": form}, status=422 if form.is_bound else 200)


@public
@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
def choose_time(request: HttpRequest) -> HttpResponse:
    agency = current()
    topic = agency.topics.get(request.GET.get("topic", "")) if agency else None
    language = request.GET.get("language", "")
    if agency is None or topic not in queries.topics(agency) or topic is None or language not in agency.languages:
        return redirect("callback")
    page = TimePage(request, agency, topic, language)
    if request.method != "POST":
        return page.shown()
    return page.asked(actions.ask)


class TimePage:
    """A day, its free times and the number: for a new callback, or for another time of `old`."""

    def __init__(
        self, request: HttpRequest, agency: Agency, topic: Topic, language: str, old: Booking | None = None
    ) -> None:
        self.request, self.agency, self.topic, self.language, self.old = request, agency, topic, language, old
        self.days = queries.free(agency, topic)
        self.day = _day(request.GET.get("day", ""), self.days)
        self.form = self._form(request.POST if request.method == "POST" else None)

    def _form(self, data: Any) -> TimeForm:
        slots = self.days.get(self.day, []) if self.day else []
        return TimeForm(self.agency, slots, self.old is None, data)

    def asked(self, ask: Callable[[actions.Wanted], tuple[Booking, str] | None]) -> HttpResponse:
        if not self.form.is_valid():
            return self.shown(422)
        address = client_address(self.request)
        if left_s := pause_left_s(ASKING, address):
            return self._not_now(_wait(left_s), 429)
        try:
            number = queries.number(self.old) if self.old is not None else self.form.cleaned_data["number"]
            found = ask(self._wanted(number))
        except UNWRITABLE as error:
            log.error("a callback could not be asked for: %s", type(error).__name__)
            return self._not_now(NOT_SAVED, 503)
        if found is None:
            return redirect(self.request.path.removesuffix("/change"))
        booking, code = found
        with suppress(*UNWRITABLE):  # what was asked is durable; its link shows what becomes of it
            count_attempt(ASKING, address)
            actions.settle(booking)
        if booking.stage == Stage.DECLINED:
            return self._declined(DeclinedFor(booking.why))
        return redirect("callback-booked", booking.reference, code)

    def _wanted(self, number: str) -> actions.Wanted:
        line, policy = line_for(self.agency, self.topic), self.agency.queues[self.topic.queue].callback
        assert line is not None and policy is not None  # the topic takes bookings
        slot = self.form.cleaned_data["slot"]
        return actions.Wanted(line, self.topic.id, self.language, number, slot, policy.slot_s)

    def _declined(self, why: DeclinedFor) -> HttpResponse:
        """The choice again, without what is no longer free."""
        if why not in words.SLOT:
            return self._not_now(str(words.DECLINED[why]), 409)
        taken = str(self.form.cleaned_data["slot"])
        self.form.add_error("slot", str(words.SLOT[why]))
        choices = self.form.fields["slot"].choices  # type: ignore[attr-defined]
        self.form.fields["slot"].choices = [each for each in choices if each[0] != taken]  # type: ignore[attr-defined]
        return self.shown(409)

    def _not_now(self, message: Any, status: int) -> HttpResponse:
        self.form.add_error(None, message)
        return self.shown(status)

    def shown(self, status: int = 200) -> HttpResponse:
        days = [(day.isoformat(), queries.day_written(day)) for day in self.days]
        first = self.days[self.day][0].value if self.day else 0
        shown = {
            "form": self.form,
            "days": days,
            "day": self.day.isoformat() if self.day else "",
            "day_written": queries.day_written(self.day) if self.day else "",
            "zone_said": ZONE_SAID % {"zone": queries.short_zone(first, ZoneInfo(self.agency.zone))},
            "topic": self.topic.id,
            "topic_label": said(self.topic.label),
            "language": self.language,
            "language_name": LANGUAGES.get(self.language, self.language),
            "old": self.old,
            "when": queries.when_written(self.old, ZoneInfo(self.agency.zone)) if self.old else "",
            "back": self.request.path.removesuffix("/change"),
            "lines": _lines(self.agency),
        }
        answer = render(self.request, "callbacks/time.html", shown, status=status)
        if status == 503:
            answer["Retry-After"] = "2"
        return answer


def _day(wanted: str, days: dict[date, Any]) -> date | None:
    """The first day that has a free time, unless another was chosen."""
    return next((day for day in days if day.isoformat() == wanted), next(iter(days), None))


def _linked(view: View) -> View:
    """Gives the view the booking that the link opens. Links that open nothing are limited by network address."""

    @wraps(view)
    def handle(request: HttpRequest, reference: str, code: str) -> HttpResponse:
        address = client_address(request)
        if left_s := pause_left_s(OPENING, address):
            return render(request, "callbacks/unknown.html", {"error": _wait(left_s)}, status=429)
        booking = queries.booking(reference, code)
        if booking is None:
            count_attempt(OPENING, address)
            return render(request, "callbacks/unknown.html", status=404)
        return view(request, _settled(booking), code)

    return public(handle)


def _settled(booking: Booking) -> Booking:
    return actions.settle_change(booking) if booking.stage == Stage.MOVING else actions.settle(booking, 0.0)


@_linked
@require_safe
def booked(request: HttpRequest, booking: Booking, code: str) -> HttpResponse:
    return _booked(request, booking, code)


def _booked(request: HttpRequest, booking: Booking, code: str, error: str = "", status: int = 200) -> HttpResponse:
    agency = current()
    if agency is None:
        return redirect("callback")
    now = queries.now_of(booking)
    topic = agency.topics.get(booking.topic)
    shown = {
        "booking": booking,
        "code": code,
        "now": now.value,
        "when": queries.when_written(booking, ZoneInfo(agency.zone)),
        "topic_label": said(topic.label) if topic else "",
        "language_name": LANGUAGES.get(booking.language, booking.language),
        "why": words.DECLINED[DeclinedFor(booking.why)] if booking.why else "",
        "number": _number(booking) if now in (Now.AHEAD, Now.UNDER_WAY) else "",
        "link": request.build_absolute_uri(reverse("callback-booked", args=(booking.reference, code))),
        "error": error,
        "lines": _lines(agency),
    }
    return render(request, "callbacks/booked.html", shown, status=status)


def _number(booking: Booking) -> str:
    end = queries.number(booking)[-2:]
    return _("ends in %(digits)s") % {"digits": end} if end else ""


@_linked
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, booking: Booking, code: str) -> HttpResponse:
    agency = current()
    topic = agency.topics.get(booking.topic) if agency else None
    if agency is None or topic is None or topic not in queries.topics(agency):
        return redirect("callback-booked", booking.reference, code)
    if queries.now_of(booking) is not Now.AHEAD:
        return redirect("callback-booked", booking.reference, code)
    page = TimePage(request, agency, topic, booking.language, booking)
    if request.method != "POST":
        return page.shown()
    return page.asked(lambda wanted: actions.change(booking, wanted))


@_linked
@require_POST
def cancel(request: HttpRequest, booking: Booking, code: str) -> HttpResponse:
    """A link that was used already shows what it was used for."""
    try:
        if queries.now_of(booking) in (Now.AHEAD, Now.UNDER_WAY) and actions.cancel(booking):
            actions.settle(booking)
    except UNWRITABLE as error:
        log.error("a callback could not be cancelled: %s", type(error).__name__)
        booking.refresh_from_db()
        message = _("We could not cancel your callback: it stands. Try again in a moment.")
        return _booked(request, booking, code, message, 503)
    return redirect("callback-booked", booking.reference, code)


@_linked
@require_safe
def calendar(request: HttpRequest, booking: Booking, code: str) -> HttpResponse:
    agency = current()
    now = queries.now_of(booking)
    topic = agency.topics.get(booking.topic) if agency else None
    line = line_for(agency, topic) if agency and topic else None
    if agency is None or line is None or now not in (Now.AHEAD, Now.UNDER_WAY, Now.CANCELLED):
        return redirect("callback-booked", booking.reference, code)
    name = said(agency.name)
    summary = _("Telephone call from %(agency)s") % {"agency": name}
    cancelled = now is Now.CANCELLED
    return HttpResponse(
        entry(booking, summary, name, line.number, cancelled),
        content_type=f"text/calendar; charset=utf-8; method={'CANCEL' if cancelled else 'REQUEST'}",
        headers={"Content-Disposition": 'attachment; filename="callback.ics"'},
    )


def _lines(agency: Agency | None) -> list[tuple[str, str]]:
    """Published numbers, for whoever cannot do it here: in E.164 and as people write them."""
    return [(number, written(number)) for number in agency.lines] if agency is not None else []


def _wait(seconds: int) -> str:
    return ngettext(
        "Too many attempts. Try again in %(n)d second.", "Too many attempts. Try again in %(n)d seconds.", seconds
    ) % {"n": seconds}
