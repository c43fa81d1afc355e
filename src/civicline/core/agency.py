"""What an agency pack says, as the rules need it: lines, menus, topics, queues, hours and staff.

Times are seconds, levels whole numbers from 1 (elementary) to 5 (complete mastery); a pack may write them A to E.
Texts that people read are mappings from language to text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `opens` to `closes`, minutes after local midnight; `closes` may be 1440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours in the agency's zone: weekday "0" (Monday) to "6" -> spans; dates "2026-12-25" that are closed,
    and dates with hours of their own."""

    weekly: dict[str, tuple[Span, ...]]
    closed: tuple[str, ...] = ()
    special: dict[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    id: str
    label: Text
    queue: str
    skill: str


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of topics. `keys` maps a digit to a topic; `0` always means the operator."""

    id: str
    prompt: Text
    keys: dict[str, str]
    timeout_s: float = 6.0
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A published number. People who choose nothing reach the queue `operator`."""

    number: str
    name: str
    menu: str
    calendar: str
    operator: str


@dataclass(frozen=True, slots=True)
class Overflow:
    """After `after_s` in line a contact may also be taken by others; steps add up."""

    after_s: float
    min_level: int | None = None
    tiers: tuple[int, ...] = ()
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    id: str
    label: Text
    calendar: str
    priority: int = 0
    min_level: int = 1
    tiers: tuple[int, ...] = (1,)
    ring_s: float = 20.0
    wrap_up_s: float = 600.0
    max_waiting: int | None = None
    service_level_s: float = 20.0
    overflow: tuple[Overflow, ...] = ()


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who takes contacts: `skills` maps a skill to a level from 1 to 5."""

    id: str
    name: str
    queues: tuple[str, ...]
    skills: dict[str, int]
    languages: tuple[str, ...]
    tier: int = 1
    role: str = "representative"


@dataclass(frozen=True, slots=True)
class Office:
    """Another office that callers are sent to. `needs`: what for, by id; the reason is chosen among them."""

    id: str
    label: Text
    number: str
    needs: dict[str, Text]
    ring_s: float = 40.0


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a survey. `keys` maps a digit to the answer that it means; `counts_as` names the question to the
    measures: "calls_so_far", "all_answered", "no_further_contact", or "" for the agency's own."""

    id: str
    keys: dict[str, str]
    counts_as: str = ""
    timeout_s: float = 6.0
    tries: int = 2


@dataclass(frozen=True, slots=True)
class Survey:
    """Asked by keypad after the call. `lines`: the lines whose callers are asked, () for all; `share` of them (0 to 1)
    is told of it."""

    id: str
    questions: tuple[Question, ...]
    lines: tuple[str, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Agency:
    name: Text
    zone: str
    languages: tuple[str, ...]
    lines: dict[str, Line]
    menus: dict[str, Menu]
    topics: dict[str, Topic]
    queues: dict[str, Queue]
    calendars: dict[str, Calendar]
    staff: dict[str, Staff]
    dispositions: dict[str, Text]
    prompts: dict[str, Text] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    ageing_s: float = 300.0
    """A waiting contact counts one priority higher for every `ageing_s` in line, so nobody waits for ever."""
