"""The prompts of the times that a caller may choose."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from civicline.agency import times
from civicline.core.agency import Span

ZONE = "America/Denver"
TEXTS = {"time_am": "at {time} in the morning", "time_pm": "at {time} in the afternoon", "time_key": "press {key}"}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()


def test_the_day_is_said_as_people_say_it_and_no_two_of_a_week_are_the_same() -> None:
    now = at("2026-11-25 17:59")
    days = ["2026-11-25 18:00", *(f"2026-11-{day} 00:00" for day in (26, 27, 28, 29, 30)), "2026-12-01 17:00"]
    said = [times.day(at(day), now, ZONE) for day in days]
    assert said[:3] == ["day_today", "day_tomorrow", "day_friday"] and len(set(said)) == 7
    assert set(said) <= times.PROMPTS


def test_every_slot_of_the_hours_has_a_prompt_by_the_clock_of_the_wall() -> None:
    said = times.spoken(TEXTS, [(Span(11 * 60, 13 * 60), 1800), (Span(0, 45), 1800)])
    assert {name: text for name, text in said.items() if name.startswith("time.")} == {
        "time.1100": "at 11 in the morning",
        "time.1130": "at 11:30 in the morning",
        "time.1200": "at 12 in the afternoon",
        "time.1230": "at 12:30 in the afternoon",
        "time.0000": "at 12 in the morning",
    }
    assert times.time(at("2026-11-25 12:30"), ZONE) in said and said[times.key("3")] == "press 3"


SPANISH = {
    "time_am": "a las {time} de la mañana", "time_pm": "a las {time} de la tarde",
    "time_pm_one": "a la {time} de la tarde",
    "time_early": "a las {time} de la madrugada", "time_early_one": "a la {time} de la madrugada",
    "time_night": "a las {time} de la noche", "time_noon": "al mediodía", "time_midnight": "a medianoche",
    "time_key": "oprima el {key}",
}  # fmt: skip
SAID = {
    "0000": "a medianoche", "0030": "a las 12:30 de la madrugada", "0130": "a la 1:30 de la madrugada",
    "0530": "a las 5:30 de la madrugada", "0600": "a las 6 de la mañana", "1130": "a las 11:30 de la mañana",
    "1200": "al mediodía", "1230": "a las 12:30 de la tarde", "1300": "a la 1 de la tarde",
    "1930": "a las 7:30 de la tarde", "2000": "a las 8 de la noche", "2330": "a las 11:30 de la noche",
}  # fmt: skip


def test_a_language_parts_the_day_as_its_people_do() -> None:
    said = times.spoken(SPANISH, [(Span(0, 24 * 60), 1800)])
    assert len([name for name in said if name.startswith("time.")]) == 48
    assert {name: said[f"time.{name}"] for name in SAID} == SAID


def test_a_pack_without_the_words_says_no_times() -> None:
    assert times.spoken({}, [(Span(0, 60), 1800)]) == {}
