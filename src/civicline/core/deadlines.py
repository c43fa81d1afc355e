"""What falls due with time alone: the next overflow step, an unanswered ring, a wrap-up that ran out.

A deadline is computed from the state, so it cannot be lost or fire twice; the heap only says where to look first.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from civicline.core.agency import Queue
from civicline.core.lifecycle import ContactState, OfferState
from civicline.core.model import Contact, State

RING_GRACE_S = 2.0
"""Voice stops ringing at the queue's time and says so; the engine waits this much longer before it says so itself."""

OVERFLOW, RING, WRAP_UP = "overflow", "ring", "wrap_up"


def queue_of(state: State, contact: Contact) -> Queue | None:
    return state.agency.queues.get(contact.queue or "") if state.agency else None


def at(state: State, kind: str, key: str) -> float | None:
    """When this falls due; None when it no longer can."""
    if kind == RING:
        offer = state.offers.get(key)
        contact = state.contacts.get(offer.contact) if offer else None
        queue = queue_of(state, contact) if contact else None
        live = offer is not None and queue is not None and offer.state is OfferState.MADE
        return offer.at + queue.ring_s + RING_GRACE_S if live and offer and queue else None
    contact = state.contacts.get(key)
    queue = queue_of(state, contact) if contact else None
    if contact is None or queue is None:
        return None
    if kind == OVERFLOW:
        return _next_step_at(contact, queue)
    wrapping = contact.state is ContactState.WRAPPING and contact.talk_ended_at is not None
    return contact.talk_ended_at + queue.wrap_up_s if wrapping and contact.talk_ended_at is not None else None


def _next_step_at(contact: Contact, queue: Queue) -> float | None:
    if contact.state is not ContactState.WAITING or contact.queued_at is None:
        return None
    return contact.queued_at + queue.overflow[contact.step].after_s if contact.step < len(queue.overflow) else None


def note(state: State, kind: str, key: str) -> None:
    due = at(state, kind, key)
    if due is not None:
        heappush(state.derived.deadlines, (due, kind, key))


def rebuild(state: State) -> None:
    for key in state.contacts:
        note(state, OVERFLOW, key)
        note(state, WRAP_UP, key)
    for key in state.offers:
        note(state, RING, key)


def next_at(state: State) -> float | None:
    """When `decide.react` should next be called without an input; None when nothing is pending."""
    heap = state.derived.deadlines
    while heap:
        due, kind, key = heap[0]
        if at(state, kind, key) == due:
            return due
        heappop(heap)
    return None


def due(state: State, now: float) -> Iterator[tuple[float, str, str]]:
    """Take what is due by `now`, soonest first."""
    while (first := next_at(state)) is not None and first <= now:
        yield heappop(state.derived.deadlines)
