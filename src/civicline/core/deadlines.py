"""What falls due with time alone: overflow steps, unanswered rings, wrap-ups that ran out, legs that never say
goodbye, the next word to who waits, the end of an urgent message, the next step of a promised callback.

A deadline is computed from the state, so it cannot be lost or fire twice; the heap only says where to look first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from civicline.core.agency import CallbackPolicy, Queue
from civicline.core.lifecycle import AgentState, ConsultState, ContactState, LegState
from civicline.core.model import Contact, State
from civicline.core.survey import is_asking

RING_GRACE_S = 2.0
"""Voice stops ringing at the queue's time and says so; the engine waits this much longer before it says so itself."""

RING_S, WRAP_UP_S = 20.0, 600.0
"""Hold where an agency pack took the queue away while a phone rang or a wrap-up was being written."""

LEG_END_S = 40.0
"""A leg that should end counts as ended after this: SIP gives up on a BYE or CANCEL after 32 s (RFC 3261, timer F)."""

PAUSE_REMIND_S = 30.0
"""A recording that is paused longer is told of again, and again: a pause that is forgotten loses the talk."""


QUESTION_S = 300.0
"""No question of a survey takes longer (3 tries of 20 s, each after a prompt of up to 80 s): voice is gone then."""

OVERFLOW, RING, WRAP_UP, LEG = "overflow", "ring", "wrap_up", "leg"
PAUSE, SURVEY = "pause", "survey"
POSITION, URGENT = "position", "urgent"
PARTY, SEGMENT = "party", "segment"
"""A third party or an office that rings, by contact; the wrap-up of whoever passed the call on, by agent."""
CALLBACK = "callback"
"""The next step of a promise, by contact."""

SAME_AGENT = "same_agent"
"""The end of waiting for one representative, by contact."""

LAST_POLICY = CallbackPolicy(offer_after_s=0.0)
"""Holds for what was promised where an agency pack took the queue or its policy away."""

OPEN_TO_ONE = frozenset({ContactState.WAITING, ContactState.KEPT})
"""States in which a contact may wait for one representative."""

GOODBYE_S = 60.0
"""Whoever had the place kept has heard so by then (a prompt of 15 s): voice is gone, and the leg ends."""

KEY_S = 60.0
"""The key 1 is pressed by then (a prompt of 8 s, twice, with pauses), or it was no person; voice says so sooner."""

PROMISE_S = 7 * 86_400.0
"""A place for which nobody could be spared all this time counts as missed."""


def queue_of(state: State, contact: Contact) -> Queue | None:
    return state.agency.queues.get(contact.queue or "") if state.agency else None


def at(state: State, kind: str, key: str) -> float | None:
    """When this falls due; None when it no longer can."""
    return _WHEN[kind](state, key)


def _overflow_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    queue = queue_of(state, contact) if contact else None
    if contact is None or queue is None or contact.state is not ContactState.WAITING or contact.queued_at is None:
        return None
    return contact.queued_at + queue.overflow[contact.step].after_s if contact.step < len(queue.overflow) else None


def _ring_at(state: State, key: str) -> float | None:
    offer = state.offers.get(key)
    if offer is None:
        return None
    queue = queue_of(state, state.contacts[offer.contact])
    return offer.at + (queue.ring_s if queue else RING_S) + RING_GRACE_S


def _wrap_up_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    if contact is None or contact.state is not ContactState.WRAPPING or contact.talk_ended_at is None:
        return None
    queue = queue_of(state, contact)
    return contact.talk_ended_at + (queue.wrap_up_s if queue else WRAP_UP_S)


def _leg_at(state: State, key: str) -> float | None:
    leg = state.legs.get(key)
    return leg.ending_at + LEG_END_S if leg is not None and leg.ending_at is not None else None


def party_rings(state: State, contact: Contact) -> tuple[float, float] | None:
    """Since when and for how long the leg of a third party, or of the office that the caller is sent to, rings."""
    consult = contact.consult
    if consult is not None and consult.state is ConsultState.RINGING:
        return consult.begun_at, _party_ring_s(state, contact, consult.office)
    if contact.state is ContactState.OUTSIDE and contact.referrals[-1].answered_at is None:
        return contact.referrals[-1].at, _party_ring_s(state, contact, contact.referrals[-1].office)
    return None


def _party_ring_s(state: State, contact: Contact, office_id: str | None) -> float:
    office = state.agency.offices.get(office_id or "") if state.agency else None
    queue = queue_of(state, contact)
    return office.ring_s if office else queue.ring_s if queue else RING_S


def _party_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    found = party_rings(state, contact) if contact else None
    return sum(found) + RING_GRACE_S if found else None


def _segment_at(state: State, key: str) -> float | None:
    """For whoever wraps up a contact that somebody else, or nobody, has now."""
    agent = state.agents.get(key)
    contact = state.contacts.get(agent.contact or "") if agent and agent.state is AgentState.WRAP_UP else None
    if agent is None or contact is None or (contact.state is ContactState.WRAPPING and contact.agent == key):
        return None
    last = next(each for each in reversed(contact.segments) if each.agent == key and not each.beside)
    queue = state.agency.queues.get(last.queue or "") if state.agency else None
    return agent.since + (queue.wrap_up_s if queue else WRAP_UP_S)


def _pause_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    since = (contact.pause_reminded_at or contact.recording_paused_at) if contact is not None else None
    return None if since is None else since + PAUSE_REMIND_S


def _survey_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    if contact is None or contact.survey is None or not is_asking(contact.survey):
        return None
    return contact.survey.moved_at + QUESTION_S


def _position_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    queue = queue_of(state, contact) if contact else None
    if contact is None or queue is None or contact.state is not ContactState.WAITING or queue.say_every_s is None:
        return None
    return contact.queued_at if contact.told_at is None else contact.told_at + queue.say_every_s


def _urgent_at(state: State, key: str) -> float | None:
    return state.urgent[key].until if key in state.urgent else None


def _callback_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    promise = contact.promise if contact is not None else None
    if contact is None or promise is None:
        return None
    leg = state.legs.get(contact.leg)
    if contact.state is ContactState.RINGING_BACK and leg is not None and promise.rung_at is not None:
        return _ring_back_until(state, contact, promise.rung_at) if leg.answered_at is None else leg.answered_at + KEY_S
    if contact.state is not ContactState.KEPT:
        return None
    if leg is not None:
        return None if leg.state is LegState.ENDING else promise.made_at + GOODBYE_S
    return max(promise.next_at, promise.made_at) + (PROMISE_S if promise.ready else 0.0)


def _same_agent_at(state: State, key: str) -> float | None:
    contact = state.contacts.get(key)
    if contact is None or contact.for_agent_since is None or contact.state not in OPEN_TO_ONE:
        return None
    return contact.for_agent_since + _policy(state, contact).same_agent_s


def _policy(state: State, contact: Contact) -> CallbackPolicy:
    queue = queue_of(state, contact)
    return (queue.callback if queue else None) or LAST_POLICY


def _ring_back_until(state: State, contact: Contact, since: float) -> float:
    return since + ring_back_s(state, contact) + RING_GRACE_S


def ring_back_s(state: State, contact: Contact) -> float:
    """How long the person's telephone rings."""
    return _policy(state, contact).ring_s


_WHEN: dict[str, Callable[[State, str], float | None]] = {
    OVERFLOW: _overflow_at,
    RING: _ring_at,
    WRAP_UP: _wrap_up_at,
    LEG: _leg_at,
    PARTY: _party_at,
    SEGMENT: _segment_at,
    PAUSE: _pause_at,
    SURVEY: _survey_at,
    POSITION: _position_at,
    URGENT: _urgent_at,
    CALLBACK: _callback_at,
    SAME_AGENT: _same_agent_at,
}


def note(state: State, kind: str, key: str) -> None:
    due = at(state, kind, key)
    if due is not None:
        heappush(state.derived.deadlines, (due, kind, key))


def rebuild(state: State) -> None:
    for key in state.contacts:
        note(state, OVERFLOW, key)
        note(state, WRAP_UP, key)
        note(state, PAUSE, key)
        note(state, SURVEY, key)
        note(state, POSITION, key)
        note(state, PARTY, key)
        note(state, CALLBACK, key)
        note(state, SAME_AGENT, key)
    for key in state.urgent:
        note(state, URGENT, key)
    for key in state.agents:
        note(state, SEGMENT, key)
    for key in state.offers:
        note(state, RING, key)
    for key in state.legs:
        note(state, LEG, key)


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
