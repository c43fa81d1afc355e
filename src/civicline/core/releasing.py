"""When a kept place is rung: at its turn (docs/explanation/places.md).

Its turn is when those before it, of the people who may take it, are fewer than the representatives who will be free by
the time that the person has pressed 1. Called before `routing.route` after every decision, so that whoever becomes free
lets the first in line be rung, and then serves who holds: a free representative never waits for a person who is still
being rung.

Only places that are ready are looked at, the first of each bucket of equal needs: neither those that are not due nor
those further back cost anything.
"""

from __future__ import annotations

from collections.abc import Set
from heapq import heapify, heappop, heappush

from civicline.core import callback, deadlines, indexes, pace, routing, same_agent
from civicline.core.agency import Agency
from civicline.core.callback_facts import CallbackDue
from civicline.core.derived import Bucket
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState
from civicline.core.model import Contact, State


def release(state: State, at: float, record: Record) -> None:
    """Say of everybody whose turn it is that they are rung now."""
    agency, ready = state.agency, state.derived.ready
    if agency is None or not ready or not state.derived.working:
        return
    for contact in same_agent.awaited(state):
        _ring(contact, at, record)
    heads = [routing.first(ready, agency, bucket, at) for bucket in ready]
    heapify(heads)
    while heads:
        bucket = heappop(heads)[2]
        contact = state.contacts[ready[bucket][0][1]]
        if is_turn_of(state, agency, contact, at):
            _ring(contact, at, record)
            if bucket in ready:
                heappush(heads, routing.first(ready, agency, bucket, at))


def _ring(contact: Contact, at: float, record: Record) -> None:
    assert contact.promise is not None
    attempt = contact.promise.attempts + 1
    record(CallbackDue(at, contact.id, f"{contact.id}-b{contact.promise.rung_before + attempt}", attempt))


def is_turn_of(state: State, agency: Agency, contact: Contact, now: float) -> bool:
    """Whether this ready contact, the first of its bucket, is to be rung now."""
    bucket = indexes.bucket(state, contact)
    able = routing.levels(state, agency, bucket).keys()
    working = len(able & state.derived.working)
    if working <= sum(_shares(state, agency, each, able) for each in state.derived.released):
        return False
    soon = free_soon(state, contact, able, working)
    if soon == 0 or not callback.may_ring_now(agency, contact, now):
        return False
    return _before(state, agency, contact, bucket, able, now) < soon


def free_soon(state: State, contact: Contact, able: Set[str], working: int) -> int:
    """How many of them will be free within the lead: who is free, who wraps up and goes on then, and of those who talk
    as many as usually end in that time."""
    derived, agents = state.derived, state.agents
    free = len(able & derived.free)
    wrapping = able & derived.wrapping
    ending = sum(same_agent.goes_on(agents[name]) and not same_agent.awaits(state, agents[name]) for name in wrapping)
    talking = working - free - len(wrapping)
    queue = contact.queue or ""
    usual = talking * lead_s(state, queue) / pace.handle_s(state.paces, queue, contact.skill)
    return free + ending + int(usual)


def lead_s(state: State, queue: str) -> float:
    """From our INVITE to the key 1."""
    found = state.agency.queues.get(queue) if state.agency else None
    policy = (found.callback if found else None) or deadlines.LAST_POLICY
    return state.leads.get(queue, policy.lead_s)


def _shares(state: State, agency: Agency, contact_id: str, able: Set[str]) -> bool:
    """Whether somebody of `able` may take this contact, too."""
    others = routing.levels(state, agency, indexes.bucket(state, state.contacts[contact_id])).keys()
    return not able.isdisjoint(others)


def _before(state: State, agency: Agency, contact: Contact, bucket: Bucket, able: Set[str], now: float) -> int:
    """Those who wait, or are being rung, before it in the line of the same people."""
    assert contact.place is not None
    own = routing.order(agency, bucket, contact.place, now)
    waiting = routing.ahead(
        agency,
        {key: entries for key, entries in state.derived.line.items() if _take(state, agency, key, able)},
        own,
        now,
    )
    return waiting + sum(_rings_before(state, agency, each, own, able, now) for each in state.derived.released)


def _take(state: State, agency: Agency, bucket: Bucket, able: Set[str]) -> bool:
    return not able.isdisjoint(routing.levels(state, agency, bucket).keys())


def _rings_before(
    state: State, agency: Agency, contact_id: str, own: routing.Order, able: Set[str], now: float
) -> bool:
    other = state.contacts[contact_id]
    if other.state is not ContactState.RINGING_BACK or other.place is None:
        return False
    bucket = indexes.bucket(state, other)
    return routing.order(agency, bucket, other.place, now) < own and _take(state, agency, bucket, able)
