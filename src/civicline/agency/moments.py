"""Which hours are open at one moment, for every moment of a week, of holidays and of days with hours of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from civicline.agency import build
from civicline.agency.files import Files
from civicline.agency.schema import DAY_MIN
from civicline.agency.times import DAYS
from civicline.core.agency import Calendar, Span
from civicline.core.hours import spans_on

MONDAY = datetime(1900, 1, 1, tzinfo=UTC)
"""Of a week without holidays."""
ONE = "one"


def named(files: Files, ids: Iterable[str]) -> dict[str, Calendar]:
    """Those that hours.yaml has."""
    head, parts = files.agency, files.entries["hours"]
    return {} if head is None else {id_: build.calendar(head, parts[id_]) for id_ in parts.keys() & set(ids)}


def together(calendars: Mapping[str, Calendar], since: date | None = None) -> dict[frozenset[str], str]:
    """By id, those that are open at one moment, for every moment; with the first day when they are, a weekday's or a
    date's name. Dates before `since` are left out."""
    found: dict[frozenset[str], str] = {}
    for name, day in _days(calendars, since).items():
        for hours in _of_day({id_: spans_on(each, day) for id_, each in calendars.items()}):
            found.setdefault(hours, name)
    return found


def _days(calendars: Mapping[str, Calendar], since: date | None) -> dict[str, datetime]:
    """By name: the week, then the dates of all calendars."""
    days = {name.capitalize(): MONDAY + timedelta(days=number) for number, name in enumerate(DAYS)}
    dates = sorted({each for calendar in calendars.values() for each in (*calendar.closed, *calendar.special)})
    first = since.isoformat() if since is not None else ""
    return days | {each: datetime.fromisoformat(each) for each in dates if each >= first}


def opens(calendar: Calendar | None) -> bool:
    """Whether it is ever open; not so for one that is not there."""
    return calendar is not None and frozenset({ONE}) in together({ONE: calendar})


def closes(calendar: Calendar | None) -> bool:
    return calendar is not None and frozenset() in together({ONE: calendar})


def _of_day(spans: Mapping[str, Iterable[Span]]) -> set[frozenset[str]]:
    turns = {0} | {minute for each in spans.values() for span in each for minute in (span.opens, span.closes)}
    return {
        frozenset(id_ for id_, each in spans.items() if any(span.opens <= minute < span.closes for span in each))
        for minute in turns - {DAY_MIN}
    }
