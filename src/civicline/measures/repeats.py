"""Repeat tracking: who came again on the same topic, from the journal of the window after a period.

Somebody comes with a call, or at the time of a callback that was booked without one, also by a representative. A kept
place, a time chosen in a call and a talk that is rung back are the same contact going on.

One pass over a few kinds of facts, from the period's first arrival to the end of its longest window: the cost grows
with what was journalled in that time, not with the history before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from civicline.core.callback_facts import CallbackPromised, CallbackReady
from civicline.core.facts import ContactArrived, ContactPassedOn, ContactWrapped, SegmentWrapped, TopicChosen
from civicline.core.kinds import KIND
from civicline.core.model import Contact
from civicline.core.resolution import DAY_S, WINDOWS_DAYS, Track, topic_of, untracked
from civicline.journal import read
from civicline.journal.event import Event
from civicline.measures.period import READ_AT_ONCE, Booked, Period

ARRIVED, PROMISED, READY = KIND[ContactArrived], KIND[CallbackPromised], KIND[CallbackReady]
SAY_TOPIC = [KIND[each] for each in (TopicChosen, ContactPassedOn, SegmentWrapped, ContactWrapped)]

Key = tuple[str, str]
"""Caller (the keyed hash) and topic."""


@dataclass
class Comings:
    """When each of these callers came (UTC, s), by topic: the chosen one, and the representative's word."""

    callers: frozenset[str]
    at: defaultdict[Key, set[float]] = field(default_factory=lambda: defaultdict(set))
    contacts: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Contact -> caller and when it came."""
    booked: dict[str, Booked] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        body = event.body
        if event.kind == ARRIVED:
            self._come(body["contact"], body["caller"], body["at"])
        elif event.kind == PROMISED:
            self.booked[body["contact"]] = Booked(body["caller"], body["slot"], body["topic"])
        elif event.kind == READY:
            self._slot_came(body["contact"])
        else:
            self._about(body["contact"], body["topic"])

    def _come(self, contact: str, caller: str, at: float) -> None:
        if caller in self.callers:
            self.contacts[contact] = (caller, at)

    def _slot_came(self, contact: str) -> None:
        """Of a kept place, and of one that is rung again, nothing is booked any more."""
        booked = self.booked.pop(contact, None)
        if booked is not None:
            self._come(contact, booked.caller, booked.slot)
            self._about(contact, booked.topic)

    def _about(self, contact: str, topic: str | None) -> None:
        if topic and contact in self.contacts:
            caller, at = self.contacts[contact]
            self.at[caller, topic].add(at)


def tracks(conn: psycopg.Connection[Any], found: Period) -> dict[str, Track]:
    """By contact, for all of the period that a representative answered."""
    answered = [contact for contact in found.contacts if contact.connected_at is not None]
    comings = Comings(frozenset(contact.caller for contact in answered if untracked(contact) is None))
    comings.booked |= found.booked
    if comings.callers:
        for event in _window(conn, found):
            comings.take(event)
    times = {key: sorted(at) for key, at in comings.at.items()}
    return {contact.id: _track(contact, times, comings.contacts) for contact in answered}


def _track(contact: Contact, times: dict[Key, list[float]], came: dict[str, tuple[str, float]]) -> Track:
    why = untracked(contact)
    if why is not None:
        return Track(untracked=why)
    same = times.get((contact.caller, topic_of(contact) or ""), [])
    later = same[bisect_right(same, contact.came_at) :][:1]
    if contact.promised_to in came:
        later.append(came[contact.promised_to][1])  # promised to be about this: its topic need not be the same word
    return Track(min(later) - contact.came_at if later else None)


def _window(conn: psycopg.Connection[Any], found: Period) -> Iterator[Event]:
    """Facts of these kinds, to the end of the longest window."""
    position, until = found.before_first, found.end + max(WINDOWS_DAYS) * DAY_S
    while events := read.of_kinds(conn, position, (ARRIVED, PROMISED, READY, *SAY_TOPIC), READ_AT_ONCE):
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
