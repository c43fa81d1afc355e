"""The figures of one day, from the journal: every contact that came on it, counted exactly once.

`day` reads and counts, `render` writes a table for a terminal. Formulas: `civicline.core.measures`.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from civicline.core.handling import Work, by_agent, needs
from civicline.core.measures import Parts, measures, queue_of, total
from civicline.core.model import Contact
from civicline.core.resolution import DAY_S, WINDOWS_DAYS, Track, resolution
from civicline.core.survey_figures import survey_figures
from civicline.journal.connect import connect
from civicline.measures import period, repeats
from civicline.measures.table import render

__all__ = ["day", "render"]

NOWHERE = "-"
"""The key of contacts that chose no topic, reached no queue or named no language."""

NEEDS = ("office", "need", "sent", "answered")

DIMENSIONS: dict[str, Callable[[Contact], str | None]] = {
    "line": lambda contact: contact.line,
    "topic": lambda contact: contact.topic,
    "queue": queue_of,
    "language": lambda contact: contact.language,
    "channel": lambda contact: contact.channel,
}


SURVEYED = ("line", "topic", "queue")
"""Given with the survey and first-contact resolution."""


def day(url: str, date: datetime.date, zone: str | None = None) -> dict[str, Any]:
    """The report of one day. `zone` is a name such as America/Denver; None: the agency's.

    `url` is libpq's, as the app or the auditor role. Raises ValueError for an unknown zone, psycopg.Error.
    """
    with connect(url, "report") as conn:
        name = zone or period.agency_zone(conn) or "UTC"
        place = _zone(name)
        start, end = (
            datetime.datetime.combine(date + datetime.timedelta(days=days), datetime.time(), place) for days in (0, 1)
        )
        found = period.collect(conn, start.timestamp(), end.timestamp())
        tracks = repeats.tracks(conn, found)
        covered_until = repeats.covered_until(conn)
    return {
        "date": date.isoformat(),
        "zone": name,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "complete": found.last_at >= end.timestamp() and not found.open,
        "repeats_complete": {
            f"repeats_{days}d": covered_until >= end.timestamp() + days * DAY_S for days in WINDOWS_DAYS
        },
        **_figures(found, place, tracks),
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone {name!r}: write it as America/Denver") from error


def _figures(found: period.Period, place: ZoneInfo, tracks: dict[str, Track]) -> dict[str, Any]:
    in_time_s = {queue.id: queue.service_level_s for queue in found.agency.queues.values()} if found.agency else {}
    groups = DIMENSIONS | {"half_hour": lambda contact: half_hour(contact.came_at, place)}
    floor = replace(
        total(found.contacts, in_time_s), handling_s=found.time.handling_s, available_s=found.time.available_s
    )
    by: dict[str, Any] = {}
    for name, key in groups.items():
        grouped = _grouped(key, found.contacts)
        by[name] = {each: _entry(total(contacts, in_time_s)) for each, contacts in grouped.items()}
        for each, contacts in grouped.items() if name in SURVEYED else ():
            by[name][each] |= _words(contacts, tracks)
    return {
        "total": _entry(floor) | _words(found.contacts, tracks),
        "by": by,
        "representatives": {name: _work(work) for name, work in by_agent(found.contacts).items()},
        "needs": [dict(zip(NEEDS, each, strict=True)) for each in needs(found.contacts)],
    }


def _work(work: Work) -> dict[str, Any]:
    return {name: getattr(work, name) for name in (*work.__slots__, "handle_time_s")}


def _grouped(key: Callable[[Contact], str | None], contacts: Iterable[Contact]) -> dict[str, list[Contact]]:
    groups: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        groups[key(contact) or NOWHERE].append(contact)
    return {name: groups[name] for name in sorted(groups)}


def _words(contacts: list[Contact], tracks: dict[str, Track]) -> dict[str, Any]:
    return {"survey": survey_figures(contacts), "first_contact_resolution": resolution(contacts, tracks)}


def _entry(parts: Parts) -> dict[str, Any]:
    return {"parts": {name: getattr(parts, name) for name in parts.__slots__}, "measures": measures(parts)}


def half_hour(at: float, place: ZoneInfo) -> str:
    """When the half-hour of `at` began, by the wall clock with its offset: the autumn night has 01:00 twice."""
    local = datetime.datetime.fromtimestamp(at, place)
    return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0).isoformat(timespec="minutes")
