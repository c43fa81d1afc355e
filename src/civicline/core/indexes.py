"""Keeps `Derived` in step with the state."""

from __future__ import annotations

from bisect import bisect_left, insort

from civicline.core import deadlines
from civicline.core.derived import Bucket, Derived
from civicline.core.lifecycle import IN_LINE, AgentState, ContactState
from civicline.core.model import Agent, Contact, State


def language_of(state: State, contact: Contact) -> str:
    return contact.language or (state.agency.languages[0] if state.agency else "")


def bucket(state: State, contact: Contact) -> Bucket:
    return Bucket(contact.queue or "", contact.skill, language_of(state, contact), contact.priority, contact.step)


def enter_line(state: State, contact: Contact) -> None:
    assert contact.place is not None
    key = bucket(state, contact)
    entries = state.derived.line.get(key)
    if entries is None:
        entries = state.derived.line[key] = []
        state.derived.fresh_buckets.add(key)
    insort(entries, (contact.place, contact.id))


def leave_line(state: State, contact: Contact) -> None:
    assert contact.place is not None
    key = bucket(state, contact)
    entries = state.derived.line[key]
    at = bisect_left(entries, (contact.place, contact.id))
    assert entries[at][1] == contact.id
    del entries[at]
    if not entries:
        del state.derived.line[key]
        state.derived.fresh_buckets.discard(key)


def count_in_queue(state: State, queue: str | None, change: int) -> None:
    if queue is None:
        return
    count = state.derived.in_queue.get(queue, 0) + change
    if count:
        state.derived.in_queue[queue] = count
    else:
        del state.derived.in_queue[queue]


def is_free(agent: Agent) -> bool:
    """May be offered a contact: says so, has a phone, and its last leg is really over."""
    return agent.state is AgentState.AVAILABLE and agent.phone and agent.leg is None


def note_agent(state: State, agent: Agent) -> None:
    derived = state.derived
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
        if contact.state in IN_LINE:
            count_in_queue(state, contact.queue, 1)
        if contact.state is ContactState.WAITING:
            enter_line(state, contact)
    for agent in state.agents.values():
        note_agent(state, agent)
    deadlines.rebuild(state)
    return state
