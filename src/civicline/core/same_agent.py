"""Whoever comes back after a talk that was cut is for the representative who has spoken to them, before all others.

A contact that is for one representative has a bucket of its own in the line (`Bucket.agent`), so routing and releasing
need not know of it. It is opened to anybody when its time is over (`CallbackPolicy.same_agent_s`), and at once when
that one does not take contacts next: talks to somebody else, has a break, is gone. `let_go` is asked after every
routing.

A representative awaits the person whom they have rung back (`ring_back.py`) while they wrap up that very contact.
"""

from __future__ import annotations

from collections.abc import Callable

from civicline.core import deadlines, indexes, routing
from civicline.core.callback_facts import OpenedToAnybody
from civicline.core.facts import AgentAvailable, AgentNextSet, OfferMade
from civicline.core.joining import Record
from civicline.core.lifecycle import WORKING, AgentState, ContactState
from civicline.core.model import Agent, Contact, State
from civicline.core.ring_back_facts import WrapUpPutOff

NEXT = frozenset({AgentState.AVAILABLE, AgentState.WRAP_UP})
"""States of somebody who takes the next contact."""


def goes_on(agent: Agent) -> bool:
    """Takes another contact after the one in hand."""
    return agent.phone and agent.next not in ("break", "signed_out")


def awaits(state: State, agent: Agent) -> Contact | None:
    """The contact that is rung back for somebody who wraps up its last talk."""
    contact = state.contacts.get(agent.contact or "") if agent.state is AgentState.WRAP_UP else None
    return contact if contact is not None and contact.for_agent == agent.id else None


def awaited(state: State) -> list[Contact]:
    """Those to be rung now whose representatives await them."""
    theirs = (state.contacts[each] for each in sorted(state.derived.theirs))
    return [each for each in theirs if each.promise is not None and each.promise.ready and _awaiting(state, each)]


def _awaiting(state: State, contact: Contact) -> Agent | None:
    agent = state.agents.get(contact.for_agent or "")
    return agent if agent is not None and awaits(state, agent) is contact else None


def join(state: State, contact: Contact, at: float, record: Record) -> None:
    """The person is there: whoever awaits them has them at once, before all others, and gives the word afterwards."""
    agent = _awaiting(state, contact)
    if agent is None or not agent.phone or agent.leg is not None:
        return
    then, reason = agent.next, agent.next_reason
    record(WrapUpPutOff(at, contact.id, agent.id))
    record(AgentAvailable(at, agent.id))
    record(OfferMade(at, contact.id, f"{contact.id}-{contact.offers + 1}", agent.id))
    if then:
        record(AgentNextSet(at, agent.id, then, reason))


def let_go(state: State, at: float, record: Record) -> bool:
    """Open to anybody who waits for somebody who does not come; True when there were such."""
    theirs = (state.contacts[each] for each in sorted(state.derived.theirs))
    waiting = (each for each in theirs if each.state in deadlines.OPEN_TO_ONE and each.for_agent_since is not None)
    gone = [each.id for each in waiting if not _comes(state, each)]
    for contact in gone:
        record(OpenedToAnybody(at, contact))
    return bool(gone)


def _comes(state: State, contact: Contact) -> bool:
    """Next, where the person is on the telephone; where nobody is, working will do."""
    agent = state.agents.get(contact.for_agent or "")
    if agent is None or state.agency is None or not goes_on(agent):
        return False
    soon = agent.state in (WORKING if contact.state is ContactState.KEPT else NEXT)
    return soon and bool(routing.levels(state, state.agency, indexes.bucket(state, contact)))


def _time_over(state: State, contact: str, at: float, record: Record) -> None:
    record(OpenedToAnybody(at, contact))


DUE: dict[str, Callable[[State, str, float, Record], None]] = {deadlines.SAME_AGENT: _time_over}
