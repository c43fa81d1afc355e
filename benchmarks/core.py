"""Decisions per second of the rules alone: `python benchmarks/core.py [--seconds 3]`.

A floor in steady state: callers arrive and choose, phones answer, talks end, wrap-ups come; all agents busy, a long
line. It is the same work on a small floor, a big one, one with twice the line, and one with ten times the history.
"""

from __future__ import annotations

import argparse
import random
import statistics
from dataclasses import dataclass
from time import perf_counter, process_time

from civicline.core import requests as r
from civicline.core.agency import Agency, Calendar, Line, Menu, Overflow, Queue, Span, Staff, Topic
from civicline.core.decide import react
from civicline.core.lifecycle import HungUpBy, TopicBy
from civicline.core.model import State

LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class Floor:
    name: str
    agents: int
    queues: int
    skills: int
    waiting: int
    history: int


FLOORS = (
    Floor("small floor", 40, 4, 6, 40, 500),
    Floor("big floor", 1000, 30, 20, 5_000, 2_000),
    Floor("big, twice the line", 1000, 30, 20, 26_000, 2_000),
    Floor("big, ten times the history", 1000, 30, 20, 5_000, 20_000),
)


def pack(floor: Floor, rng: random.Random) -> Agency:
    names = [f"q{n}" for n in range(floor.queues)]
    skills = [f"s{n}" for n in range(floor.skills)]
    steps = (Overflow(60, min_level=1), Overflow(180, tiers=(2,)), Overflow(600, queues=("q0",)))
    queues = {
        name: Queue(name, {"en": name}, "always", priority=n % 2, min_level=3, overflow=steps)
        for n, name in enumerate(names)
    }
    pairs = [(queue, skill) for queue in names for skill in rng.sample(skills, min(3, len(skills)))]
    topics = {f"{q}-{s}": Topic(f"{q}-{s}", {"en": q}, q, s) for q, s in pairs}
    staff = {f"a{n}": _person(f"a{n}", names, skills, rng) for n in range(floor.agents)}
    always = Calendar({str(day): (Span(0, 1440),) for day in range(7)})
    lines = {"+1": Line("+1", "main", "main", "always", "q0")}
    menus = {"main": Menu("main", {"en": "menu"}, {})}
    done = {"done": {"en": "Done"}}
    return Agency({"en": "A"}, "UTC", LANGUAGES, lines, menus, topics, queues, {"always": always}, staff, done)


def _person(name: str, queues: list[str], skills: list[str], rng: random.Random) -> Staff:
    mine = {skill: rng.randint(1, 5) for skill in rng.sample(skills, max(3, len(skills) // 3))}
    languages = LANGUAGES if rng.random() < 0.3 else ("en",)
    return Staff(name, name, tuple(rng.sample(queues, min(4, len(queues)))), mine, languages, 1 + (rng.random() < 0.2))


class Run:
    """Drives one floor; `took` holds each decision's seconds of processor time."""

    def __init__(self, floor: Floor) -> None:
        self.rng = random.Random(5)
        self.floor, self.state, self.now, self.calls = floor, State(), 1_000_000.0, 0
        self.took: list[float] = []
        self.do(r.LoadAgency(pack(floor, self.rng)))
        assert self.state.agency is not None
        self.topics = sorted(self.state.agency.topics)
        for agent in sorted(self.state.agents):
            for request in (r.RegisterPhone(agent), r.SignIn(agent), r.BecomeAvailable(agent)):
                self.do(request)
        while len(self.state.closed) < floor.history:
            self.serve_one()
        while sum(self.state.derived.in_queue.values()) < floor.waiting + len(self.state.offers):
            self.arrive()

    def do(self, request: r.Request) -> None:
        begin = process_time()
        react(self.state, request, self.now)
        self.took.append(process_time() - begin)

    def arrive(self) -> None:
        self.now += 0.05
        self.calls += 1
        contact = f"{self.calls:032x}"
        self.do(r.CallArrived(contact, "+1", "", f"{contact}-c", "voice-1"))
        self.do(r.LegPickedUp(f"{contact}-c"))
        self.do(r.PlayedNotice(contact))
        self.do(r.ChooseLanguage(contact, "es" if self.rng.random() < 0.15 else "en"))
        self.do(r.ChooseTopic(contact, self.rng.choice(self.topics), TopicBy.KEY))

    def serve_one(self) -> None:
        """One caller arrives, and one phone that rings is answered, talks, hangs up and is wrapped up."""
        self.arrive()
        offer = next(iter(self.state.offers.values()), None)
        if offer is None:
            return
        for request in (
            r.LegRang(offer.id),
            r.LegPickedUp(offer.id),
            r.LegHungUp(f"{offer.contact}-c", HungUpBy.CALLER),
            r.LegHungUp(offer.id, HungUpBy.US),
            r.WrapUp(offer.agent, offer.contact, self.topics[0], "done", True),
            r.BecomeAvailable(offer.agent),
        ):
            self.do(request)

    def measure(self, seconds: float) -> None:
        self.took.clear()
        until = perf_counter() + seconds
        while perf_counter() < until:
            self.serve_one()


def report(run: Run) -> str:
    took = sorted(run.took)
    waiting = sum(run.state.derived.in_queue.values())
    return (
        f"{run.floor.name:27} {len(took) / sum(took):9,.0f} decisions/s   mean {statistics.fmean(took) * 1e6:6.1f} µs"
        f"   p99 {took[int(len(took) * 0.99)] * 1e6:7.1f} µs   worst {took[-1] * 1e3:6.2f} ms"
        f"   ({len(run.state.agents)} agents, {len(run.state.derived.line)} buckets, {waiting} in line,"
        f" {len(run.state.closed)} closed kept)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="measured time for each floor")
    seconds = parser.parse_args().seconds
    for floor in FLOORS:
        run = Run(floor)
        run.measure(seconds)
        print(report(run), flush=True)


if __name__ == "__main__":
    main()
