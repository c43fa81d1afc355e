"""Where an agent goes when a contact is out of hand: what was asked for meanwhile, else the usual."""

from __future__ import annotations

from collections.abc import Callable

from civicline.core import facts
from civicline.core.facts import Fact
from civicline.core.model import State

Record = Callable[[Fact], None]


def arrival(agent: str, to: str, reason: str, at: float) -> Fact:
    if to == "signed_out":
        return facts.AgentSignedOut(at, agent)
    return facts.AgentOnBreak(at, agent, reason) if to == "break" else facts.AgentAvailable(at, agent)


def follow_next(state: State, agent_id: str, at: float, record: Record) -> None:
    """An offer is over without a talk: a break or sign-out that was asked for meanwhile holds now."""
    agent = state.agents[agent_id]
    if agent.next in ("break", "signed_out"):
        record(arrival(agent.id, agent.next, agent.next_reason, at))


def after_wrap_up(state: State, agent_id: str, at: float, record: Record, default: str, reason: str = "") -> None:
    agent = state.agents[agent_id]
    record(arrival(agent.id, agent.next or default, agent.next_reason if agent.next else reason, at))
