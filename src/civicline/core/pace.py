"""How fast a line moves, learned from what happened: handling times, and how soon those who wait leave.

One `Pace` for each queue and one for each skill in it. Sums fade, so that the last weeks count and not the last year;
folding one contact takes constant time. Where little is known yet, the skill leans on its queue and the queue on the
figures below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HANDLE_S, HANDLE_WEIGHT = 720.0, 10.0
"""Handling time of a queue that has none yet: 12 min, with the weight of 10 contacts."""

PATIENCE_S, PATIENCE_WEIGHT = 1500.0, 5.0
"""How long people wait before they leave, where nobody has left yet: 25 min, with the weight of 5 that left."""

SKILL_WEIGHT = 20.0
"""A skill counts by itself as soon as it has more than 20 contacts of its own."""

MEMORY_HANDLED, MEMORY_WAITS = 1000, 2000
"""Each new contact takes away one part in so many of the weight of those before it."""


@dataclass(slots=True)
class Pace:
    """Faded sums: contacts handled and the seconds they took; people who left the line and the seconds that all
    waited."""

    handled: float = 0.0
    handled_s: float = 0.0
    left: float = 0.0
    waited_s: float = 0.0


Paces = dict[str, Pace]
"""By `key`."""


def key(queue: str, skill: str = "") -> str:
    return f"{queue}/{skill}"


def _both(paces: Paces, queue: str, skill: str) -> list[Pace]:
    return [paces.setdefault(each, Pace()) for each in sorted({key(queue), key(queue, skill)})]


def note_handled(paces: Paces, queue: str, skill: str, took_s: float) -> None:
    """One representative's whole time for a contact: talk, hold and wrap-up."""
    for pace in _both(paces, queue, skill):
        pace.handled += 1.0 - pace.handled / MEMORY_HANDLED
        pace.handled_s += took_s - pace.handled_s / MEMORY_HANDLED


def note_waited(paces: Paces, queue: str, skill: str, waited_s: float, left: bool) -> None:
    """The end of a wait, by a representative's answer or by leaving."""
    for pace in _both(paces, queue, skill):
        pace.left += float(left) - pace.left / MEMORY_WAITS
        pace.waited_s += waited_s - pace.waited_s / MEMORY_WAITS


NOTHING = Pace()


def handle_s(paces: Mapping[str, Pace], queue: str, skill: str = "") -> float:
    """Mean handling time, seconds."""
    whole = paces.get(key(queue), NOTHING)
    mean = (whole.handled_s + HANDLE_WEIGHT * HANDLE_S) / (whole.handled + HANDLE_WEIGHT)
    own = paces.get(key(queue, skill), NOTHING) if skill else NOTHING
    return max(1.0, (own.handled_s + SKILL_WEIGHT * mean) / (own.handled + SKILL_WEIGHT))


def leaving_per_s(paces: Mapping[str, Pace], queue: str, skill: str = "") -> float:
    """The rate at which each who waits leaves: left ÷ time waited. Those still in line count when their wait ends."""
    whole = paces.get(key(queue), NOTHING)
    rate = (whole.left + PATIENCE_WEIGHT) / (whole.waited_s + PATIENCE_WEIGHT * PATIENCE_S)
    own = paces.get(key(queue, skill), NOTHING) if skill else NOTHING
    return (own.left + SKILL_WEIGHT) / (own.waited_s + SKILL_WEIGHT / rate)
