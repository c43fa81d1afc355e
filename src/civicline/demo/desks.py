"""What representatives do at their desks, by the very actions that the desk's buttons call.

They learn of their state as the desk does: from the journal. Each state has one plan, drawn when it begins.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import psycopg
from django.db import DatabaseError, connection

from civicline.core import kinds
from civicline.core.evolve import evolve
from civicline.core.facts import AgencyLoaded
from civicline.core.lifecycle import AgentState
from civicline.core.model import Agent, State
from civicline.demo.chance import Chance, lognormal, one_of
from civicline.desk import actions
from civicline.engine import fold
from civicline.journal.connect import connect
from civicline.journal.follow import Follower

log = logging.getLogger(__name__)

WRAP_UP_S, BREAK_S, TALK_S = 8.0, 25.0, 30.0
BREAK_AFTER = 0.04
"""How many wrap-ups end in a break."""
HANGS_UP_AT_DESK = 0.3
RESOLVED = 0.8
REASONS = {"coffee": 6.0, "lunch": 1.0, "training": 1.0}
AGAIN_S = 5.0
"""What led to nothing is asked once more."""
LONGEST_WAIT_S = 0.5

Ask = Callable[[], object]
Plan = tuple[float, Ask]
Key = tuple[AgentState, str | None]


@dataclass
class Desk:
    """`plan` counts the plans, so that one which was overtaken is known."""

    key: Key | None = None
    plan: int = 0


class Desks:
    def __init__(self, url: str, users: Sequence[str], drawn: Chance) -> None:
        self._url, self._chance = url, drawn
        self._desks = {user: Desk() for user in users}
        self._due: list[tuple[float, int, str, int, Ask]] = []
        self._order = itertools.count()
        self._state = State()

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping`. Blocks."""
        with connect(self._url, "demonstration") as conn:
            folded, _ = fold.recover(conn)
        self._state = folded.state
        follower = Follower(self._url, after=folded.position)
        while not stopping.is_set():
            self._look()
            self._act()
            for event in follower.read(self._wait_s()):
                fact = kinds.fact(event.kind, event.body)
                if fact is not None:
                    evolve(self._state, fact)
                    if isinstance(fact, AgencyLoaded):
                        log.info("the pack changed: representatives go on")

    def leave(self) -> None:
        """Everybody ends work: at once, or after the contact in hand."""
        for user in self._desks:
            self._ask(partial(actions.sign_out, user))

    def _wait_s(self) -> float:
        return min(LONGEST_WAIT_S, max(0.0, self._due[0][0] - time.monotonic())) if self._due else LONGEST_WAIT_S

    def _look(self) -> None:
        for user, desk in self._desks.items():
            agent = self._state.agents.get(user)
            if agent is not None and desk.key != (agent.state, agent.contact):
                desk.key = (agent.state, agent.contact)
                desk.plan += 1
                self._plan(user, desk, agent)

    def _plan(self, user: str, desk: Desk, agent: Agent) -> None:
        plans = PLANS.get(agent.state)
        for after_s, ask in plans(self, agent) if plans else ():
            due_at = time.monotonic() + after_s
            heapq.heappush(self._due, (due_at, next(self._order), user, desk.plan, ask))

    def _act(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, user, plan, ask = heapq.heappop(self._due)
            if plan == self._desks[user].plan:
                self._ask(ask)
                again_at = time.monotonic() + AGAIN_S
                heapq.heappush(self._due, (again_at, next(self._order), user, plan, ask))

    def _ask(self, ask: Ask) -> None:
        try:
            connection.close_if_unusable_or_obsolete()
            ask()
        except (psycopg.Error, DatabaseError) as error:
            log.warning("not saved, asked again later: %s", type(error).__name__)

    def _sign_in(self, agent: Agent) -> list[Plan]:
        return [(self._chance.uniform(0.2, 2.0), lambda: actions.sign_in(agent.id))]

    def _back_to_work(self, agent: Agent) -> list[Plan]:
        after_s = lognormal(self._chance, BREAK_S) if agent.reason else self._chance.uniform(0.2, 2.0)
        return [(after_s, lambda: actions.become_available(agent.id))]

    def _missed(self, agent: Agent) -> list[Plan]:
        return [(self._chance.uniform(3.0, 6.0), lambda: actions.become_available(agent.id))]

    def _talking(self, agent: Agent) -> list[Plan]:
        if self._chance.random() > HANGS_UP_AT_DESK:
            return []
        contact = agent.contact or ""
        return [(lognormal(self._chance, TALK_S), lambda: actions.hang_up(agent.id, contact))]

    def _wrap_up(self, agent: Agent) -> list[Plan]:
        after_s = lognormal(self._chance, WRAP_UP_S)
        contact, topic, disposition = self._words(agent)
        resolved = self._chance.random() < RESOLVED
        plans: list[Plan] = [
            (after_s, lambda: actions.wrap_up(agent.id, contact, topic, disposition, resolved)),
        ]
        if self._chance.random() < BREAK_AFTER:
            reason = one_of(self._chance, REASONS)
            plans.append((after_s / 2, lambda: actions.take_break(agent.id, reason)))
        return plans

    def _words(self, agent: Agent) -> tuple[str, str, str]:
        """Contact, topic and disposition of the wrap-up: mostly the topic that the caller chose."""
        agency, contact = self._state.agency, self._state.contacts.get(agent.contact or "")
        topics = sorted(agency.topics) if agency else []
        chosen = contact.topic if contact and contact.topic in topics and self._chance.random() < 0.9 else None
        dispositions = sorted(agency.dispositions) if agency else []
        return agent.contact or "", chosen or self._chance.choice(topics), self._chance.choice(dispositions)


PLANS: dict[AgentState, Callable[[Desks, Agent], list[Plan]]] = {
    AgentState.SIGNED_OUT: Desks._sign_in,
    AgentState.BREAK: Desks._back_to_work,
    AgentState.MISSED: Desks._missed,
    AgentState.TALKING: Desks._talking,
    AgentState.WRAP_UP: Desks._wrap_up,
}
