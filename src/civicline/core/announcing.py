"""What is said without being asked: urgent messages before a menu, and the position to who waits in line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import deadlines, indexes, pace, told, wait
from civicline.core import menu_facts as facts
from civicline.core import menu_requests as requests
from civicline.core.joining import Record
from civicline.core.model import Contact, State
from civicline.core.routing import ahead, order

LONGEST_URGENT_S = 31 * 86_400.0
"""An urgent message that nobody lifts ends by then."""


def position(state: State, contact: Contact, now: float) -> int:
    """How many of the same queue are served before it, and itself. An estimate: another language or skill may be
    served sooner. Whoever had the place kept counts as if waiting."""
    agency = state.agency
    assert agency is not None and contact.place is not None
    own = order(agency, indexes.bucket(state, contact), contact.place, now)
    return 1 + sum(
        ahead(agency, {bucket: each for bucket, each in table.items() if bucket.queue == contact.queue}, own, now)
        for table in (state.derived.line, state.derived.kept)
    )


def tell(state: State, contact_id: str, at: float, record: Record) -> None:
    """The number that is told never rises: where it would, only the message is said. Nor does the wait, unless there
    is a reason to say."""
    contact = state.contacts[contact_id]
    now = position(state, contact, at)
    rose = contact.position is not None and now > contact.position
    record(facts.PositionTold(at, contact.id, None if rose else now, _wait(state, contact, at, now)))


def _wait(state: State, contact: Contact, at: float, place: int) -> told.Told | None:
    expected_s = wait.estimate_s(state, contact, at)
    if expected_s is None or state.agency is None or contact.queue is None:
        return None
    people = wait.people(state, state.agency, indexes.bucket(state, contact))
    handle_s = pace.handle_s(state.paces, contact.queue, contact.skill)
    return told.tell(expected_s, told.Basis(len(people), handle_s, contact.queue, place - 1), contact.wait)


def _time_over(state: State, menu: str, at: float, record: Record) -> None:
    record(facts.UrgentLifted(at, menu))


def _post(state: State, request: requests.PostUrgent, at: float, record: Record) -> None:
    agency = state.agency
    if agency is None or request.menu not in agency.menus or not at < request.until <= at + LONGEST_URGENT_S:
        return
    whole = all(request.texts.get(language, "").strip() for language in agency.languages)
    if whole or request.message in agency.messages:
        message = "" if whole else request.message
        texts = request.texts if whole else {}
        record(facts.UrgentPosted(at, request.menu, texts, message, request.until, request.by))


def _lift(state: State, request: requests.LiftUrgent, at: float, record: Record) -> None:
    if request.menu in state.urgent:
        record(facts.UrgentLifted(at, request.menu, request.by))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.PostUrgent: _post,
    requests.LiftUrgent: _lift,
}
DUE: dict[str, Callable[[State, str, float, Record], None]] = {
    deadlines.URGENT: _time_over,
}
"""What follows when a deadline of this kind comes."""
