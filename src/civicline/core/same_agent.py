"""Whoever comes back after a talk that was cut is for the representative who has spoken to them, before all others.

A contact that is for one representative has a bucket of its own in the line (`Bucket.agent`), so routing and releasing
need not know of it. It is opened to anybody when its time is over (`CallbackPolicy.same_agent_s`), and at once when
that one does not take contacts next: talks to somebody else, has a break, is gone. `let_go` is asked after every
routing.
"""

from __future__ import annotations

from collections.abc import Callable

from civicline.core import deadlines, indexes, routing
from civicline.core.callback_facts import OpenedToAnybody
from civicline.core.joining import Record
from civicline.core.lifecycle import AgentState
from civicline.core.model import Agent, Contact, State

NEXT = frozenset({AgentState.AVAILABLE, AgentState.WRAP_UP})
"""States of somebody who takes the next contact."""


def let_go(state: State, at: float, record: Record) -> bool:
    """Open to anybody who waits for somebody who does not come; True when there were such."""
    waiting = (state.contacts[each] for each in sorted(state.derived.theirs))
    gone = [each.id for each in waiting if each.state in deadlines.OPEN_TO_ONE and not _comes(state, each)]
    for contact in gone:
        record(OpenedToAnybody(at, contact))
    return bool(gone)


def _comes(state: State, contact: Contact) -> bool:
    agent = state.agents.get(contact.for_agent or "")
    if agent is None or state.agency is None:
        return False
    return _goes_on(agent) and bool(routing.levels(state, state.agency, indexes.bucket(state, contact)))


def _goes_on(agent: Agent) -> bool:
    return agent.state in NEXT and agent.phone and agent.next not in ("break", "signed_out")


def _time_over(state: State, contact: str, at: float, record: Record) -> None:
    record(OpenedToAnybody(at, contact))


DUE: dict[str, Callable[[State, str, float, Record], None]] = {deadlines.SAME_AGENT: _time_over}
