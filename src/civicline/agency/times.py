"""The prompts of the times at which a caller may choose to be rung: the day, and the time of day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from civicline.core.agency import Span

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TEMPLATES = frozenset({"time_am", "time_pm", "time_key"})
PROMPTS = TEMPLATES | {
    "hold_offer_time", "times_ask", "times_more", "times_declined", "time_kept", "time_code", "day_today",
    "day_tomorrow", *(f"day_{day}" for day in DAYS),
}  # fmt: skip
PLACES = {"time_am": {"time"}, "time_pm": {"time"}, "time_key": {"key"}}
KEYS = ("1", "2", "3")
NOON_MIN, HOUR_MIN = 12 * 60, 60


def day(at: float, now: float, zone: str) -> str:
    """The prompt of the day of `at`, said at `now` (UTC, s); within a week no two days have the same."""
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
    half = "time_pm" if minute >= NOON_MIN else "time_am"
    hour = str(minute // HOUR_MIN % 12 or 12)
    past = minute % HOUR_MIN
    return texts[half].format(time=f"{hour}:{past:02}" if past else hour)
