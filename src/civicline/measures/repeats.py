"""Repeat tracking: who came again on the same topic, from the journal of the window after a period.

One pass over three kinds of facts, from the period's first arrival to the end of its longest window: the cost grows
with what was journalled in that time, not with the history before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from civicline.core.facts import ContactArrived, ContactPassedOn, ContactWrapped, SegmentWrapped, TopicChosen
from civicline.core.kinds import KIND
from civicline.core.model import Contact
from civicline.core.resolution import DAY_S, WINDOWS_DAYS, Track, topic_of, untracked
from civicline.journal import read
from civicline.journal.event import Event
from civicline.measures.period import READ_AT_ONCE, Period

ARRIVED = KIND[ContactArrived]
SAY_TOPIC = [KIND[each] for each in (TopicChosen, ContactPassedOn, SegmentWrapped, ContactWrapped)]

Key = tuple[str, str]
"""Caller (the keyed hash) and topic."""


@dataclass
class Comings:
    """When each of these callers came (UTC, s), by topic: the chosen one, and the representative's word."""

    callers: frozenset[str]
    at: defaultdict[Key, set[float]] = field(default_factory=lambda: defaultdict(set))
    contacts: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Contact -> caller and time of arrival."""

    def take(self, event: Event) -> None:
        body = event.body
        if event.kind == ARRIVED:
            if body["caller"] in self.callers:
                self.contacts[body["contact"]] = (body["caller"], body["at"])
        elif body["topic"] and body["contact"] in self.contacts:
            caller, at = self.contacts[body["contact"]]
            self.at[caller, body["topic"]].add(at)


def tracks(conn: psycopg.Connection[Any], found: Period) -> dict[str, Track]:
    """By contact, for all of the period that a representative answered."""
    answered = [contact for contact in found.contacts if contact.connected_at is not None]
    comings = Comings(frozenset(contact.caller for contact in answered if untracked(contact) is None))
    if comings.callers:
        for event in _window(conn, found):
            comings.take(event)
    times = {key: sorted(at) for key, at in comings.at.items()}
    return {contact.id: _track(contact, times) for contact in answered}


def _track(contact: Contact, times: dict[Key, list[float]]) -> Track:
    why = untracked(contact)
    if why is not None:
        return Track(untracked=why)
    came = times.get((contact.caller, topic_of(contact) or ""), [])
    index = bisect_right(came, contact.came_at)
    return Track(came[index] - contact.came_at if index < len(came) else None)


def _window(conn: psycopg.Connection[Any], found: Period) -> Iterator[Event]:
    """Facts of these kinds, to the end of the longest window."""
    position, until = found.before_first, found.end + max(WINDOWS_DAYS) * DAY_S
    while events := read.of_kinds(conn, position, (ARRIVED, *SAY_TOPIC), READ_AT_ONCE):
        position = events[-1].position
        yield from events
        if events[-1].body["at"] > until:
            return


def covered_until(conn: psycopg.Connection[Any]) -> float:
    """The time of the journal's last fact (UTC, s); 0 without any."""
    row = conn.execute(
        "SELECT (body->>'at')::float8 FROM journal_event WHERE epoch IS NOT NULL AND body ? 'at'"
        " ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return float(row[0]) if row else 0.0
