"""The day's report from a real journal: each contact once, on the day on which it arrived in the agency's zone."""

import datetime
import json
import threading
from contextlib import closing
from dataclasses import replace
from zoneinfo import ZoneInfo

import psycopg
import pytest

from civicline.core import callback_requests as cb
from civicline.core import kinds
from civicline.core import requests as r
from civicline.engine import fold
from civicline.journal import read, snapshot
from civicline.journal.connect import connect
from civicline.journal.event import Draft
from civicline.journal.leader import lead
from civicline.measures import period, report, table
from core import packs
from core.floor import Floor

ZONE = ZoneInfo("America/Denver")
DAY = datetime.date(2031, 5, 14)


def at(hour, minute=0, day=DAY):
    return datetime.datetime.combine(day, datetime.time(hour, minute), ZONE).timestamp()


def store(journal, floor):
    """Append the floor's facts as the engine does, in batches; forget them."""
    drafts = [Draft(*kinds.to_body(fact)) for fact in floor.facts]
    with closing(lead(journal.urls.app, "test", threading.Event())) as leader:
        leader.append(drafts)
    floor.facts.clear()


def at_noon(floor, topic="income"):
    """ann serves one, one leaves the queue, one leaves the menu, one is turned away."""
    floor.now = max(floor.now, at(12))
    floor.ready("ann")
    floor.call("served", topic)
    floor.wait(9)
    floor.served("served", "ann", talk_s=100, wrap_s=20)
    floor.call("left", "driver", "es")
    floor.wait(40)
    floor.caller_hangs_up("left")
    floor.do(r.CallArrived("menu", "+1", "", "menu-c", "voice-1"))
    floor.caller_hangs_up("menu")
    floor.now = at(18)
    floor.do(r.CallArrived("late", "+2", "", "late-c", "voice-1"))
    floor.do(r.PlayedMessage("late"))


def outcomes(result):
    parts = result["total"]["parts"]
    assert parts["received"] == sum(parts[name] for name in ("answered", *LEFT, "automated", "still_open"))
    return {name: parts[name] for name in ("received", "answered", *LEFT)}


LEFT = ("primary_abandon", "secondary_abandon", "courtesy_disconnect")


def test_a_day(journal):
    floor = Floor(now=at(7))
    at_noon(floor)
    store(journal, floor)
    got = report.day(journal.urls.app, DAY, None)
    assert (got["date"], got["zone"], got["from"]) == ("2031-05-14", "America/Denver", "2031-05-14T00:00:00-06:00")
    assert list(outcomes(got).values()) == [4, 1, 1, 1, 1]
    measures = got["total"]["measures"]
    assert measures["asa_hold_only_s"]["value"] == 9 and measures["handle_time_s"]["value"] == 120
    assert measures["los"]["value"] == 0.5 and measures["answered_share_of_all"]["value"] == 0.25
    assert measures["asa_with_callback_s"]["value"] == measures["asa_callback_as_zero_s"]["value"] == 9, "no callbacks"
    assert measures["busy"]["value"] is None and measures["reconnected_share"]["value"] is None
    by = got["by"]
    assert {key: entry["parts"]["received"] for key, entry in by["line"].items()} == {"+1": 3, "+2": 1}
    assert {key: entry["parts"]["received"] for key, entry in by["topic"].items()} == {"income": 1, "driver": 1, "-": 2}
    assert {key: entry["parts"]["received"] for key, entry in by["language"].items()} == {"es": 1, "-": 3}
    assert {key: entry["parts"]["received"] for key, entry in by["half_hour"].items()} == {
        "2031-05-14T12:00-06:00": 3,
        "2031-05-14T18:00-06:00": 1,
    }
    assert by["queue"]["licence"]["measures"]["los"]["value"] == 0
    assert json.loads(json.dumps(got, allow_nan=False)) == got


def test_representatives_time_is_counted_within_the_day_only(journal):
    floor = Floor(now=at(23, day=DAY - datetime.timedelta(days=1)))
    floor.ready("ann")
    floor.now = at(1)
    floor.call("c1", "income", after=0)
    floor.wait(10)
    floor.served("c1", "ann", talk_s=290, wrap_s=300)
    floor.do(r.TakeBreak("ann"))
    store(journal, floor)
    parts = report.day(journal.urls.app, DAY)["total"]["parts"]
    assert (parts["available_s"], parts["handling_s"]) == (3610, 590)
    assert report.day(journal.urls.app, DAY - datetime.timedelta(days=1))["total"]["parts"]["available_s"] == 3600


def test_a_contact_over_midnight_counts_once_on_the_day_it_arrived(journal):
    floor = Floor(now=at(23, 50))
    floor.ready("ann")
    floor.call("c1", "income", after=0)
    floor.wait(5)
    floor.served("c1", "ann", talk_s=1200)
    store(journal, floor)
    first, second = (report.day(journal.urls.app, DAY + datetime.timedelta(days=n)) for n in (0, 1))
    assert (outcomes(first)["received"], outcomes(second)["received"]) == (1, 0)
    assert first["total"]["parts"]["talk_s"] == 1200 and first["complete"]
    assert first["total"]["parts"]["handling_s"] == 595, "the rest of the talk is the next day's time"


YESTERDAY = datetime.datetime.now(ZONE).date() - datetime.timedelta(days=1)
"""For journals whose rows have the time of their facts, and snapshots that of their last one."""


def store_and_save(journal, folded, floor):
    """As a running engine does by and by; the rows and the snapshot get the floor's clock."""
    store(journal, floor)
    with connect(journal.urls.app) as conn:
        folded.state, folded.stored = floor.state, read.last_position(conn)
        fold.save(conn, folded)
    with psycopg.connect(journal.urls.owner) as conn:
        conn.execute("UPDATE journal_event SET at = to_timestamp((body->>'at')::float8)")
        conn.execute(
            "UPDATE journal_snapshot SET at = to_timestamp(%s) WHERE position = %s", (floor.now, folded.stored)
        )
    return folded.stored


def test_a_running_centre_keeps_the_snapshot_that_spares_the_past_and_it_changes_nothing(journal):
    before = YESTERDAY - datetime.timedelta(days=1)
    slot = at(11, day=YESTERDAY)
    floor, folded = Floor(now=at(7, day=before)), fold.Folded()
    floor.call("the day before", "income")
    floor.do(cb.PromiseCallback("booked", "+1", "f" * 64, "voice-1", slot, "income", "en"))
    floor.now = at(16, 50, day=before)
    floor.caller_hangs_up("the day before")
    stood_at = store_and_save(journal, folded, floor)
    for hour in range(8, 8 + 2 * snapshot.KEPT):
        floor.now = at(hour, day=YESTERDAY)
        floor.call(f"at {hour}", "income", after=0)
        floor.caller_hangs_up(f"at {hour}")
        store_and_save(journal, folded, floor)
    with connect(journal.urls.app) as conn:
        found = period.collect(conn, at(0, day=YESTERDAY), at(0, day=YESTERDAY) + 86_400)
        assert found.before_first == stood_at, "what is read for repeats begins there, too"
    fast = report.day(journal.urls.app, YESTERDAY)
    with connect(journal.urls.app) as conn:
        conn.execute("DELETE FROM journal_snapshot")
    assert report.day(journal.urls.app, YESTERDAY) == fast
    assert outcomes(fast)["received"] == 2 * snapshot.KEPT + 1


def test_another_zone_has_another_day(journal):
    floor = Floor(now=at(20))
    floor.call("c1", "income")
    store(journal, floor)
    tokyo = report.day(journal.urls.app, DAY + datetime.timedelta(days=1), "Asia/Tokyo")
    assert outcomes(tokyo)["received"] == 1 and tokyo["total"]["parts"]["still_open"] == 1 and not tokyo["complete"]
    with pytest.raises(ValueError, match="no time zone 'Mars/Olympus': write it as"):
        report.day(journal.urls.app, DAY, "Mars/Olympus")


def test_an_empty_journal_has_no_figures(journal):
    got = report.day(journal.urls.app, DAY)
    assert got["zone"] == "UTC" and outcomes(got)["received"] == 0
    assert all(each["value"] is None for each in got["total"]["measures"].values())
    assert "received" in report.render(got)


def test_the_autumn_night_has_two_half_hours_of_one_name():
    night = datetime.datetime(2031, 11, 2, 1, 40, tzinfo=ZONE).timestamp()
    assert report.half_hour(night, ZONE) == "2031-11-02T01:30-06:00"
    assert report.half_hour(night + 3600, ZONE) == "2031-11-02T01:30-07:00"


def test_a_person_can_read_it(journal):
    floor = Floor(now=at(7))
    at_noon(floor)
    store(journal, floor)
    text = report.render(report.day(journal.urls.app, DAY))
    for part in ("2031-05-14", "answered ÷ routed", "50.0 %", "9.0 s", "licence", "2031-05-14T12:00-06:00", "–"):
        assert part in text, part
    assert max(len(line) for line in text.splitlines()) <= 110


def test_only_shares_are_percentages():
    assert table.number("attempts_per_callback", 1.5) == "1.5"
    assert table.number("hold_overtaken_share", 0.5) == "50.0 %"
    assert table.number("asa_hold_only_s", 1.5) == "1.5 s"
    assert table.number("shrinkage", None) == "–"


def test_the_told_wait_stands_against_the_real_one(journal):
    """ann talks; c2 is told 12 min and waits 11, c3 is told 20 and waits 33: close is the first one only."""
    queues = packs.WHOLE.queues | {"tax": packs.queue("tax", say_every_s=600)}
    floor = Floor(replace(packs.WHOLE, queues=queues), now=at(9))
    floor.ready("ann")
    for name in ("c1", "c2", "c3"):
        floor.call(name, "income", after=0)
    for name, talk_s in (("c1", 660), ("c2", 1320), ("c3", 60)):
        floor.served(name, "ann", talk_s=talk_s, wrap_s=0)
    store(journal, floor)
    got = report.day(journal.urls.app, DAY)
    for entry in (got["total"], got["by"]["queue"]["tax"]):
        close = entry["measures"]["wait_told_close"]
        assert (close["value"], close["formula"]) == (0.5, "wait_told_close ÷ wait_told")
        assert close["parts"] == {"wait_told_close": 1, "wait_told": 2}
        assert entry["measures"]["wait_told_in_range"]["value"] == 0.5
    lines = report.render(got).splitlines()
    assert any("wait_told_close" in line and "50.0 %" in line for line in lines)
    assert any("tax" in line and "50.0 %" in line and "416.8 s" in line for line in lines)
