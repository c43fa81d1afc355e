"""What the pages ask: topics, times that can be had, a booking by its link, and what has become of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import formats

from civicline.callbacks.models import Booking, Stage
from civicline.callbacks.references import opens
from civicline.contacts import queries as contacts
from civicline.core import slots
from civicline.core.agency import Agency, Queue, Topic
from civicline.core.lifecycle import ContactState
from civicline.people.sealing import NUMBER, readable

AHEAD_S = 14 * 86_400.0
"""Times are offered for so far ahead."""


class Now(Enum):
    """How things stand, in the words of the page."""

    ASKED = "asked"
    AHEAD = "ahead"
    UNDER_WAY = "under_way"
    DECLINED = "declined"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    MOVED = "moved"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Slot:
    """`value`: UTC seconds."""

    value: int
    label: str


def topics(agency: Agency | None) -> list[Topic]:
    """Those for which a time can be chosen, in the order of the pack."""
    if agency is None:
        return []
    return [topic for topic in agency.topics.values() if _takes_bookings(agency.queues[topic.queue])]


def _takes_bookings(queue: Queue) -> bool:
    return queue.callback is not None and queue.callback.capacity is not None


def free(agency: Agency, topic: Topic, now: float | None = None) -> dict[date, list[Slot]]:
    """By day, in the agency's zone. A day without a free time is left out."""
    return free_of(agency, agency.queues[topic.queue], now)


def free_of(agency: Agency, queue: Queue, now: float | None = None) -> dict[date, list[Slot]]:
    """As `free`; none in a queue that takes no bookings."""
    begin = time.time() if now is None else now
    end = begin + AHEAD_S
    promised = contacts.promised(queue.id, datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
    zone = ZoneInfo(agency.zone)
    found: dict[date, list[Slot]] = {}
    for at in slots.free(agency, queue, promised, begin, begin + slots.NOTICE_S, end):
        local = datetime.fromtimestamp(at, zone)
        found.setdefault(local.date(), []).append(Slot(int(at), _clock(local)))
    return {day: list(_told_apart(found[day], zone)) for day in found}


def _told_apart(day: list[Slot], zone: ZoneInfo) -> Iterator[Slot]:
    """An hour that the clock shows twice is told by the zone's short name."""
    labels = [slot.label for slot in day]
    for slot in day:
        twice = labels.count(slot.label) > 1
        yield Slot(slot.value, f"{slot.label} {short_zone(slot.value, zone)}") if twice else slot


def _clock(local: datetime) -> str:
    return formats.date_format(local, "TIME_FORMAT")


def short_zone(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Z")


def day_written(day: date) -> str:
    """Such as "Monday, Nov. 23, 2026" in the language of the page."""
    return f"{formats.date_format(day, 'l')}, {formats.date_format(day, 'DATE_FORMAT')}"


def when_written(booking: Booking, zone: ZoneInfo) -> str:
    return at_written(booking.slot_at, zone)


def at_written(slot_at: datetime, zone: ZoneInfo) -> str:
    local = slot_at.astimezone(zone)
    return f"{day_written(local.date())}, {_clock(local)} {local:%Z}"


def booking(reference: str, code: str) -> Booking | None:
    """None when the two do not belong together."""
    found = Booking.objects.filter(reference=reference).first()
    return found if opens(code, found.code_hash if found else None) else None


def now_of(found: Booking) -> Now:
    stage = Stage(found.stage)
    if stage is not Stage.PROMISED and stage is not Stage.CANCELLING:
        return STAGES[stage]
    row = contacts.contact(found.contact)
    if row is not None and row.state == ContactState.CLOSED:
        return Now.OVER
    if stage is Stage.CANCELLING:
        return Now.CANCELLING
    ahead = row is None or (row.state == ContactState.KEPT and row.place_at is None)
    return Now.AHEAD if ahead else Now.UNDER_WAY


STAGES = {
    Stage.ASKED: Now.ASKED,
    Stage.DECLINED: Now.DECLINED,
    Stage.CANCELLED: Now.CANCELLED,
    Stage.MOVING: Now.ASKED,
    Stage.MOVED: Now.MOVED,
}


def number(found: Booking) -> str:
    """Where we call; "" once it was disposed of, or while it cannot be opened."""
    connection.ensure_connection()
    return readable(connection.connection, found.contact, NUMBER) or ""
