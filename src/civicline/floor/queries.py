"""The floor at this moment, read from the read models."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.functional import Promise

from civicline.contacts import queries
from civicline.core import hours
from civicline.core.agency import Agency, Line, Text
from civicline.core.lifecycle import AgentState
from civicline.floor import today
from civicline.floor.forms import menu_name
from civicline.web.agency import said, written
from civicline.web.words import AGENT_STATES, REASONS

ORDER = (
    AgentState.TALKING, AgentState.CONSULTED, AgentState.OFFERED, AgentState.WRAP_UP, AgentState.AVAILABLE,
    AgentState.MISSED, AgentState.BREAK, AgentState.SIGNED_OUT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueLine:
    id: str
    label: str
    waiting: int
    offered: int
    talking: int
    longest_since: datetime | None
    available: int
    """Representatives who could be offered a contact of this queue now."""
    held: int
    held_since: datetime | None
    kept: int
    due: int
    """Of the kept: rung as soon as it is their turn."""
    later: int
    """Callbacks at a chosen time that has not come."""
    ringing_back: int
    kept_since: datetime | None
    """Place of whoever is promised a call and has waited longest."""
    calls_back: bool
    """The queue offers to keep the place, or has a promise to keep."""


@dataclass(frozen=True, slots=True)
class CallbackLine:
    """Callbacks of a queue: at this moment, and of today."""

    now: QueueLine
    today: today.Figures


@dataclass(frozen=True, slots=True)
class AgentLine:
    id: str
    name: str
    state: str
    state_label: Promise
    since: datetime | None
    reason: str | Promise
    phone: bool
    next: str


@dataclass(frozen=True, slots=True)
class StateCount:
    label: Promise
    count: int


@dataclass(frozen=True, slots=True)
class LineNow:
    """A published number at this moment."""

    name: str
    written: str
    open: bool


@dataclass(frozen=True, slots=True)
class UrgentNow:
    """What is said before a menu: in the language of the page, or in the agency's first."""

    menu: str
    menu_name: str
    text: str
    until: datetime
    """On the agency's own wall clock."""
    by: str


@dataclass(frozen=True, slots=True)
class Floor:
    """`away` names those who are not at work."""

    queues: list[QueueLine]
    callbacks: list[CallbackLine]
    waits: list[today.Figures]
    """The last one is of all queues together."""
    at_work: list[AgentLine]
    away: list[str]
    counts: list[StateCount]
    lines: list[LineNow]
    urgent: list[UrgentNow]


def floor() -> Floor:
    agency = queries.agency()
    agents = _agents(agency)
    counts = [StateCount(AGENT_STATES[state], sum(a.state == state for a in agents)) for state in ORDER]
    at_work = [line for line in agents if line.state != AgentState.SIGNED_OUT]
    away = [line.name for line in agents if line.state == AgentState.SIGNED_OUT]
    queues = queue_lines(agency, agents)
    figures = today.figures(agency)
    waits = [*figures.values(), today.together(figures.values())]
    return Floor(queues, _callbacks(queues, figures), waits, at_work, away, counts, _lines(agency), _urgent(agency))


def _callbacks(lines: list[QueueLine], figures: Mapping[str, today.Figures]) -> list[CallbackLine]:
    found = [CallbackLine(line, figures.get(line.id, today.NOTHING)) for line in lines]
    return [each for each in found if each.now.calls_back or each.today.offered or each.today.missed]


def _lines(agency: Agency | None) -> list[LineNow]:
    now = time.time()
    every = agency.lines.values() if agency else ()
    return [LineNow(line.name, written(line.number), _is_open(agency, line, now)) for line in every]


def _is_open(agency: Agency | None, line: Line, now: float) -> bool:
    return agency is not None and hours.is_open(agency, line.calendar, now)


def _urgent(agency: Agency | None) -> list[UrgentNow]:
    if agency is None:
        return []
    return [
        UrgentNow(
            menu=row.menu,
            menu_name=menu_name(agency, row.menu),
            text=_said(agency, row.texts, row.message),
            until=row.until.astimezone(ZoneInfo(agency.zone)).replace(tzinfo=None),
            by=agency.staff[row.by].name if row.by in agency.staff else row.by,
        )
        for row in queries.urgent().values()
    ]


def _said(agency: Agency, texts: Text, message: str) -> str:
    ready = agency.messages.get(message)
    return said(ready.text if ready is not None else texts)


def queues() -> list[QueueLine]:
    agency = queries.agency()
    return queue_lines(agency, _agents(agency))


def queue_lines(agency: Agency | None, agents: list[AgentLine]) -> list[QueueLine]:
    """Every queue of the agency, and those that it no longer has while somebody is in them."""
    now = queries.queues_now()
    names = list(agency.queues) if agency else []
    return [_queue(agency, name, now.get(name), agents) for name in [*names, *(set(now) - set(names))]]


def _queue(agency: Agency | None, name: str, now: queries.QueueNow | None, agents: list[AgentLine]) -> QueueLine:
    known = agency.queues.get(name) if agency else None
    return QueueLine(
        id=name,
        label=said(known.label) if known else name,
        waiting=now.waiting if now else 0,
        offered=now.offered if now else 0,
        talking=now.talking if now else 0,
        longest_since=now.longest_since if now else None,
        available=sum(_could_take(agency, agent, name) for agent in agents),
        held=now.held if now else 0,
        held_since=now.held_since if now else None,
        kept=now.kept if now else 0,
        due=now.due if now else 0,
        later=now.later if now else 0,
        ringing_back=now.ringing_back if now else 0,
        kept_since=now.kept_since if now else None,
        calls_back=(known is not None and known.callback is not None) or _promises(now),
    )


def _promises(now: queries.QueueNow | None) -> bool:
    return now is not None and now.kept + now.later + now.ringing_back > 0


def _could_take(agency: Agency | None, agent: AgentLine, queue: str) -> bool:
    staff = agency.staff.get(agent.id) if agency else None
    ready = agent.state == AgentState.AVAILABLE and agent.phone
    return ready and staff is not None and queue in staff.queues


def _agents(agency: Agency | None) -> list[AgentLine]:
    staff = agency.staff if agency else {}
    lines = [
        AgentLine(
            id=row.id,
            name=staff[row.id].name if row.id in staff else row.id,
            state=row.state,
            state_label=AGENT_STATES[AgentState(row.state)],
            since=None if row.state == AgentState.SIGNED_OUT else row.since,
            reason=REASONS.get(row.reason, row.reason),
            phone=row.phone,
            next=row.next,
        )
        for row in queries.agents()
    ]
    return sorted(lines, key=_standing)


def _standing(line: AgentLine) -> tuple[int, float, str]:
    return ORDER.index(AgentState(line.state)), line.since.timestamp() if line.since else 0.0, line.name
