"""Times that people choose on the public page: which there are, and who gets them."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from civicline.core import callback_requests as cb
from civicline.core import slots
from civicline.core.agency import Calendar, CallbackPolicy, Span
from core import packs
from core.floor import MONDAY, Floor

ZONE = ZoneInfo("America/Denver")
DAYS = {str(day): (Span(480, 600),) for day in range(7)}
NIGHTS = {str(day): (Span(60, 180),) for day in range(7)}
CALENDARS = {
    "day": Calendar(DAYS, ("2026-12-25",), {"2026-12-24": (Span(480, 530), Span(780, 840))}),
    "night": Calendar(NIGHTS),
}
WEEK_S = 7 * 86_400.0


def agency(hours="day", **more):
    policy = CallbackPolicy(60, hours=hours, **{"capacity": 2, **more})
    tax = replace(packs.WHOLE.queues["tax"], callback=policy)
    return replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": tax}, calendars=packs.WHOLE.calendars | CALENDARS)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def on(day, pack, promised=None, now="2026-01-01"):
    """Slots that are free on a day, as the wall clock shows them."""
    start = at(day)
    now_ = max(at(now), start - WEEK_S)
    found = slots.free(pack, pack.queues["tax"], promised or {}, now_, start, start + 86_400)
    return [f"{datetime.fromtimestamp(each, ZONE):%H:%M}" for each in found if on_day(each, day)]


def on_day(slot, day):
    return datetime.fromtimestamp(slot, ZONE).date().isoformat() == day


def test_slots_are_steps_of_the_callback_hours():
    assert on("2026-12-23", agency()) == ["08:00", "08:30", "09:00", "09:30"]
    assert on("2026-12-23", agency(slot_s=2700)) == ["08:00", "08:45"], "the last one would end after the hours"


def test_a_day_of_its_own_hours_and_a_holiday():
    assert on("2026-12-24", agency()) == ["08:00", "13:00", "13:30"]
    assert on("2026-12-25", agency()) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-07", ["01:00", "01:30", "02:00", "02:30"]),
        ("2026-03-08", ["01:00", "01:30"]),
        ("2026-11-01", ["01:00", "01:30", "01:00", "01:30", "02:00", "02:30"]),
    ],
)
def test_a_night_on_which_the_clock_changes(day, expected):
    pack = agency("night")
    assert on(day, pack) == expected
    found = slots.free(pack, pack.queues["tax"], {}, at(day) - 1, at(day), at(day) + 20_000)
    assert {after - before for before, after in pairwise(found)} == {1800}


def test_what_is_full_or_past_or_too_far_is_not_free():
    pack = agency()
    promised = {at("2026-12-23T08:30"): 2, at("2026-12-23T09:00"): 1}
    assert on("2026-12-23", pack, promised) == ["08:00", "09:00", "09:30"]
    assert on("2026-12-23", pack, promised, now="2026-12-23T09:00") == ["09:30"]
    start = at("2026-12-23")
    assert slots.free(pack, pack.queues["tax"], {}, start - slots.LONGEST_AHEAD_S - 1, start, start + 86_400) == []


def test_a_queue_that_says_nothing_of_times_has_none():
    assert on("2026-12-23", agency(capacity=None)) == []


def chosen(floor, contact, slot, caller=None, replaces=""):
    wanted = cb.PromiseCallback(
        contact, "+1", caller or f"number of {contact}", "v", slot, "income", "en", replaces=replaces
    )
    floor.do(wanted)
    last = floor.facts[-1]
    return getattr(last, "why", type(last).__name__)


SLOT = MONDAY + 2 * 3600


def test_a_slot_takes_as_many_as_the_pack_says():
    floor = Floor(agency(hours="always"))
    assert [chosen(floor, name, SLOT) for name in ("a", "b", "c")] == ["CallbackPromised", "CallbackPromised", "full"]
    assert chosen(floor, "d", SLOT + 1800) == "CallbackPromised"
    floor.do(cb.CancelCallback("a"))
    assert chosen(floor, "c2", SLOT, "number of c") == "CallbackPromised"


@pytest.mark.parametrize("slot", [SLOT + 60, MONDAY - 1800, MONDAY + 40 * 86_400])
def test_only_what_is_a_slot_is_promised(slot):
    assert chosen(Floor(agency(hours="always")), "a", slot) == "no_slot"


def test_one_number_has_one():
    floor = Floor(agency(hours="always"))
    chosen(floor, "a", SLOT, "one")
    assert chosen(floor, "b", SLOT + 1800, "one") == "number_has_one"


def test_a_change_is_one_step_and_what_cannot_be_had_leaves_the_old_one():
    floor = Floor(agency(hours="always", capacity=1, limit_a_day=1))
    chosen(floor, "a", SLOT, "one")
    chosen(floor, "b", SLOT + 1800, "two")
    assert chosen(floor, "a2", SLOT + 1800, "one", replaces="a") == "full"
    assert floor.state.contacts["a"].state == "kept" and "a2" not in floor.state.contacts
    assert chosen(floor, "a2", SLOT + 3600, "one", replaces="a") == "CallbackPromised"
    assert (floor.state.contacts["a"].state, floor.state.contacts["a"].promise.end) == ("closed", "cancelled")
    assert chosen(floor, "c", SLOT, "three") == "CallbackPromised", "the place is free again"


@pytest.mark.parametrize("how", ["not theirs", "unknown", "cancelled", "in line"])
def test_what_is_not_theirs_or_not_ahead_is_not_changed(how):
    floor = Floor(agency(hours="always"))
    chosen(floor, "a", SLOT, "one")
    if how == "cancelled":
        floor.do(cb.CancelCallback("a"))
    if how == "in line":
        floor.wait(SLOT - floor.now)
    old = "nobody" if how == "unknown" else "a"
    caller = "two" if how == "not theirs" else "one"
    assert chosen(floor, "b", SLOT + 7200, caller, replaces=old) == "gone"
