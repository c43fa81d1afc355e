"""The engine's state and where in the journal it stands."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from civicline.core import VERSION, decide, indexes, kinds
from civicline.core.codec import decode, encode
from civicline.core.evolve import evolve
from civicline.core.facts import Fact
from civicline.core.model import State
from civicline.journal import read, snapshot
from civicline.journal.event import Draft, Event

READ_AT_ONCE = 2000


SET_ASIDE = "request_set_aside"
"""Kind of the journal's note that a request could not be decided. It changes no state."""


class UndecidableError(Exception):
    """The rules failed on a request: a fault in them, or a body that nobody should have appended."""

    def __init__(self, position: int, kind: str) -> None:
        super().__init__(f"the request {kind} at position {position} cannot be decided")
        self.position = position


@dataclass
class Folded:
    """`position`: the last row looked at; `handled`: the last request decided; `stored`: the last fact held."""

    state: State = field(default_factory=State)
    position: int = 0
    handled: int = 0
    stored: int = 0


def recover(conn: psycopg.Connection[Any]) -> tuple[Folded, list[Event]]:
    """Fold the journal from the latest snapshot; give the state and the requests nobody has answered yet.

    Only facts are folded, so a changed rule never rewrites the past. A request counts as answered when a fact's cause
    is at or after it: one that gave no facts left the state as it was, so deciding it again gives none again.
    """
    folded = _from_snapshot(conn)
    covered, unanswered = folded.stored, list[Event]()
    folded.position = folded.handled
    while events := read.read(conn, folded.position, READ_AT_ONCE):
        for event in events:
            _take(folded, event, covered, unanswered)
        unanswered = [event for event in unanswered if event.position > folded.handled]
    return folded, unanswered


def _from_snapshot(conn: psycopg.Connection[Any]) -> Folded:
    saved = snapshot.latest(conn, VERSION)
    if saved is None:
        return Folded()
    position, body = saved
    return Folded(indexes.rebuild(decode(State, body["state"])), position, int(body["handled"]), stored=position)


def _take(folded: Folded, event: Event, covered: int, unanswered: list[Event]) -> None:
    """One row of recovery: facts up to `covered` are in the snapshot already."""
    folded.position = event.position
    if event.kind.startswith(kinds.REQUEST):
        unanswered.append(event)
    elif event.position > covered:
        folded.handled = max(folded.handled, event.cause or 0)
        fact = kinds.fact(event.kind, event.body)
        if fact is not None:
            evolve(folded.state, fact)
            folded.stored = event.position


def save(conn: psycopg.Connection[Any], folded: Folded) -> None:
    """Save the state at the last fact it holds. Requests before it may still be unanswered: `handled` tells them."""
    snapshot.save(conn, folded.stored, VERSION, {"state": encode(folded.state), "handled": folded.handled})


def decide_all(folded: Folded, events: Iterable[Event], undecidable: Container[int] = ()) -> list[Draft]:
    """Decide the requests among the events, in order; the drafts are the facts that are to be stored.

    Raises UndecidableError at a request that the rules fail on: the state is then not to be used any more. A request at
    a position in `undecidable` is set aside, and the journal says so.
    """
    drafts: list[Draft] = []
    for event in events:
        folded.position = max(folded.position, event.position)
        if not event.kind.startswith(kinds.REQUEST) or event.position <= folded.handled:
            continue
        folded.handled = event.position
        if event.position in undecidable:
            drafts.append(Draft(SET_ASIDE, {"kind": event.kind}, cause=event.position))
        else:
            drafts += _decide(folded.state, event)
    return drafts


def _decide(state: State, event: Event) -> list[Draft]:
    try:
        request = kinds.request(event.kind, event.body)
        facts = [] if request is None else decide.react(state, request, event.at)
    except Exception as error:
        raise UndecidableError(event.position, event.kind) from error
    return [_draft(fact, event.position) for fact in facts]


def pass_time(folded: Folded, now: float) -> list[Draft]:
    """The facts that follow from time alone."""
    return [_draft(fact, folded.handled) for fact in decide.react(folded.state, None, now)]


def _draft(fact: Fact, cause: int) -> Draft:
    kind, body = kinds.to_body(fact)
    return Draft(kind, body, cause=cause)
