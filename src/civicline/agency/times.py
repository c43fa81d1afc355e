"""The prompts of the times at which a caller may choose to be rung: the day, and the time of day."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from civicline.core.agency import Span
from civicline.core.chosen_time import AT_ONCE
from civicline.core.slots import SOON_S

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOUR_MIN = 60
EARLY_UNTIL_MIN, NOON_MIN, NIGHT_FROM_MIN = 6 * HOUR_MIN, 12 * HOUR_MIN, 20 * HOUR_MIN
TEMPLATES = frozenset({"time_am", "time_pm", "time_key"})
PROMPTS = TEMPLATES | {
    "hold_offer_time", "times_ask", "times_more", "times_declined", "time_kept", "time_code", "day_today",
    "day_tomorrow", *(f"day_{day}" for day in DAYS),
}  # fmt: skip
WHOLE = {0: "time_midnight", NOON_MIN: "time_noon"}
"""Of these minutes of the day exactly, at which nobody knows what 12 a.m. is."""
ONE = frozenset({"time_am_one", "time_pm_one", "time_early_one"})
"""For 1 o'clock and what follows it, in languages in which that has an article of its own."""
OPTIONAL = ONE | {*WHOLE.values(), "time_early", "time_night"}
"""Where a language parts the day otherwise than at noon: before 6 in the morning, and from 8 in the evening."""
CODE = frozenset({"time_found", "time_cancel", "time_cancelled"})
"""Said to whoever keys in the code of a time."""
PLACES = {"time_key": {"key"}} | {name: {"time"} for name in ("time_am", "time_pm", "time_early", "time_night", *ONE)}
KEYS = tuple(str(number) for number in range(1, AT_ONCE + 1))


def when(at: float, now: float, zone: str, prompts: Container[str]) -> list[str]:
    """The prompts of its day and its time; less for a time that has none, nothing for a day
    that has no name of its own."""
    if at > now + SOON_S:
        return []
    return [name for name in (day(at, now, zone), time(at, zone)) if name in prompts]


def day(at: float, now: float, zone: str) -> str:
    """The prompt of the day of `at`, said at `now` (UTC, s)."""
    local = ZoneInfo(zone)
    then, today = datetime.fromtimestamp(at, local), datetime.fromtimestamp(now, local)
    ahead = (then.date() - today.date()).days
    return {0: "day_today", 1: "day_tomorrow"}.get(ahead, f"day_{DAYS[then.weekday()]}")


def time(at: float, zone: str) -> str:
    """The prompt of the time of day of `at` (UTC, s): "time.0930"."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("time.%H%M")


def key(number: str) -> str:
    return f"time_key.{number}"


def spoken(texts: Mapping[str, str], spans: Iterable[tuple[Span, int]]) -> dict[str, str]:
    """The prompts in the language of `texts` of all times of day at which slots begin; `spans`: hours, with the length
    of their slots in seconds. {} where the pack has no words for them."""
    if not texts.keys() >= TEMPLATES:
        return {}
    begins = {minute for span, slot_s in spans for minute in _begins(span, slot_s)}
    times = {f"time.{minute // HOUR_MIN:02}{minute % HOUR_MIN:02}": _time(texts, minute) for minute in begins}
    return times | {key(number): texts["time_key"].format(key=number) for number in KEYS}


def _begins(span: Span, slot_s: int) -> list[int]:
    """Whole minutes after midnight."""
    count = (span.closes - span.opens) * 60 // slot_s
    return [span.opens + number * slot_s // 60 for number in range(count)]


def _time(texts: Mapping[str, str], minute: int) -> str:
    hour = str(minute // HOUR_MIN % 12 or 12)
    past = minute % HOUR_MIN
    text = next(texts[name] for name in _names(minute, hour) if name in texts)
    return text.format(time=f"{hour}:{past:02}" if past else hour)


def _names(minute: int, hour: str) -> list[str]:
    """The prompts that may say it, the fittest first."""
    part = "time_early" if minute < EARLY_UNTIL_MIN else "time_night" if minute >= NIGHT_FROM_MIN else ""
    half = "time_pm" if minute >= NOON_MIN else "time_am"
    ones = [f"{part}_one", part, f"{half}_one", half] if hour == "1" else [part, half]
    return [WHOLE.get(minute, ""), *ones]
