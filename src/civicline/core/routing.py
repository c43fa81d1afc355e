"""Who takes whom: first in line by priority (raised with age) and place; longest-idle agent of the best level.

`route` is called after every decision. It looks only at the first contact of each bucket of equal needs, and only
where something became possible since it last looked, so its cost does not grow with the length of the line. Afterwards
no free agent stands beside a contact that it may take, and nobody at equal priority was overtaken.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from civicline.core.agency import Agency, Queue, Staff
from civicline.core.derived import Bucket
from civicline.core.facts import Fact, OfferMade
from civicline.core.model import Agent, Place, State


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a contact may reach, after its overflow steps so far."""

    min_level: int
    tiers: frozenset[int]
    others: frozenset[str]
    """Further queues whose people may take it."""


def reach(queue: Queue, step: int) -> Reach:
    level, tiers, others = queue.min_level, set(queue.tiers), set[str]()
    for each in queue.overflow[:step]:
        level = level if each.min_level is None else each.min_level
        tiers |= set(each.tiers)
        others |= set(each.queues) - {queue.id}
    return Reach(level, frozenset(tiers), frozenset(others))


def level_for(staff: Staff, bucket: Bucket, within: Reach) -> int | None:
    """The person's level for these needs; None when they may not take it.

    In the contact's own queue tier and level count. Whoever is reached through another queue (the operator's, say) need
    have neither: a missing skill is level 0.
    """
    if bucket.language not in staff.languages:
        return None
    level = staff.skills.get(bucket.skill, 0)
    own = (
        bucket.queue in staff.queues and staff.tier in within.tiers and (not bucket.skill or level >= within.min_level)
    )
    return level if own or not within.others.isdisjoint(staff.queues) else None


def levels(state: State, agency: Agency, bucket: Bucket) -> dict[str, int]:
    """Everybody who may take contacts of this bucket, with their level; kept until the next agency pack."""
    known = state.derived.levels.get(bucket)
    if known is not None:
        return known
    queue = agency.queues.get(bucket.queue)
    found: dict[str, int] = {}
    if bucket.agent:
        found = _only(agency, bucket)
    elif queue is not None:
        within = reach(queue, bucket.step)
        every = ((name, level_for(staff, bucket, within)) for name, staff in agency.staff.items())
        found = {name: level for name, level in every if level is not None}
    state.derived.levels[bucket] = found
    return found


def _only(agency: Agency, bucket: Bucket) -> dict[str, int]:
    """Whoever has spoken to the person may go on with them: neither tier nor level counts, only the language."""
    staff = agency.staff.get(bucket.agent)
    if staff is None or bucket.queue not in agency.queues or bucket.language not in staff.languages:
        return {}
    return {staff.id: staff.skills.get(bucket.skill, 0)}


def best_agent(state: State, agency: Agency, bucket: Bucket) -> Agent | None:
    """The longest idle of the best level among those that are free; None when nobody free may take it."""
    able, agents = levels(state, agency, bucket), state.agents
    able_now = able.keys() & state.derived.free
    return min((agents[name] for name in able_now), key=lambda a: (-able[a.id], a.idle_since, a.id), default=None)


def effective_priority(agency: Agency, bucket: Bucket, place_at: float, now: float) -> int:
    raised = int(max(0.0, now - place_at) // agency.ageing_s) if agency.ageing_s > 0 else 0
    return bucket.priority + raised


Order = tuple[int, Place]
Head = tuple[int, Place, Bucket]
Entries = list[tuple[Place, str]]


def order(agency: Agency, bucket: Bucket, place: Place, now: float) -> Order:
    """Who is less than another is served first."""
    return -effective_priority(agency, bucket, place[0], now), place


def first(table: Mapping[Bucket, Entries], agency: Agency, bucket: Bucket, now: float) -> Head:
    """The first of the bucket, in the order in which heads are served."""
    return *order(agency, bucket, table[bucket][0][0], now), bucket


def ahead(agency: Agency, table: Mapping[Bucket, Entries], own: Order, now: float) -> int:
    """How many of the table come before. Within a bucket the order is that of the places, so none is counted singly."""
    return sum(
        bisect_left(entries, own, key=lambda entry: order(agency, bucket, entry[0], now))
        for bucket, entries in table.items()
    )


def fresh_buckets(state: State, agency: Agency) -> Iterator[Bucket]:
    """Where an offer may have become possible since the last routing: what was empty then, and what somebody who was
    not free then may take. All other buckets were found to suit nobody that is free."""
    derived = state.derived
    fresh = derived.fresh_agents
    if not fresh:
        yield from derived.fresh_buckets
        return
    for bucket in derived.line:
        if bucket in derived.fresh_buckets or not levels(state, agency, bucket).keys().isdisjoint(fresh):
            yield bucket


def route(state: State, at: float, record: Callable[[Fact], None]) -> None:
    """Make every offer that can be made now; `record` folds each fact before the next is looked for."""
    derived, agency = state.derived, state.agency
    if agency is not None and derived.free and derived.line:
        heads = [first(derived.line, agency, bucket, at) for bucket in fresh_buckets(state, agency)]
        heapify(heads)
        while heads and derived.free:
            _offer(state, agency, heads, at, record)
    derived.fresh_agents.clear()
    derived.fresh_buckets.clear()


def _offer(state: State, agency: Agency, heads: list[Head], at: float, record: Callable[[Fact], None]) -> None:
    """Offer the first head to its best agent; with nobody free for it, the whole bucket is done."""
    bucket = heappop(heads)[2]
    agent = best_agent(state, agency, bucket)
    if agent is None:
        return
    contact = state.contacts[state.derived.line[bucket][0][1]]
    record(OfferMade(at, contact.id, f"{contact.id}-{contact.offers + 1}", agent.id))
    if bucket in state.derived.line:
        heappush(heads, first(state.derived.line, agency, bucket, at))
