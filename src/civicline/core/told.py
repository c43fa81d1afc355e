"""The wait as it is told: a range in whole minutes, which never rises for a contact unless the reason is said too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

RUNGS_MIN = (0, 2, 5, 10, 15, 20, 30, 45, 60)
"""The figures that are said. Beyond the last one, only that it is more."""

LOW, HIGH = 0.8, 1.2
"""The range reaches from the rung below 80 % of the estimate to the rung above 120 % of it."""

LONGER = 1.05
"""Handling times that are more than 5 % longer are a reason; less is noise."""


class WaitRose(StrEnum):
    """Why the wait that is told now is longer than what was told before."""

    FEWER_PEOPLE = "fewer_people"
    LONGER_TALKS = "longer_talks"
    OTHER_LINE = "other_line"
    PLACE_LATER = "place_later"
    """Others with an earlier place or a higher priority came before it."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an estimate rests on, as far as a reason can be found in it: people who take this line's contacts, their
    mean handling time, the queue, and how many of it are before the place."""

    people: int
    handle_s: float
    queue: str
    before: int


@dataclass(frozen=True, slots=True)
class Told:
    """`wait_s`: the expected seconds. `high_min` None: more than `low_min`. `said` False: it rose and there is no
    reason, so nothing was said of it."""

    wait_s: float
    low_min: int
    high_min: int | None
    basis: Basis
    reason: WaitRose | None = None
    said: bool = True

    @property
    def range(self) -> tuple[int, int | None]:
        return self.low_min, self.high_min


def range_of(wait_s: float) -> tuple[int, int | None]:
    """Low and high, whole minutes; high None: more than low."""
    low = max(rung for rung in RUNGS_MIN if rung * 60.0 <= LOW * wait_s)
    high = min((rung for rung in RUNGS_MIN[1:] if rung * 60.0 >= HIGH * wait_s), default=None)
    return low, high


def ranges() -> list[tuple[int, int | None]]:
    """Every range that may be told, so that each can be made into a prompt beforehand."""
    edges = sorted({rung * 60.0 / share for rung in RUNGS_MIN for share in (LOW, HIGH)})
    between = [(one + other) / 2 for one, other in pairwise(edges)]
    return list(dict.fromkeys(range_of(each) for each in sorted([*edges, *between, edges[-1] * 2])))


CLOSE_S, CLOSE_SHARE = 60.0, 0.25


def is_close(told_s: float, wait_s: float) -> bool:
    """Whether the estimate was within a minute of the real wait, or within a quarter of it."""
    return abs(told_s - wait_s) <= max(CLOSE_S, CLOSE_SHARE * wait_s)


def is_in_range(of: tuple[int, int | None], wait_s: float) -> bool:
    return of[0] * 60.0 <= wait_s <= _top(of) * 60.0


def is_above(one: tuple[int, int | None], other: tuple[int, int | None]) -> bool:
    """Whether either end is higher."""
    return one[0] > other[0] or _top(one) > _top(other)


def _top(of: tuple[int, int | None]) -> float:
    return float("inf") if of[1] is None else of[1]


def tell(wait_s: float, basis: Basis, last: Told | None) -> Told:
    """What is told now, after `last`, the last that was said to this contact."""
    found = range_of(wait_s)
    if last is None or not is_above(found, last.range):
        return Told(wait_s, *found, basis)
    reason = next(_reasons(basis, last.basis), None)
    return Told(wait_s, *found, basis, reason, said=reason is not None)


def _reasons(now: Basis, then: Basis) -> Iterator[WaitRose]:
    """All that are true, the plainest first."""
    if now.queue != then.queue:
        yield WaitRose.OTHER_LINE
        return
    if now.people < then.people:
        yield WaitRose.FEWER_PEOPLE
    if now.before > then.before:
        yield WaitRose.PLACE_LATER
    if now.handle_s > then.handle_s * LONGER:
        yield WaitRose.LONGER_TALKS
