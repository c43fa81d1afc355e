"""Opening hours and holidays in the agency's own zone: a daylight-saving night moves nothing on the wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from civicline.core.agency import Agency, Calendar, Span


def spans_on(calendar: Calendar, day: datetime) -> tuple[Span, ...]:
    date = day.date().isoformat()
    if date in calendar.closed:
        return ()
    return calendar.special.get(date, calendar.weekly.get(str(day.weekday()), ()))


def is_open(agency: Agency, calendar_id: str, at: float) -> bool:
    """Whether the calendar is open at `at` (UTC seconds)."""
    local = datetime.fromtimestamp(at, ZoneInfo(agency.zone))
    minute = local.hour * 60 + local.minute
    return any(span.opens <= minute < span.closes for span in spans_on(agency.calendars[calendar_id], local))


def turns(agency: Agency, calendar_id: str, start: float, end: float) -> list[tuple[float, bool]]:
    """When the calendar opens (True) and closes in (start, end], UTC seconds, soonest first."""
    zone, calendar = ZoneInfo(agency.zone), agency.calendars[calendar_id]
    first = datetime.fromtimestamp(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [first + timedelta(days=n) for n in range(int((end - start) // 86_400) + 3)]
    found = [
        ((day + timedelta(minutes=minute)).timestamp(), opens)
        for day in days
        for span in spans_on(calendar, day)
        for minute, opens in ((span.opens, True), (span.closes, False))
    ]
    return sorted((at, opens) for at, opens in found if start < at <= end)
