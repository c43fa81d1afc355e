"""What a browser is told: that a contact, an agent or a queue changed. Ids only; it then asks for what it may see."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

NAMES = ("contact", "agent", "queue")
AGENCY = {"agency_loaded", "urgent_posted", "urgent_lifted"}
"""Facts of the agency as a whole."""
LETS_GO = {"offer_missed", "contact_wrapped", "wrap_up_ran_out", "contact_abandoned"}
"""Facts after which a contact is no longer its representative's."""
LETS_ONE_GO = {"segment_wrapped", "segment_wrap_up_ran_out", "consult_missed", "consult_ended"}
"""The same, for whoever they name only."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored fact, reduced to the ids that it touches."""

    position: int
    kind: str
    contact: str | None = None
    agent: str | None = None
    queue: str | None = None
    colleague: str | None = None


def row(position: int, kind: str, body: dict[str, Any]) -> Row | None:
    """None for what no page shows: requests, and events without these ids."""
    if kind.startswith("request."):
        return None
    contact = body.get("contact") or _contact_of_leg(body.get("leg"))
    agent = body.get("agent") or body.get("for_agent") or None
    found = Row(position, kind, contact, agent, body.get("queue"), body.get("colleague"))
    return found if contact or found.agent or found.queue or kind in AGENCY else None


def _contact_of_leg(leg: object) -> str | None:
    """Legs are named `<contact>-c` or by their offer, `<contact>-<n>` (docs/explanation/processes.md)."""
    return leg.rpartition("-")[0] or None if isinstance(leg, str) else None


@dataclass(slots=True)
class Viewer:
    """Who is at the other end: a supervisor sees all, a representative what concerns them."""

    staff: str
    all: bool
    mine: set[str] = field(default_factory=set)

    def sees(self, row: Row) -> bool:
        if self.all:
            return True
        named = self.staff in (row.agent, row.colleague)
        if named and row.contact:
            self.mine.add(row.contact)
        concerned = named or row.contact in self.mine or row.kind in AGENCY
        if row.contact and (row.kind in LETS_GO or (row.kind in LETS_ONE_GO and named)):
            self.mine.discard(row.contact)
        return concerned


def encode(rows: Iterable[Row], viewer: Viewer) -> bytes:
    """Server-sent events (WHATWG HTML, 9.2) for what the viewer sees; each thing once, at its last position."""
    last: dict[tuple[str, str], int] = {}
    for each in rows:
        if viewer.sees(each):
            for name, value in _touched(each):
                last.pop((name, value), None)
                last[name, value] = each.position
    return b"".join(_event(name, value, position) for (name, value), position in last.items())


def _touched(row: Row) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        value = getattr(row, name)
        if value:
            yield name, value
    if row.kind in AGENCY:
        yield "agency", "*"


def _event(name: str, value: str, position: int) -> bytes:
    return f"id: {position}\nevent: {name}\ndata: {json.dumps({name: value})}\n\n".encode()


def reset(position: int) -> bytes:
    """Everything may have changed: sent at the start, and when too much was missed to be listed."""
    return f"id: {position}\nevent: reset\ndata: {{}}\n\n".encode()
