"""Indexes over the state, so that the cost of an input does not grow with what it does not concern.

They can be made again from the rest of the state at any time (`indexes.rebuild`) and are in no snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Bucket(NamedTuple):
    """Waiting contacts with the same needs: whoever may take one may take all, so only the first need be looked at."""

    queue: str
    skill: str
    language: str
    priority: int
    step: int
    agent: str = ""
    """The only one who may take them so far."""


@dataclass(slots=True)
class Derived:
    line: dict[Bucket, list[tuple[tuple[float, int], str]]] = field(default_factory=dict)
    """Bucket -> (place, contact), sorted by place."""
    kept: dict[Bucket, list[tuple[tuple[float, int], str]]] = field(default_factory=dict)
    """The same of places that are kept while nobody is on the telephone."""
    ready: dict[Bucket, list[tuple[tuple[float, int], str]]] = field(default_factory=dict)
    """Of the kept: those to be rung at their turn. Others have a deadline, and cost nothing until then."""
    released: set[str] = field(default_factory=set)
    """Contacts that are rung back, or were reached and are not yet with a representative."""
    promises: dict[str, int] = field(default_factory=dict)
    """By the keyed hash of a number: promises that are open."""
    codes: dict[str, int] = field(default_factory=dict)
    """By code: promises that are open."""
    slots: dict[tuple[str, float], int] = field(default_factory=dict)
    """By queue and slot (UTC, s): promises that are open."""
    promised: dict[str, int] = field(default_factory=dict)
    """By the keyed hash of a number: how many of `State.promised` are of it."""
    lost: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    """By the same: contacts whose place waits for their return, and since when; the last that left at the end."""
    theirs: set[str] = field(default_factory=set)
    """Contacts in a line that one representative may take before all others."""
    in_queue: dict[str, int] = field(default_factory=dict)
    """Contacts with a place in line, by queue."""
    free: set[str] = field(default_factory=set)
    """Agents that may be offered a contact now."""
    working: set[str] = field(default_factory=set)
    """Agents who take one contact after another, free or not."""
    wrapping: set[str] = field(default_factory=set)
    """Agents in wrap-up: the next to be free."""
    fresh_agents: set[str] = field(default_factory=set)
    """Free since the last routing: only these can take what already waited then."""
    fresh_buckets: set[Bucket] = field(default_factory=set)
    """Were empty at the last routing: only these can be taken by who was already free then."""
    levels: dict[Bucket, dict[str, int]] = field(default_factory=dict)
    """Who may take a bucket's contacts, at which level: a cache of `routing.levels` for the present agency pack."""
    turns: tuple[int, dict[str, list[tuple[float, bool]]]] | None = None
    """When the hours of staff begin and end: a cache of `wait`, by the half-hour that it was made in."""
    deadlines: list[tuple[float, str, str]] = field(default_factory=list)
    """A heap of (at, kind, id); entries that no longer hold are skipped (`deadlines.due`)."""
