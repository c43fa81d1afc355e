"""Keeps the read models in step with the journal: folds it through the rules and writes what was touched.

Each batch is one transaction: the rows, how far they stand, and a NOTIFY on `civicline_view` with that position, so a
page that is told of a change always finds it. A killed projector goes on from the stored position; writing a row again
is harmless, since a row is the whole of its contact or agent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from civicline.core import VERSION, indexes, kinds
from civicline.core.codec import decode, encode
from civicline.core.consent import joined_by_untold
from civicline.core.evolve import evolve
from civicline.core.facts import AgencyLoaded, Fact
from civicline.core.lifecycle import ContactState
from civicline.core.measures import queue_of, running
from civicline.core.menu_facts import UrgentLifted, UrgentPosted
from civicline.core.model import Agent, Contact, State
from civicline.journal import snapshot
from civicline.journal.event import Event

CHANNEL = "civicline_view"

CONTACT_COLUMNS = (
    "id", "channel", "line", "state", "arrived_at", "notice_at", "recording", "language", "topic", "topic_by", "queue",
    "priority", "step", "place_at", "queued_at", "offers", "missed", "offer", "agent", "connected_at", "talk_ended_at",
    "ended_by", "turned_away", "abandoned_in", "closed_at", "wrapped_at", "final_topic", "disposition", "resolved",
    "taken_at", "held_at", "held_by", "consult_state", "consult_with", "passed_on_by", "passed_on_why",
    "recording_paused_at", "pause_reminded_at", "slot_at", "may_ring", "can_be_rung", "restored_to", "for_agent",
    "rung_back_by", "ring_attempts", "ring_failure", "ring_back_declined", "promise_end", "promised_to",
    "due", "consult_outside", "consult_helps", "consult_untold",
)  # fmt: skip
COUNTED_COLUMNS = ("counted_on", "counted_queue", "counted")
AGENT_COLUMNS = ("id", "state", "since", "reason", "phone", "contact", "next")
TIMES = frozenset(name for name in (*CONTACT_COLUMNS, *AGENT_COLUMNS) if name.endswith("_at") or name == "since")


def upsert(table: str, columns: Sequence[str]) -> bytes:
    """Made once: composing it at each use took a tenth of the projector's time."""
    names = [sql.Identifier(name) for name in columns]
    made = sql.SQL("insert into {} ({}) values ({}) on conflict (id) do update set {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(names),
        sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names[1:]),
    )
    return made.as_bytes()


UPSERT_CONTACT = upsert("contacts_contact", (*CONTACT_COLUMNS, *COUNTED_COLUMNS))
UPSERT_AGENT = upsert("contacts_agent", AGENT_COLUMNS)
UPSERT_AGENCY = upsert("contacts_agency", ("id", "body"))
INSERT_URGENT = "insert into contacts_urgent (menu, texts, message, until, by, at) values (%s, %s, %s, %s, %s, %s)"
UPSERT_PROGRESS = upsert("contacts_progress", ("id", "position"))


def row(item: Contact | Agent, columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_cell(item, name) for name in columns)


DERIVED: dict[str, Callable[[Contact], Any]] = {
    "place_at": lambda contact: contact.place[0] if contact.place else None,
    "slot_at": lambda contact: contact.slot,
    "due": lambda contact: contact.state is ContactState.KEPT and contact.promise is not None and contact.promise.ready,
    "consult_state": lambda contact: contact.consult and contact.consult.state,
    "consult_with": lambda contact: contact.consult and (contact.consult.colleague or contact.consult.office),
    "consult_outside": lambda contact: contact.consult is not None and contact.consult.office is not None,
    "consult_helps": lambda contact: contact.consult is not None and contact.consult.helps,
    "consult_untold": joined_by_untold,
    "passed_on_by": lambda contact: contact.passed_on and contact.passed_on.agent,
    "passed_on_why": lambda contact: contact.passed_on and contact.passed_on.why,
    "rung_back_by": lambda contact: contact.promise and (contact.promise.by or None),
    "ring_attempts": lambda contact: contact.promise.attempts if contact.promise else 0,
    "ring_failure": lambda contact: contact.promise.failed[-1] if contact.promise and contact.promise.failed else None,
    "promise_end": lambda contact: contact.promise and contact.promise.end,
}
"""Columns that are no field of their own; `consult_with` is a colleague's name or, `consult_outside`, an office's id,
which by the fact is never left alone with the caller (`consult_helps`), or has joined and was not told of the recording
(`consult_untold`); `slot_at` when a
scheduled callback joins the line, `rung_back_by` the representative whose talk was cut, `due` whether a kept place is
rung at its next turn."""


def _cell(item: Contact | Agent, name: str) -> Any:
    value: Any = DERIVED[name](item) if isinstance(item, Contact) and name in DERIVED else getattr(item, name)
    return datetime.fromtimestamp(value, UTC) if name in TIMES and value is not None else value


def counted(contact: Contact, zone: tzinfo) -> tuple[Any, str | None, str]:
    """On which day (in `zone`), for which queue and for what the contact counts among the figures."""
    parts = running(contact)
    day = datetime.fromtimestamp(contact.came_at, zone).date() if parts else None
    return day, queue_of(contact), json.dumps(parts)


@dataclass
class Touched:
    contacts: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    agency: bool = False
    urgent: bool = False

    def note(self, state: State, fact: Fact) -> None:
        """What `fact` changes; call it before the fact is folded."""
        leg = state.legs.get(getattr(fact, "leg", ""))
        self._add(getattr(fact, "contact", None), getattr(fact, "agent", None))
        self._add(getattr(fact, "lost", None), getattr(fact, "colleague", None))
        self._add(getattr(fact, "follows", None), None)
        if leg is not None:
            self._add(leg.contact, leg.agent)
        self.urgent = self.urgent or isinstance(fact, (UrgentPosted, UrgentLifted))
        if isinstance(fact, AgencyLoaded):
            self.agency = True
            self.agents |= set(fact.agency.staff) | set(state.agents)

    def _add(self, contact: str | None, agent: str | None) -> None:
        self.contacts |= {contact} if contact else set()
        self.agents |= {agent} if agent else set()


def start(conn: psycopg.Connection[Any]) -> tuple[State, int]:
    """The state at the stored position, from the newest snapshot that is not beyond it."""
    found = conn.execute("select position from contacts_progress where id = 1").fetchone()
    stood_at = int(found[0]) if found else 0
    saved = snapshot.latest(conn, VERSION, up_to=stood_at)
    if saved is None:
        return State(), 0
    position, body = saved
    return indexes.rebuild(decode(State, body["state"])), position


def project(conn: psycopg.Connection[Any], state: State, events: Iterable[Event]) -> int:
    """Fold the events, write the touched rows and the progress, tell the pages. Gives the new position."""
    touched, position = Touched(), 0
    for event in events:
        position = event.position
        fact = kinds.fact(event.kind, event.body)
        if fact is not None:
            touched.note(state, fact)
            evolve(state, fact)
    with conn.cursor() as cursor, conn.pipeline():  # one round trip, and one transaction where `conn` is in autocommit
        _write(cursor, state, touched)
        cursor.execute(UPSERT_PROGRESS, (1, position))
        cursor.execute("select pg_notify(%s, %s)", (CHANNEL, str(position)))
    return position


def _write(cursor: psycopg.Cursor[Any], state: State, touched: Touched) -> None:
    contacts = [state.contacts[key] for key in sorted(touched.contacts) if key in state.contacts]
    agents = [state.agents[key] for key in sorted(touched.agents) if key in state.agents]
    gone = [key for key in touched.agents if key not in state.agents]
    if contacts:
        zone = ZoneInfo(state.agency.zone) if state.agency is not None else UTC
        rows = [(*row(item, CONTACT_COLUMNS), *counted(item, zone)) for item in contacts]
        cursor.executemany(UPSERT_CONTACT, rows)
    if agents:
        cursor.executemany(UPSERT_AGENT, [row(item, AGENT_COLUMNS) for item in agents])
    if gone:
        cursor.execute("delete from contacts_agent where id = any(%s)", (gone,))
    if touched.agency and state.agency is not None:
        cursor.execute(UPSERT_AGENCY, (1, json.dumps(encode(state.agency))))
    if touched.urgent:
        _write_urgent(cursor, state)


def _write_urgent(cursor: psycopg.Cursor[Any], state: State) -> None:
    """All of them: there are few, and they change seldom."""
    cursor.execute("delete from contacts_urgent")
    for each in state.urgent.values():
        until, at = datetime.fromtimestamp(each.until, UTC), datetime.fromtimestamp(each.at, UTC)
        cursor.execute(INSERT_URGENT, (each.menu, json.dumps(each.texts), each.message, until, each.by, at))
