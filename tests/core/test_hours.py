"""Opening hours on the wall clock, through both daylight-saving nights of Denver in 2026 (8 March, 1 November)."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from civicline.core.agency import Calendar, Span
from civicline.core.hours import is_open
from core import packs

ZONE = ZoneInfo("America/Denver")
EVERY_DAY = {str(day): (Span(480, 1020),) for day in range(7)}
NIGHT = {str(day): (Span(60, 180),) for day in range(7)}
CALENDAR = Calendar(EVERY_DAY, ("2026-12-25",), {"2026-12-24": (Span(480, 720), Span(780, 840)), "2026-12-31": ()})
AGENCY = replace(packs.WHOLE, calendars={"day": CALENDAR, "night": Calendar(NIGHT)})


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize("day", ["2026-03-07", "2026-03-08", "2026-03-09", "2026-10-31", "2026-11-01", "2026-11-02"])
def test_opens_and_closes_by_the_wall_clock_around_the_change(day):
    opens, closes = at(f"{day}T08:00"), at(f"{day}T17:00")
    assert not is_open(AGENCY, "day", opens - 1) and is_open(AGENCY, "day", opens)
    assert is_open(AGENCY, "day", closes - 1) and not is_open(AGENCY, "day", closes)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-07", 2), ("2026-03-08", 1), ("2026-11-01", 3)])
def test_a_night_shift_is_shorter_in_spring_and_longer_in_autumn(day, hours):
    midnight = at(f"{day}T00:00")
    open_minutes = sum(is_open(AGENCY, "night", midnight + 60 * minute) for minute in range(6 * 60))
    assert open_minutes == hours * 60


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-12-24T11:59", True),
        ("2026-12-24T12:30", False),
        ("2026-12-24T13:00", True),
        ("2026-12-24T14:00", False),
        ("2026-12-25T10:00", False),
        ("2026-12-31T10:00", False),
    ],
)
def test_special_days_and_holidays(when, expected):
    assert is_open(AGENCY, "day", at(when)) is expected


def test_a_day_without_hours_is_closed():
    agency = replace(AGENCY, calendars={"day": Calendar({"0": (Span(0, 1440),)})})
    assert is_open(agency, "day", at("2026-01-05T23:59:59")) and not is_open(agency, "day", at("2026-01-06T00:00"))
