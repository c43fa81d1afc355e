"""Keeps `Derived` in step with the state."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable
from typing import TypeVar

from civicline.core import deadlines
from civicline.core.derived import Bucket, Derived
from civicline.core.lifecycle import IN_LINE, PROMISED, WORKING, AgentState, ContactState
from civicline.core.model import Agent, Contact, Place, State

HAS_PLACE = IN_LINE | PROMISED
K = TypeVar("K", bound=Hashable)


def language_of(state: State, contact: Contact) -> str:
    return contact.language or (state.agency.languages[0] if state.agency else "")


def bucket(state: State, contact: Contact) -> Bucket:
    """Its needs, and who alone may take it."""
    return needs(state, contact)._replace(agent=contact.for_agent or "")


def needs(state: State, contact: Contact) -> Bucket:
    return Bucket(contact.queue or "", contact.skill, language_of(state, contact), contact.priority, contact.step)


Line = dict[Bucket, list[tuple[Place, str]]]


def _insert(table: Line, key: Bucket, contact: Contact) -> bool:
    """Whether nobody was there before."""
    assert contact.place is not None
    entries = table.setdefault(key, [])
    insort(entries, (contact.place, contact.id))
    return len(entries) == 1


def _remove(table: Line, key: Bucket, contact: Contact) -> None:
    assert contact.place is not None
    entries = table[key]
    at = bisect_left(entries, (contact.place, contact.id))
    assert entries[at][1] == contact.id
    del entries[at]
    if not entries:
        del table[key]


def enter(state: State, contact: Contact) -> None:
    """Into every index of contacts that its state, needs and place say."""
    derived = state.derived
    if contact.state in PROMISED:
        _count_promise(derived, contact, 1)
    if contact.place is None or contact.state not in HAS_PLACE:
        return
    count(derived.in_queue, contact.queue or "", 1)
    key = bucket(state, contact)
    if contact.state is ContactState.WAITING and _insert(derived.line, key, contact):
        derived.fresh_buckets.add(key)
    if contact.state in PROMISED:
        _insert(derived.kept, key, contact)
    if _is_ready(contact):
        _insert(derived.ready, key, contact)
    if contact.is_released:
        derived.released.add(contact.id)
    if contact.for_agent is not None:
        derived.theirs.add(contact.id)


def leave(state: State, contact: Contact) -> None:
    """Out of all of them; before its state, needs or place change."""
    derived = state.derived
    if contact.state in PROMISED:
        _count_promise(derived, contact, -1)
    if contact.place is None or contact.state not in HAS_PLACE:
        return
    count(derived.in_queue, contact.queue or "", -1)
    key = bucket(state, contact)
    if contact.state is ContactState.WAITING:
        _remove(derived.line, key, contact)
        if key not in derived.line:
            derived.fresh_buckets.discard(key)
    if contact.state in PROMISED:
        _remove(derived.kept, key, contact)
    if _is_ready(contact):
        _remove(derived.ready, key, contact)
    derived.released.discard(contact.id)
    derived.theirs.discard(contact.id)


def _count_promise(derived: Derived, contact: Contact, change: int) -> None:
    for number in numbers_of(contact):
        count(derived.promises, number, change)
    if contact.promise is not None:
        count(derived.codes, contact.promise.code, change)
        if contact.promise.slot is not None:
            count(derived.slots, (contact.queue or "", contact.promise.slot), change)


def numbers_of(contact: Contact) -> list[str]:
    """Those that a promise counts for: the one that the call came from, and the one at which the person is rung."""
    keyed_in = contact.promise.number if contact.promise is not None else ""
    return [number for number in dict.fromkeys((contact.caller, keyed_in)) if number]


def _is_ready(contact: Contact) -> bool:
    return contact.state is ContactState.KEPT and contact.promise is not None and contact.promise.ready


def count(counts: dict[K, int], name: K, change: int) -> None:
    """Nobody's count is kept."""
    found = counts.get(name, 0) + change
    if name and found:
        counts[name] = found
    else:
        counts.pop(name, None)


def note_lost(state: State, contact: Contact) -> None:
    """Call it whenever `Contact.left_at` may have changed."""
    forget_lost(state, contact)
    left_at = contact.left_at
    if left_at is not None and contact.caller:
        insort(state.derived.lost.setdefault(contact.caller, []), (left_at, contact.id))


def forget_lost(state: State, contact: Contact) -> None:
    found = state.derived.lost.get(contact.caller, [])
    kept = [entry for entry in found if entry[1] != contact.id]
    if kept:
        state.derived.lost[contact.caller] = kept
    else:
        state.derived.lost.pop(contact.caller, None)


def last_lost(state: State, caller: str) -> str:
    """The contact of this number that left last and whose place waits; "" without one."""
    found = state.derived.lost.get(caller)
    return found[-1][1] if found else ""


def is_free(agent: Agent) -> bool:
    """May be offered a contact: says so, has a phone, and its last leg is really over."""
    return agent.state is AgentState.AVAILABLE and agent.phone and agent.leg is None


def _set(names: set[str], name: str, belongs: bool) -> None:
    (names.add if belongs else names.discard)(name)


def note_agent(state: State, agent: Agent) -> None:
    derived = state.derived
    _set(derived.working, agent.id, agent.state in WORKING)
    _set(derived.wrapping, agent.id, agent.state is AgentState.WRAP_UP)
    if not is_free(agent):
        derived.free.discard(agent.id)
        derived.fresh_agents.discard(agent.id)
    elif agent.id not in derived.free:
        derived.free.add(agent.id)
        derived.fresh_agents.add(agent.id)


def forget_agent(state: State, agent: Agent) -> None:
    """Somebody who left the staff is kept only until signed out and off the phone."""
    gone = state.agency is not None and agent.id not in state.agency.staff
    if gone and agent.state is AgentState.SIGNED_OUT and agent.leg is None:
        del state.agents[agent.id]


def rebuild(state: State) -> State:
    """Make all indexes again, after a snapshot was loaded."""
    state.derived = Derived()
    for contact in state.contacts.values():
        enter(state, contact)
        note_lost(state, contact)
    for agent in state.agents.values():
        note_agent(state, agent)
    for _at, caller in state.promised:
        count(state.derived.promised, caller, 1)
    deadlines.rebuild(state)
    return state
