"""Opening hours and holidays in the agency's own zone: a daylight-saving night moves nothing on the wall clock."""

from __future__ import annotations

from datetime import datetime
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
