"""The moves that all folds share: a contact, an agent or a leg goes where its table says, and the indexes follow."""

from __future__ import annotations

from civicline.core import deadlines, indexes
from civicline.core.lifecycle import AGENT, CONTACT, LEG, ContactState, LifecycleError
from civicline.core.model import KEEP_CLOSED_S, Agent, Contact, Leg, State


def next_state(contact: Contact, name: str) -> ContactState:
    """Raises LifecycleError for a fact that cannot follow."""
    after = CONTACT.get((contact.state, name))
    if after is None:
        raise LifecycleError(f"contact {contact.id} is {contact.state}: {name} cannot follow")
    return after


def move_contact(state: State, contact: Contact, name: str) -> None:
    after = next_state(contact, name)
    if after is contact.state:
        return
    indexes.leave(state, contact)
    contact.state = after
    indexes.enter(state, contact)
    if after is ContactState.WAITING:
        note_waiting(state, contact)


def note_waiting(state: State, contact: Contact) -> None:
    deadlines.note(state, deadlines.OVERFLOW, contact.id)
    deadlines.note(state, deadlines.POSITION, contact.id)
    deadlines.note(state, deadlines.SAME_AGENT, contact.id)


def move_agent(state: State, agent_id: str, name: str, at: float) -> Agent:
    agent = state.agents[agent_id]
    after = AGENT.get((agent.state, name))
    if after is None:
        raise LifecycleError(f"agent {agent_id} is {agent.state}: {name} cannot follow")
    if after is not agent.state:
        agent.since = at
    agent.state = after
    agent.reason = ""
    indexes.note_agent(state, agent)
    return agent


def move_leg(leg: Leg, name: str) -> None:
    after = LEG.get((leg.state, name))
    if after is None:
        raise LifecycleError(f"leg {leg.id} is {leg.state}: {name} cannot follow")
    leg.state = after


def end_leg_of(state: State, leg_id: str | None) -> None:
    leg = state.legs.get(leg_id or "")
    if leg is not None:
        move_leg(leg, "ending")
        leg.ending_at = state.now if leg.ending_at is None else leg.ending_at
        deadlines.note(state, deadlines.LEG, leg.id)


def close(state: State, contact: Contact, at: float) -> None:
    contact.closed_at = at
    end_leg_of(state, contact.leg)
    state.closed.append(contact.id)
    indexes.note_lost(state, contact)
    while state.closed and _may_go(state.contacts[state.closed[0]], at):
        gone = state.contacts.pop(state.closed.popleft())
        indexes.forget_lost(state, gone)


def _may_go(contact: Contact, at: float) -> bool:
    """Closed long ago, and nobody who passed it on still writes about it."""
    return (contact.closed_at or 0.0) < at - KEEP_CLOSED_S and not contact.is_written_about
