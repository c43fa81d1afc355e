"""Folds the journal over a period: the contacts that came in it, and what the representatives' time went to.

A scheduled callback comes at its slot; one that was cancelled or changed before never did.
Contacts leave the state an hour after they closed, so each is kept from the moment it arrives; `evolve` goes on
changing the very object until it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from civicline.core import VERSION, indexes, kinds
from civicline.core.agency import Agency
from civicline.core.callback_facts import CallbackPromised
from civicline.core.codec import decode
from civicline.core.evolve import evolve
from civicline.core.facts import AgencyLoaded, ContactArrived, Fact
from civicline.core.lifecycle import AgentState, ContactState
from civicline.core.model import CALLBACK, KEEP_CLOSED_S, Contact, State
from civicline.journal import read, snapshot

READ_AT_ONCE = 5000

HANDLING = frozenset({AgentState.TALKING, AgentState.CONSULTED, AgentState.WRAP_UP})
AVAILABLE = frozenset({AgentState.AVAILABLE, AgentState.OFFERED})

CLOCKS_APART_S = 60.0
"""A snapshot is used when it is older than the period by this, since two clocks are compared: a row's and a fact's."""


@dataclass
class StaffTime:
    """Seconds of all representatives within [start, end)."""

    start: float
    end: float
    handling_s: float = 0.0
    available_s: float = 0.0
    now: dict[str, tuple[AgentState, float]] = field(default_factory=dict)
    """Agent -> present state and since when."""

    def note(self, agent: str, state: AgentState | None, at: float) -> None:
        """`agent` is in `state` from `at` on; None: gone."""
        before, since = self.now.pop(agent, (None, at))
        lasted = max(0.0, min(at, self.end) - max(since, self.start))
        self.handling_s += lasted if before in HANDLING else 0.0
        self.available_s += lasted if before in AVAILABLE else 0.0
        if state is not None:
            self.now[agent] = (state, at)

    def stop(self, at: float) -> None:
        for agent in list(self.now):
            self.note(agent, None, at)


class Booked(NamedTuple):
    """A callback that began with no call, as it was promised. It comes with `CallbackReady`: till then it may be
    cancelled, or changed for another one."""

    caller: str
    slot: float
    topic: str | None


@dataclass
class Period:
    """`last_at`: the time of the last fact that was read."""

    start: float
    end: float
    contacts: list[Contact] = field(default_factory=list)
    agency: Agency | None = None
    """As it was at the end of the period."""
    time: StaffTime = field(init=False)
    last_at: float = 0.0
    booked: dict[str, Booked] = field(default_factory=dict)
    """By contact: those for a time in the period or after it."""
    before_first: int = 0
    """A position in the journal before the first of these arrivals."""

    def __post_init__(self) -> None:
        self.time = StaffTime(self.start, self.end)

    @property
    def open(self) -> bool:
        return any(c.state is not ContactState.CLOSED or c.is_written_about for c in self.contacts)

    def has(self, contact: Contact) -> bool:
        return self.start <= contact.came_at < self.end

    def is_settled(self) -> bool:
        """Nothing that is still to come can change these contacts."""
        if self.last_at < self.end or self.open:
            return False
        return self.last_at > max((c.closed_at or 0.0 for c in self.contacts), default=0.0) + KEEP_CLOSED_S

    def begin(self, state: State) -> None:
        """Take over from a snapshot."""
        for contact in state.contacts.values():
            self._note(contact)
        self.agency, self.last_at = state.agency, state.now
        for agent in state.agents.values():
            self.time.note(agent.id, agent.state, agent.since)

    def _note(self, contact: Contact) -> None:
        if self.has(contact):
            self.contacts.append(contact)
        if contact.channel == CALLBACK and contact.came_at >= self.start:
            self.booked[contact.id] = Booked(contact.caller, contact.came_at, contact.topic)

    def take(self, state: State, fact: Fact) -> None:
        evolve(state, fact)
        self.last_at = state.now
        if isinstance(fact, (ContactArrived, CallbackPromised)):
            self._note(state.contacts[fact.contact])
        if isinstance(fact, AgencyLoaded) and fact.at < self.end:
            self.agency = fact.agency
        for name in () if isinstance(fact, AgencyLoaded) else ("agent", "colleague"):
            agent = state.agents.get(getattr(fact, name, None) or "")
            if agent is not None:
                self.time.note(agent.id, agent.state, fact.at)


def agency_zone(conn: psycopg.Connection[Any]) -> str | None:
    """The zone of the agency pack that was loaded last; None before the first."""
    row = conn.execute(
        "SELECT body->'agency'->>'zone' FROM journal_event WHERE kind = %s ORDER BY position DESC LIMIT 1",
        (kinds.KIND[AgencyLoaded],),
    ).fetchone()
    return None if row is None else str(row[0])


def collect(conn: psycopg.Connection[Any], start: float, end: float) -> Period:
    """The contacts that arrived in [start, end), seconds since 1970, with all that became of them so far."""
    period = Period(start, end)
    position, state = _latest_before(conn, start - CLOCKS_APART_S)
    period.begin(state)
    period.before_first = position
    while not period.is_settled() and (events := read.read(conn, position, READ_AT_ONCE)):
        if not period.contacts:
            period.before_first = position
        position = events[-1].position
        for event in events:
            fact = kinds.fact(event.kind, event.body)
            if fact is not None:
                period.take(state, fact)
    period.contacts = [contact for contact in period.contacts if contact.has_come]
    period.time.stop(period.last_at)
    return period


def _latest_before(conn: psycopg.Connection[Any], at: float) -> tuple[int, State]:
    row = conn.execute("SELECT max(position) FROM journal_event WHERE at < to_timestamp(%s)", (at,)).fetchone()
    saved = snapshot.latest(conn, VERSION, row[0]) if row is not None and row[0] is not None else None
    if saved is None:
        return 0, State()
    position, body = saved
    return position, indexes.rebuild(decode(State, body["state"]))
