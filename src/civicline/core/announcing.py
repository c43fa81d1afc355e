"""What is said without being asked: urgent messages before a menu, and the position to who waits in line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from civicline.core import deadlines, indexes, pace, told, wait
from civicline.core import menu_facts as facts
from civicline.core import menu_requests as requests
from civicline.core.agency import Agency
from civicline.core.derived import Bucket
from civicline.core.joining import Record
from civicline.core.model import Contact, State

LONGEST_URGENT_S = 31 * 86_400.0
"""An urgent message that nobody lifts ends by then."""


def tell(state: State, contact_id: str, at: float, record: Record) -> None:
    """Position and wait. A number that is told never rises: where the position would, only the message is said. Nor
    does the wait, unless there is a reason to say."""
    contact, agency = state.contacts[contact_id], state.agency
    assert agency is not None
    ahead = wait.before(state, agency, contact, at)
    now = position(contact, ahead)
    rose = contact.position is not None and now > contact.position
    expected_s = wait.behind_s(state, agency, contact, ahead, at) if contact.queue in agency.queues else None
    found = None
    if expected_s is not None:
        found = told.tell(expected_s, _basis(state, agency, contact, now - 1), contact.wait)
    record(facts.PositionTold(at, contact.id, None if rose else now, found))


def position(contact: Contact, ahead: Mapping[Bucket, int]) -> int:
    """How many of the same queue are served before it, and itself. An estimate: another language or skill may be
    served sooner. Whoever had the place kept counts as if waiting."""
    return 1 + sum(count for bucket, count in ahead.items() if bucket.queue == contact.queue)


def _basis(state: State, agency: Agency, contact: Contact, ahead: int) -> told.Basis:
    queue = contact.queue or ""
    people = wait.people(state, agency, indexes.needs(state, contact))
    return told.Basis(len(people), pace.handle_s(state.paces, queue, contact.skill), queue, ahead)


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
