"""The expected wait of a place in a line (docs/explanation/wait.md).

The sum over those before it of 1 ÷ (rate at which the line is served + those still before it × rate at which each
leaves), through the changes that are known to come: shifts that begin and end, and overflow steps that widen the reach.

Somebody who serves several lines is counted in each by the share of their work that stands there: a person goes through
what they may take in the order of places, so a place's line is served by them at (those of this line up to the place) ÷
(seconds of all work up to the place that they may take).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from civicline.core import hours, indexes, pace, routing
from civicline.core.agency import Agency
from civicline.core.derived import Bucket
from civicline.core.lifecycle import AgentState
from civicline.core.model import Agent, Contact, State

SLOT_S = 1800.0

LONGEST_S = 4 * 3600.0
"""Nothing is estimated beyond: the plan of the day ends somewhere."""

ONE_BY_ONE = 32
"""Up to so many before the place are summed one by one; those farther ahead by the integral, which is as good there."""

WORKING = frozenset({
    AgentState.AVAILABLE, AgentState.OFFERED, AgentState.TALKING, AgentState.CONSULTED, AgentState.WRAP_UP,
})  # fmt: skip
"""Takes contacts now, or after the one in hand. Who is on a break comes back nobody knows when."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begins_s` after now on, the line is served at `per_s`; `at_once` of it as soon as the stretch begins, by
    people who come free."""

    begins_s: float
    per_s: float
    at_once: float = 0.0


def until_served_s(before: int, leaving_per_s: float, stretches: Iterable[Stretch]) -> float | None:
    """Expected seconds until the place with `before` others before it is served; None when by these stretches it is
    not within `LONGEST_S`. The first stretch begins at 0; later ones are only looked at when they matter."""
    coming = iter(stretches)
    now = next(coming)
    left, at = before + 1.0 - now.at_once, 0.0
    while left > 0.0:
        following = next(coming, None)
        ends = min(LONGEST_S, following.begins_s if following is not None else math.inf)
        at, left = _serve(left, at, ends, now.per_s, leaving_per_s)
        if left <= 0.0:
            break
        if following is None or at >= LONGEST_S:
            return None
        now, left = following, left - following.at_once
    return at


def _serve(left: float, at: float, ends: float, per_s: float, leaving_per_s: float) -> tuple[float, float]:
    """Time and what is left when the line is served or the stretch ends. `left` counts the place itself."""
    if left > ONE_BY_ONE and leaving_per_s > 0.0 and per_s > 0.0:
        at, left = _far(left, at, ends, per_s, leaving_per_s)
    while left > 0.0 and at < ends:
        others = max(0.0, math.ceil(left) - 1.0)
        rate = per_s + others * leaving_per_s
        part = left - others
        if rate <= 0.0 or at + part / rate > ends:
            return ends, left - (ends - at) * rate
        at, left = at + part / rate, others
    return at, left


def _far(left: float, at: float, ends: float, per_s: float, leaving_per_s: float) -> tuple[float, float]:
    """dn/dt = −(per_s + n × leaving_per_s), down to `ONE_BY_ONE` or to the end of the stretch."""

    def rate(of: float) -> float:
        return per_s + (of - 0.5) * leaving_per_s

    took = math.log(rate(left) / rate(ONE_BY_ONE)) / leaving_per_s
    if at + took <= ends:
        return at + took, float(ONE_BY_ONE)
    after = (rate(left) * math.exp(-leaving_per_s * (ends - at)) - per_s) / leaving_per_s + 0.5
    return ends, after


def estimate_s(state: State, contact: Contact, now: float) -> float | None:
    """Expected seconds until this contact, at its place in its queue, is served; 0 when somebody is free for it. None
    when it is in no queue, or nobody serves it by what is known."""
    agency = state.agency
    if agency is None or contact.place is None or contact.queue not in agency.queues:
        return None
    ahead = before(state, agency, contact, now)
    own = indexes.bucket(state, contact)
    same = sum(count for bucket, count in ahead.items() if _is_same(bucket, own))
    leaving = pace.leaving_per_s(state.paces, own.queue, own.skill)
    return until_served_s(same, leaving, _stretches(state, agency, contact, ahead, same, now))


def before(state: State, agency: Agency, contact: Contact, now: float) -> Counter[Bucket]:
    """How many of each bucket are served before this place, as priorities stand now; kept places count, too."""
    assert contact.place is not None
    own, place = indexes.bucket(state, contact), contact.place

    def rank(bucket: Bucket, at: tuple[float, int]) -> tuple[int, tuple[float, int]]:
        return -routing.effective_priority(agency, bucket, at[0], now), at

    mine = rank(own, place)
    found: Counter[Bucket] = Counter()
    for bucket, entries in (*state.derived.line.items(), *state.derived.kept.items()):
        if bucket.priority == own.priority:
            count = bisect_left(entries, (place, ""))
        else:
            count = bisect_left(entries, mine, key=lambda entry, of=bucket: rank(of, entry[0]))  # type: ignore[misc]
        if count:
            found[bucket] += count
    return found


def _is_same(bucket: Bucket, own: Bucket) -> bool:
    return (bucket.queue, bucket.skill, bucket.language) == (own.queue, own.skill, own.language)


def is_working(agent: Agent) -> bool:
    return agent.state in WORKING and agent.phone and agent.next not in ("break", "signed_out")


def people(state: State, agency: Agency, bucket: Bucket) -> set[str]:
    """Who takes contacts of this bucket now, or after the one in hand."""
    return {name for name in routing.levels(state, agency, bucket) if is_working(state.agents[name])}


@dataclass(frozen=True, slots=True)
class _Work:
    """The work up to a place, by person: whoever reaches for the line of `own` has `same` contacts of it to serve, and
    `others` before them."""

    state: State
    agency: Agency
    own: Bucket
    same: int
    others: dict[Bucket, int]

    def shares(self, able: set[str]) -> dict[str, float]:
        """Person -> the seconds until they have gone through all of it, if they were alone."""
        paces, own = self.state.paces, self.own
        seconds = dict.fromkeys(able, self.same * pace.handle_s(paces, own.queue, own.skill))
        for bucket, count in self.others.items():
            each_s = count * pace.handle_s(paces, bucket.queue, bucket.skill)
            for name in routing.levels(self.state, self.agency, bucket).keys() & able:
                seconds[name] += each_s
        return seconds

    def stretch(self, begins_s: float, able: set[str], free: set[str]) -> Stretch:
        """`free`: those of them who take somebody at once."""
        seconds, own_s = self.shares(able), self.same * pace.handle_s(self.state.paces, self.own.queue, self.own.skill)
        return Stretch(
            begins_s,
            sum(self.same / seconds[name] for name in sorted(able)),
            sum(own_s / seconds[name] for name in sorted(free)),
        )


def _stretches(
    state: State, agency: Agency, contact: Contact, ahead: Counter[Bucket], same: int, now: float
) -> Iterator[Stretch]:
    """One for each time at which those change whom the contact reaches."""
    own = indexes.bucket(state, contact)
    work = _Work(state, agency, own, same + 1, {b: n for b, n in ahead.items() if not _is_same(b, own)})
    turns = _turns(state, agency, now)
    before_it: set[str] = set()
    for at in _changes(agency, contact, turns, now):
        reached = routing.levels(state, agency, own._replace(step=_step_at(agency, contact, at)))
        able = {name for name in reached if _works_at(state, agency, name, now, at, turns)}
        free = {name for name in able - before_it if name in state.derived.free or not is_working(state.agents[name])}
        yield work.stretch(at - now, able, free)
        before_it = able


Turns = dict[str, list[tuple[float, bool]]]
"""Calendar -> when it opens (True) and closes within the next hours, soonest first."""


def _turns(state: State, agency: Agency, now: float) -> Turns:
    """Of the calendars by which people work; kept for half an hour."""
    slot = int(now // SLOT_S)
    if state.derived.turns is None or state.derived.turns[0] != slot:
        names = sorted({staff.calendar for staff in agency.staff.values()} & agency.calendars.keys())
        span = slot * SLOT_S, (slot + 1) * SLOT_S + LONGEST_S
        state.derived.turns = slot, {name: hours.turns(agency, name, *span) for name in names}
    return state.derived.turns[1]


def _changes(agency: Agency, contact: Contact, turns: Turns, now: float) -> list[float]:
    """`now` and all later times at which somebody comes, leaves or is reached."""
    since = contact.queued_at if contact.queued_at is not None else now
    steps = agency.queues[contact.queue or ""].overflow[contact.step :]
    times = {at for each in turns.values() for at, _ in each} | {since + step.after_s for step in steps}
    return [now, *sorted(at for at in times if now < at < now + LONGEST_S)]


def _step_at(agency: Agency, contact: Contact, at: float) -> int:
    since = contact.queued_at if contact.queued_at is not None else at
    overflow = agency.queues[contact.queue or ""].overflow
    return max(contact.step, sum(since + step.after_s <= at for step in overflow))


def _works_at(state: State, agency: Agency, name: str, now: float, at: float, turns: Turns) -> bool:
    """By the last turn of their hours from now until then; before that, what they do now."""
    planned: bool | None = None
    for turn, opens in turns.get(agency.staff[name].calendar, ()):
        if now < turn <= at:
            planned = opens
    return is_working(state.agents[name]) if planned is None else planned
