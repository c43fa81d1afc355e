"""The running figures of the floor are those of the day's report, also when the projector folds the journal again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, time
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from civicline.contacts import projector
from civicline.core import callback_requests as cb
from civicline.core import kinds
from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import Failure, HungUpBy, PassedOnFor
from civicline.core.measures import RUNNING, Parts
from civicline.core.model import State
from civicline.floor import today
from civicline.journal import read
from civicline.journal.connect import connect
from civicline.journal.event import Draft
from civicline.journal.leader import lead
from civicline.measures import report
from core import packs
from core.floor import Floor

DAY = date(2031, 5, 14)
SUMS = "SELECT queue, part, value FROM contacts_counted WHERE day = %s AND abs(value) > 1e-6"
POLICY = CallbackPolicy(60, attempts=2, gap_s=120, ring_s=20, capacity=5, hours="always")
TAX = packs.queue("tax", say_every_s=600, callback=POLICY)
PACK = replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": TAX})


def at(hour: int) -> float:
    return datetime.combine(DAY, time(hour), ZoneInfo(PACK.zone)).timestamp()


class Busy(Floor):
    """ann alone takes income tax: some wait, some have the place kept, one is passed on to another queue."""

    def keeps(self, name: str) -> None:
        self.call(name, "income", caller=f"number of {name}", may_ring=True)
        self.do(cb.TakeHold(name))
        self.do(cb.PlayedHold(name))
        self.do(r.LegHungUp(f"{name}-c", HungUpBy.US))

    def day(self) -> None:
        slot = at(12)
        for name in ("later", "given back"):
            self.do(cb.PromiseCallback(name, "+1", f"number of {name}", "voice-1", slot, "income", "en"))
        self.do(cb.CancelCallback("given back"))
        self.ready("ann")
        for name in ("c1", "c2", "c3"):
            self.call(name, "income")
        for name in ("kept", "cancelled", "not there"):
            self.keeps(name)
        self.do(cb.CancelCallback("cancelled"))
        self.served("c1", "ann", talk_s=600)
        self.served("c2", "ann", talk_s=900)
        self.answer("c3")
        self.wait(60)
        self.do(r.PassOn("ann", "c3", PassedOnFor.EXPERT, queue="permits"))
        self.phone_hangs_up("ann", HungUpBy.US)
        self.wait(10)
        self.do(r.WrapUp("ann", "c3", "income", "done", True))
        self.reached("kept")
        self.served("kept", "ann")
        for attempt in (1, 2):
            self.do(r.LegFailed(f"not there-b{attempt}", Failure.NO_ANSWER))
            self.wait(POLICY.gap_s)
        self.now = max(self.now, slot) + 1
        self.wait(0)
        self.reached("later")
        self.answer("later")

    def reached(self, name: str) -> None:
        leg = self.state.contacts[name].leg
        self.do(r.LegPickedUp(leg))
        self.do(r.PlayedNotice(name))
        self.do(cb.ReachPerson(name))


@pytest.fixture
def conn(journal):
    with connect(journal.urls.app, "test") as conn:
        yield conn


def sums(conn, day: date = DAY) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for queue, part, value in conn.execute(SUMS, (day,)):
        found.setdefault(queue, {})[part] = value
    return found


def reported(journal) -> dict[str, dict[str, float]]:
    queues = report.day(journal.urls.app, DAY)["by"]["queue"]
    found = {
        name: {part: entry["parts"][part] for part in RUNNING if entry["parts"][part]} for name, entry in queues.items()
    }
    return {name: parts for name, parts in found.items() if parts}


def test_the_sums_are_those_of_the_report_whatever_is_folded_again(journal, conn) -> None:
    floor = Busy(PACK, now=at(9))
    floor.day()
    with closing(lead(journal.urls.app, "test", Event())) as leader:
        leader.append([Draft(*kinds.to_body(fact)) for fact in floor.facts])
    events = read.read(conn, 0, 5000)
    state = State()
    for event in events:
        projector.project(conn, state, [event])
    expected = reported(journal)
    assert expected["tax"]["reconnected"] == 1 and expected["tax"]["hold_abandoned"] == 2
    assert expected["tax"]["callback_missed"] == 1
    assert "permits" not in expected, "who was passed on counts where they waited first"
    assert expected["tax"]["wait_told"] and expected["tax"]["answered"] == 5
    assert {name: pytest.approx(parts) for name, parts in expected.items()} == sums(conn)
    for first in (0, len(events) // 2):
        again = State()
        for event in events[:first]:
            projector.evolve(again, kinds.fact(event.kind, event.body))
        projector.project(conn, again, events[first:])
        assert {name: pytest.approx(parts) for name, parts in expected.items()} == sums(conn)
    assert sums(conn, date(2031, 5, 13)) == sums(conn, date(2031, 5, 15)) == {}


def test_shares_and_waits_are_written_as_people_read_them() -> None:
    parts = Parts(
        answered=4, wait_answered_s=500, answered_holding=3, wait_holding_s=377, wait_told=4, wait_told_close=3,
        hold_offered=8, hold_accepted=4, reconnected=1, hold_abandoned=2,
    )  # fmt: skip
    one = today.Figures("tax", "Tax", parts)
    assert (one.close, one.accepted, one.reconnected, one.abandoned) == (75, 50, 25, 50)
    assert (one.held, one.with_callbacks, one.callbacks_as_none) == ("2:06", "2:05", "1:34")
    assert (today.NOTHING.close, today.NOTHING.held) == (None, "")
    assert today.together([one, one]).told == 8
