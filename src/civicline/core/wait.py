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
from civicline.core.model import Agent, Contact, Place, State

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
    """Expected seconds until the place with `before` others before it is served, `LONGEST_S` at most; None when by then
    nobody serves the line any more. The first stretch begins at 0; later ones are only looked at when they matter."""
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
            return LONGEST_S if now.per_s > 0.0 else None
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
    """Expected seconds until this contact, at its place in its queue, is served, `LONGEST_S` at most; 0 when somebody
    is free for it. None when it is in no queue, or nobody serves it by what is known."""
    agency = state.agency
    if agency is None or contact.place is None or contact.queue not in agency.queues:
        return None
    return behind_s(state, agency, contact, before(state, agency, contact, now), now)


def behind_s(state: State, agency: Agency, contact: Contact, ahead: dict[Bucket, int], now: float) -> float | None:
    """As `estimate_s`, where those before the place were counted."""
    own = indexes.needs(state, contact)
    same = sum(count for bucket, count in ahead.items() if _is_same(bucket, own))
    leaving = pace.leaving_per_s(state.paces, own.queue, own.skill)
    return until_served_s(same, leaving, _stretches(state, agency, contact, ahead, same, now))


def before(state: State, agency: Agency, contact: Contact, now: float) -> Counter[Bucket]:
    """How many of each bucket are served before this place, as priorities stand now; kept places count, too. The cost
    grows with the number of buckets, not with the length of the line."""
    assert contact.place is not None
    rank = routing.effective_priority(agency, indexes.bucket(state, contact), contact.place[0], now)
    ends: dict[int, tuple[tuple[float, float], str]] = {}
    found: Counter[Bucket] = Counter()
    for bucket, entries in (*state.derived.line.items(), *state.derived.kept.items()):
        end = ends.get(bucket.priority)
        if end is None:
            end = ends[bucket.priority] = _end(agency, rank - bucket.priority, contact.place, now), ""
        count = bisect_left(entries, end)
        if count:
            found[bucket] += count
    return found


EVERY, NONE = (math.inf, math.inf), (-math.inf, 0.0)
"""Ends that all places are below, and none."""


def _end(agency: Agency, steps: int, place: Place, now: float) -> tuple[float, float]:
    """The places below this one come before `place`, in a bucket whose priority is `steps` below the place's effective
    one: those that have aged above it, and of those that have aged up to it the earlier ones."""
    ageing_s = agency.ageing_s
    if steps < 0:
        return EVERY
    if ageing_s <= 0:
        return place if steps == 0 else NONE
    above = now - (steps + 1) * ageing_s, math.inf
    level = (now - steps * ageing_s, math.inf) if steps else EVERY
    return max(above, min(place, level))


def _is_same(bucket: Bucket, own: Bucket) -> bool:
    return (bucket.queue, bucket.skill, bucket.language) == (own.queue, own.skill, own.language)


def is_working(agent: Agent) -> bool:
    return agent.state in WORKING and agent.phone and agent.next not in ("break", "signed_out")


def people(state: State, agency: Agency, bucket: Bucket) -> set[str]:
    """Who takes contacts of this bucket now, or after the one in hand."""
    return {name for name in routing.levels(state, agency, bucket) if is_working(state.agents[name])}


@dataclass(frozen=True, slots=True)
class _Work:
    """The work up to a place: `same` contacts of its own line, each of `own_s` seconds, and by person the seconds of
    the other lines before it that they may take."""

    same: int
    own_s: float
    others_s: dict[str, float]

    def stretch(self, begins_s: float, able: set[str], free: set[str]) -> Stretch:
        """`free`: those of the able who take somebody at once. A person's share of their time is that of this line in
        all the work before the place."""
        own_s = self.same * self.own_s
        share = {name: own_s / (own_s + self.others_s[name]) for name in sorted(able)}
        return Stretch(begins_s, sum(share.values()) / self.own_s, sum(share[name] for name in sorted(free)))


def _work(state: State, agency: Agency, own: Bucket, ahead: dict[Bucket, int], same: int) -> _Work:
    """For everybody whom the place may ever reach, and who works now or by hours that are known."""
    last_step = own._replace(step=len(agency.queues[own.queue].overflow))
    reached = routing.levels(state, agency, last_step).keys() | routing.levels(state, agency, own).keys()
    others_s = {name: 0.0 for name in reached if agency.staff[name].calendar or is_working(state.agents[name])}
    takes_s: dict[tuple[str, str], float] = {}
    for bucket, count in ahead.items():
        if not _is_same(bucket, own):
            needs = bucket.queue, bucket.skill
            if needs not in takes_s:
                takes_s[needs] = pace.handle_s(state.paces, *needs)
            for name in routing.levels(state, agency, bucket).keys() & others_s.keys():
                others_s[name] += count * takes_s[needs]
    return _Work(same, pace.handle_s(state.paces, own.queue, own.skill), others_s)


def _stretches(
    state: State, agency: Agency, contact: Contact, ahead: dict[Bucket, int], same: int, now: float
) -> Iterator[Stretch]:
    """One for each time at which those change whom the contact reaches."""
    own = indexes.needs(state, contact)
    work, turns = _work(state, agency, own, ahead, same + 1), _turns(state, agency, now)
    theirs = {agency.staff[name].calendar for name in work.others_s} & turns.keys()
    before_it: set[str] = set()
    last: float | None = None
    for at in _changes(agency, contact, [turns[each] for each in theirs], now):
        reached = routing.levels(state, agency, own._replace(step=_step_at(agency, contact, at)))
        able = {name for name in reached if name in work.others_s and _works_at(state, agency, name, now, at, turns)}
        came = able - before_it
        free = came & state.derived.free
        if last is not None:
            free |= {name for name in came if not _works_at(state, agency, name, now, last, turns)}
        yield work.stretch(at - now, able, free)
        before_it, last = able, at


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


def _changes(agency: Agency, contact: Contact, turns: list[list[tuple[float, bool]]], now: float) -> list[float]:
    """`now` and all later times at which somebody comes, leaves or is reached."""
    since = contact.queued_at if contact.queued_at is not None else now
    steps = agency.queues[contact.queue or ""].overflow[contact.step :]
    times = {at for each in turns for at, _ in each} | {since + step.after_s for step in steps}
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
