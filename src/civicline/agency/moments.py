"""Which hours are open at one moment, for every moment of a week, of holidays and of days with hours of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from civicline.agency import build
from civicline.agency.files import Files
from civicline.agency.schema import DAY_MIN
from civicline.core.agency import Calendar, Span
from civicline.core.hours import spans_on

MONDAY = datetime(1900, 1, 1, tzinfo=UTC)
"""Of a week without holidays."""
ONE = "one"


def named(files: Files, ids: Iterable[str]) -> dict[str, Calendar]:
    """Those that hours.yaml has."""
    head, parts = files.agency, files.entries["hours"]
    return {} if head is None else {id_: build.calendar(head, parts[id_]) for id_ in parts.keys() & set(ids)}


def together(calendars: Mapping[str, Calendar]) -> set[frozenset[str]]:
    """By id, those that are open at one moment, for every moment."""
    dates = {date for each in calendars.values() for date in (*each.closed, *each.special)}
    days = [MONDAY + timedelta(days=number) for number in range(7)] + [datetime.fromisoformat(date) for date in dates]
    spans = ({id_: spans_on(each, day) for id_, each in calendars.items()} for day in days)
    return {hours for each in spans for hours in _of_day(each)}


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
