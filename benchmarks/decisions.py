"""From an event to the decision: how long after a request was handed to the journal its facts are seen.

    python benchmarks/decisions.py [--contacts-per-s 100] [--seconds 20]

The real engine process, the real database. A driver plays the part of voice and desks: each contact arrives, hears the
notice, chooses, is offered, is answered, talks for two seconds and is wrapped up, each step taken when the facts of the
step before were seen, as voice does. Measured for every request: from `Appender.submit` until a follower has read its
first fact. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from heapq import heappop, heappush
from typing import Any

from journal import server

FLOOR_MS, AIM_MS = 60.0, 20.0
TALK_S = 2.0
AGENTS = 400
ENGINE = (
    "import sys; from civicline import settings; from civicline.engine.process import run; "
    "sys.exit(run(settings.load()))"
)


def agency() -> Any:
    from civicline.core.agency import Agency, Calendar, Line, Menu, Queue, Span, Staff, Topic

    always = Calendar({str(day): (Span(0, 1440),) for day in range(7)})
    staff = {f"a{n}": Staff(f"a{n}", f"A{n}", ("tax",), {"income": 1 + n % 5}, ("en", "es")) for n in range(AGENTS)}
    return Agency(
        name={"en": "Bench"},
        zone="America/Denver",
        languages=("en", "es"),
        lines={"100": Line("100", "Line", "main", "always", "tax")},
        menus={"main": Menu("main", {"en": "", "es": ""}, {"1": "refund"})},
        topics={"refund": Topic("refund", {"en": "Refund"}, "tax", "income")},
        queues={"tax": Queue("tax", {"en": "Tax"}, "always")},
        calendars={"always": always},
        staff=staff,
        dispositions={"answered": {"en": "Answered"}},
    )


class Driver:
    """Voice and desks, without sound."""

    def __init__(self, url: str) -> None:
        from civicline.journal.appender import Appender
        from civicline.journal.follow import Follower

        self.appender = Appender(url)
        self.follower = Follower(url)
        self.submitted: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self.later: list[tuple[float, int, Any]] = []
        self.agents: dict[str, str] = {}
        self.done = 0
        self._lock = threading.Lock()

    def ask(self, *asked: Any) -> None:
        from civicline.core import kinds
        from civicline.journal.event import Draft

        drafts = [Draft(*kinds.to_body(each)) for each in asked]
        at = time.monotonic()

        def appended(outcome: Any) -> None:
            if isinstance(outcome, Exception):
                raise outcome
            with self._lock:
                self.submitted.update(dict.fromkeys(range(outcome.first, outcome.last + 1), at))

        self.appender.submit(drafts, done=appended)

    def turn(self, timeout_s: float) -> None:
        for event in self.follower.read(timeout_s):
            if event.cause is not None and event.cause not in self.seen:
                self.seen[event.cause] = time.monotonic()
            self.follow(event.kind, event.body)
        while self.later and self.later[0][0] <= time.monotonic():
            self.ask(*heappop(self.later)[2])

    def follow(self, kind: str, body: dict[str, Any]) -> None:
        from civicline.core import requests as r
        from civicline.core.lifecycle import HungUpBy, TopicBy

        contact, leg = body.get("contact", ""), body.get("leg", "")
        if kind == "contact_arrived":
            self.ask(r.LegPickedUp(leg))
        elif kind == "leg_answered" and leg.endswith("-c"):
            self.ask(r.PlayedNotice(leg.removesuffix("-c")))
        elif kind == "notice_played":
            self.ask(r.ChooseLanguage(contact, "en"))
        elif kind == "language_chosen":
            self.ask(r.ChooseTopic(contact, "refund", TopicBy.KEY))
        elif kind == "offer_made":
            self.agents[contact] = body["agent"]
            self.ask(r.LegRang(body["offer"]))
        elif kind == "leg_ringing":
            self.ask(r.LegPickedUp(leg))
        elif kind == "offer_accepted":
            hang_up = r.LegHungUp(f"{contact}-c", HungUpBy.CALLER)
            heappush(self.later, (time.monotonic() + TALK_S, id(hang_up), (hang_up,)))
        elif kind == "talk_ended":
            self.ask(r.LegHungUp(f"{contact}-1", HungUpBy.US))
            self.ask(r.WrapUp(self.agents.pop(contact), contact, "refund", "answered", True))
        elif kind == "contact_wrapped":
            self.done += 1


def run(contacts_per_s: float = 100.0, seconds: float = 20.0) -> dict[str, Any]:
    with server() as url:
        engine = subprocess.Popen([sys.executable, "-c", ENGINE], env=os.environ)
        try:
            return _measure(Driver(url), contacts_per_s, seconds)
        finally:
            engine.terminate()
            engine.wait(30)


def _measure(driver: Driver, contacts_per_s: float, seconds: float) -> dict[str, Any]:
    from civicline.core import requests as r

    driver.ask(r.LoadAgency(agency()))
    for n in range(AGENTS):
        driver.ask(r.RegisterPhone(f"a{n}"), r.SignIn(f"a{n}"), r.BecomeAvailable(f"a{n}"))
    while len(driver.seen) < 1 + 3 * AGENTS:
        driver.turn(0.1)
    first = max(driver.seen)
    count, began = round(contacts_per_s * seconds), time.monotonic()
    for n in range(count):
        while (left := began + n / contacts_per_s - time.monotonic()) > 0:
            driver.turn(min(left, 0.005))
        contact = f"{n:032x}"
        driver.ask(r.CallArrived(contact, "100", "", f"{contact}-c", "bench"))
    deadline = time.monotonic() + 30
    while driver.done < count and time.monotonic() < deadline:
        driver.turn(0.01)
    took = sorted(
        (driver.seen[position] - at) * 1000
        for position, at in driver.submitted.items()
        if position > first and position in driver.seen
    )
    return {
        "contacts_per_s": contacts_per_s,
        "contacts": count,
        "contacts_finished": driver.done,
        "requests": len(took),
        "p50_ms": round(took[len(took) // 2], 2),
        "p99_ms": round(took[len(took) * 99 // 100], 2),
        "worst_ms": round(took[-1], 2),
        "floor_ms": FLOOR_MS,
        "aim_ms": AIM_MS,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts-per-s", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    args = parser.parse_args()
    print(json.dumps(run(args.contacts_per_s, args.seconds), indent=1))
