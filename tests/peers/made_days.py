"""A made day of one line through the real rules: what is told on arrival, and how long each caller really waited.

Half-hours from 07:00 with two peaks; lognormal service, exponential patience, first come first served. People have
hours: who leaves at a half-hour finishes the call in hand first, and who comes takes the next in line at once.
"""

import math
import random
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

from civicline.core import requests as r
from civicline.core.agency import Agency, Calendar, Line, Queue, Span, Staff, Topic
from civicline.core.decide import react
from civicline.core.facts import ContactAbandoned, ContactQueued, OfferMade
from civicline.core.lifecycle import HungUpBy
from civicline.core.menu_facts import PositionTold
from civicline.core.model import State
from civicline.core.told import is_above, is_close, is_in_range

CALLS_PER_H = (
    60, 90, 140, 190, 220, 230, 220, 200, 180, 175, 185, 200, 205, 195, 180, 160, 140, 120, 100, 85, 70, 60, 50, 40,
)  # fmt: skip
PEOPLE = (12, 18, 26, 32, 36, 38, 36, 32, 28, 28, 32, 36, 36, 34, 32, 30, 28, 24, 20, 18, 16, 14, 12, 10)
HALF_HOUR_S = 1800.0
OPENS_MIN = 7 * 60
MIDNIGHT = 1_767_571_200.0
"""2026-01-05, a Monday, 00:00 UTC."""
BEGINS = MIDNIGHT + OPENS_MIN * 60.0

LOADS = {"understaffed": 0.75, "tight": 0.9, "ok": 1.0}
"""People, as a share of `PEOPLE`."""


@dataclass(frozen=True)
class Day:
    """`known`: whether the people's hours stand in the pack, so that the estimate can see who comes and leaves."""

    seed: int
    people: tuple[int, ...]
    service_s: float = 720.0
    variation: float = 1.0
    patience_s: float = 1500.0
    known: bool = True
    say_every_s: float = 600.0


def scaled(share: float) -> tuple[int, ...]:
    return tuple(max(1, round(share * people)) for people in PEOPLE)


@dataclass
class Caller:
    """`told_s` None: was answered at once. `asterisk_s`: what Asterisk would have told. `wait_s` None: left."""

    at: float
    asterisk_s: float
    service_s: float
    told: list[PositionTold] = field(default_factory=list)
    wait_s: float | None = None

    @property
    def told_s(self) -> float | None:
        return self.told[0].wait.wait_s if self.told and self.told[0].wait else None


def hours(day: Day) -> list[Calendar]:
    """One calendar for each person: the n-th works in the half-hours that have more than n people. Whoever works in the
    last one stays until the line is empty."""
    found = []
    for n in range(max(day.people)):
        spans = [
            Span(OPENS_MIN + 30 * i, 1440 if i == len(day.people) - 1 else OPENS_MIN + 30 * (i + 1))
            for i, people in enumerate(day.people)
            if people > n
        ]
        found.append(Calendar({"0": tuple(spans)}))
    return found


def pack(day: Day) -> Agency:
    calendars = {f"p{n}": each for n, each in enumerate(hours(day))}
    always = Calendar({str(weekday): (Span(0, 1440),) for weekday in range(7)})
    names = sorted(calendars)
    return Agency(
        name={"en": "Day"},
        zone="UTC",
        languages=("en",),
        lines={"1": Line("1", "Line", "", "always", "tax", topic="refund")},
        menus={},
        topics={"refund": Topic("refund", {"en": "Refund"}, "tax", "")},
        queues={"tax": Queue("tax", {"en": "Tax"}, "always", say_every_s=day.say_every_s)},
        calendars={"always": always} | calendars,
        staff={each: Staff(each, each, ("tax",), {}, ("en",), calendar=each if day.known else "") for each in names},
        dispositions={"done": {"en": "Done"}},
    )


class Running:
    """One day; `callers` by contact."""

    def __init__(self, day: Day) -> None:
        self.day, self.state, self.rng = day, State(), random.Random(day.seed)
        self.callers: dict[str, Caller] = {}
        self.asterisk_s, self.answered, self.counted = 0, 0, 0
        self.now = BEGINS - 60.0
        self.later: list[tuple[float, int, tuple[r.Request, ...]]] = []
        self.do(r.LoadAgency(pack(day)))
        self._staff()
        self._callers()

    def at(self, when: float, *asked: r.Request) -> None:
        self.counted += 1
        heappush(self.later, (when, self.counted, asked))

    def _staff(self) -> None:
        for n, calendar in enumerate(hours(self.day)):
            name, here = f"p{n}", False
            self.do(r.RegisterPhone(name))
            for i in range(len(self.day.people)):
                works = any(span.opens <= OPENS_MIN + 30 * i < span.closes for span in calendar.weekly["0"])
                if works and not here:
                    self.at(BEGINS + i * HALF_HOUR_S, r.SignIn(name), r.BecomeAvailable(name))
                elif here and not works:
                    self.at(BEGINS + i * HALF_HOUR_S, r.SignOut(name))
                here = works

    def _callers(self) -> None:
        spread = math.log(1 + self.day.variation**2)
        for i, per_h in enumerate(CALLS_PER_H):
            at, end = i * HALF_HOUR_S, (i + 1) * HALF_HOUR_S
            while (at := at + self.rng.expovariate(per_h / 3600.0)) < end:
                name = f"c{len(self.callers)}"
                service_s = self.rng.lognormvariate(math.log(self.day.service_s) - spread / 2, math.sqrt(spread))
                self.callers[name] = Caller(BEGINS + at, 0.0, service_s)
                self.at(BEGINS + at, r.CallArrived(name, "1", "", f"{name}-c", "v"), r.PlayedNotice(name))
                self.at(BEGINS + at + self.rng.expovariate(1 / self.day.patience_s), r.LegHungUp(f"{name}-c", LEFT))

    def run(self, until: float = math.inf) -> list[Caller]:
        while self.later and self.later[0][0] < until:
            when, _, asked = heappop(self.later)
            self.now = max(self.now, when)
            for request in asked:
                if not (isinstance(request, r.LegHungUp) and request.by is LEFT and self._is_served(request.leg)):
                    self.do(request)
        return list(self.callers.values())

    def _is_served(self, leg: str) -> bool:
        return self.callers[leg.removesuffix("-c")].wait_s is not None

    def do(self, request: r.Request) -> None:
        for fact in react(self.state, request, self.now):
            self._note(fact)

    def _note(self, fact: object) -> None:
        if isinstance(fact, ContactQueued):
            self.callers[fact.contact].asterisk_s = self.asterisk_s + 30.0
        elif isinstance(fact, PositionTold):
            self.callers[fact.contact].told.append(fact)
        elif isinstance(fact, OfferMade):
            self._answer(fact)
        elif isinstance(fact, ContactAbandoned):
            assert self.callers[fact.contact].wait_s is None

    def _answer(self, offer: OfferMade) -> None:
        caller = self.callers[offer.contact]
        caller.wait_s = self.now - caller.at
        self.asterisk_s = int(caller.wait_s) if not self.answered else (3 * self.asterisk_s + int(caller.wait_s)) >> 2
        self.answered += 1
        self.at(self.now, r.LegPickedUp(offer.offer))
        self.at(
            self.now + caller.service_s,
            r.LegHungUp(offer.offer, HungUpBy.AGENT),
            r.WrapUp(offer.agent, offer.contact, "refund", "done", True),
        )


LEFT = HungUpBy.CALLER


@dataclass(frozen=True)
class Shares:
    """Of the callers who were told and served: how many, their mean wait, and the share whose wait was close to what
    was told, by our estimate and by Asterisk's filter; the share whose wait lay in the range that was told."""

    callers: int
    mean_wait_s: float
    ours: float
    asterisk: float
    in_range: float

    @staticmethod
    def of(callers: list[Caller]) -> "Shares":
        served = [(c, c.told_s, c.wait_s) for c in callers if c.told_s is not None and c.wait_s is not None]
        count = len(served)
        return Shares(
            count,
            sum(wait for _, _, wait in served) / count,
            sum(is_close(told, wait) for _, told, wait in served) / count,
            sum(is_close(c.asterisk_s, wait) for c, _, wait in served) / count,
            sum(is_in_range(c.told[0].wait.range, wait) for c, _, wait in served if c.told[0].wait) / count,
        )


NOON = BEGINS + 10 * HALF_HOUR_S
SEES_NOON_S = 1200.0
"""Callers who come within 20 min before noon: the halving is in most of their waits."""


def halved(share: float) -> tuple[int, ...]:
    """At noon half of the people go home, by plan."""
    return tuple(people if i < 10 else max(1, people // 2) for i, people in enumerate(scaled(share)))


def before_noon(callers: list[Caller]) -> list[Caller]:
    return [caller for caller in callers if NOON - SEES_NOON_S <= caller.at < NOON]


def rises(callers: list[Caller]) -> tuple[int, int]:
    """How often more was told than the last time to the same caller: with a reason, and without."""
    reasons, silent = 0, 0
    for caller in callers:
        said = [fact.wait for fact in caller.told if fact.wait is not None and fact.wait.said]
        for last, now in pairwise(said):
            if is_above(now.range, last.range):
                reasons, silent = reasons + (now.reason is not None), silent + (now.reason is None)
    return reasons, silent
