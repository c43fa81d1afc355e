"""Who takes whom: first in line by priority (raised with age) and place; longest-idle agent of the best level.

`route` is called after every decision. It looks only at the first contact of each bucket of equal needs and at the free
agents, so its cost does not grow with the length of the line. Afterwards no free agent stands beside a contact that it
may take, and nobody at equal priority was overtaken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from civicline.core.agency import Agency, Queue, Staff
from civicline.core.derived import Bucket
from civicline.core.facts import Fact, OfferMade
from civicline.core.model import Agent, State


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a contact may reach, after its overflow steps so far."""

    min_level: int
    tiers: frozenset[int]
    queues: frozenset[str]


def reach(queue: Queue, step: int) -> Reach:
    level, tiers, queues = queue.min_level, set(queue.tiers), {queue.id}
    for each in queue.overflow[:step]:
        level = level if each.min_level is None else each.min_level
        tiers |= set(each.tiers)
        queues |= set(each.queues)
    return Reach(level, frozenset(tiers), frozenset(queues))


def level_for(staff: Staff, bucket: Bucket, within: Reach) -> int | None:
    """The person's level for these needs; None when they may not take it.

    Somebody reached through another queue (the operator, say) need not have the skill: they have level 0.
    """
    if bucket.language not in staff.languages or not within.queues.intersection(staff.queues):
        return None
    level = staff.skills.get(bucket.skill, 0)
    if bucket.queue not in staff.queues:
        return level
    if staff.tier not in within.tiers or (bucket.skill and level < within.min_level):
        return None
    return level


def best_agent(state: State, agency: Agency, bucket: Bucket) -> Agent | None:
    queue = agency.queues.get(bucket.queue)
    if queue is None:
        return None
    within = reach(queue, bucket.step)
    found: list[tuple[int, float, str]] = []
    for agent_id in state.derived.free:
        staff = agency.staff.get(agent_id)
        level = level_for(staff, bucket, within) if staff else None
        if level is not None:
            found.append((-level, state.agents[agent_id].idle_since, agent_id))
    return state.agents[min(found)[2]] if found else None


def effective_priority(agency: Agency, bucket: Bucket, place_at: float, now: float) -> int:
    return bucket.priority + int(max(0.0, now - place_at) // agency.ageing_s)


def route(state: State, at: float, record: Callable[[Fact], None]) -> None:
    """Make every offer that can be made now; `record` folds each fact before the next is looked for."""
    agency = state.agency
    if agency is None or not state.derived.free or not state.derived.line:
        return
    heads: list[tuple[int, tuple[float, int], Bucket]] = []

    def push(bucket: Bucket) -> None:
        entries = state.derived.line.get(bucket)
        if entries:
            place = entries[0][0]
            heappush(heads, (-effective_priority(agency, bucket, place[0], at), place, bucket))

    for bucket in state.derived.line:
        push(bucket)
    heapify(heads)
    while heads and state.derived.free:
        bucket = heappop(heads)[2]
        agent = best_agent(state, agency, bucket)
        if agent is None:
            continue
        contact = state.contacts[state.derived.line[bucket][0][1]]
        record(OfferMade(at, contact.id, f"{contact.id}-{contact.offers + 1}", agent.id))
        push(bucket)
