"""The times at which people may be rung by appointment: steps of the callback hours, less those that are full.

Steps are counted from each opening in elapsed time, so a daylight-saving night gives each of them once: an hour that
the wall clock leaves out has none, and one that it shows twice has its own for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from civicline.core.agency import Agency, Queue
from civicline.core.hours import spans_on
from civicline.core.model import State

LONGEST_AHEAD_S = 31 * 86_400.0
"""A callback may be promised for so far ahead."""
NOTICE_S = 600.0
"""Nobody is offered a time that begins sooner: the person has to take it in first."""
SOON_S = 6 * 86_400.0
"""So far ahead the name of a weekday says which day is meant."""


def between(agency: Agency, queue: Queue, start: float, end: float) -> list[float]:
    """When slots begin in [start, end), UTC seconds, soonest first. A slot ends before the hours do."""
    policy = queue.callback
    if policy is None or policy.capacity is None:
        return []
    zone = ZoneInfo(agency.zone)
    calendar = agency.calendars[policy.hours or queue.calendar]
    midnight = datetime.fromtimestamp(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[float] = []
    while midnight.timestamp() < end:
        for span in spans_on(calendar, midnight):
            opens = (midnight + timedelta(minutes=span.opens)).timestamp()
            closes = (midnight + timedelta(minutes=span.closes)).timestamp()
            steps = int((closes - opens) // policy.slot_s)
            found += [opens + step * policy.slot_s for step in range(steps)]
        midnight += timedelta(days=1)
    return sorted(at for at in found if start <= at < end)


def free(
    agency: Agency, queue: Queue, promised: Mapping[float, int], now: float, start: float, end: float
) -> list[float]:
    """Slots in [start, end) that are still to come and can be had. `promised`: how many each slot has already."""
    policy = queue.callback
    if policy is None or policy.capacity is None:
        return []
    last = min(end, now + LONGEST_AHEAD_S)
    return [at for at in between(agency, queue, start, last) if at > now and promised.get(at, 0) < policy.capacity]


def soon(state: State, queue_id: str, now: float) -> list[float]:
    """Those that can be had within `SOON_S`, by the promises of the state."""
    agency = state.agency
    queue = agency.queues.get(queue_id) if agency is not None else None
    if agency is None or queue is None:
        return []
    promised = {slot: count for (each, slot), count in state.derived.slots.items() if each == queue_id}
    return free(agency, queue, promised, now, now + NOTICE_S, now + SOON_S)
