"""Promises for a time that somebody chose: which are given, and which are declined and why.

One decision is taken after another, so two people who ask for the last place of a slot at once cannot both get it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core import hours, slots
from civicline.core.agency import Agency, CallbackPolicy, Line, Queue, Topic
from civicline.core.callback import over_limit
from civicline.core.codes import code_of
from civicline.core.joining import Record
from civicline.core.lifecycle import DeclinedFor
from civicline.core.model import State

BY_ANOTHER = "changed"
"""Who cancelled a promise that was changed for another."""


def line_for(agency: Agency, topic: Topic) -> Line | None:
    """The published line that stands for a topic: the topic's own, else the first."""
    lines = agency.lines.values()
    return next((line for line in lines if line.topic == topic.id), next(iter(lines), None))


def _promise(state: State, request: requests.PromiseCallback, at: float, record: Record) -> None:
    agency = state.agency
    if agency is None or not request.caller or request.contact in state.contacts:
        return
    line = agency.lines.get(request.line)
    topic = agency.topics.get(request.topic or "")
    queue = agency.queues.get(topic.queue if topic else line.operator if line else "")
    why = why_not(state, agency, queue, request, at) if line and queue else DeclinedFor.NO_SLOT
    if why is not None or line is None or queue is None:
        record(facts.CallbackDeclined(at, request.contact, why or DeclinedFor.NO_SLOT))
        return
    if request.replaces:
        record(facts.CallbackCancelled(at, request.replaces, BY_ANOTHER))
    record(
        facts.CallbackPromised(
            at,
            request.contact,
            line=line.number,
            caller=request.caller,
            node=request.node,
            slot=request.slot,
            code=code_of(state, request.contact),
            queue=queue.id,
            skill=topic.skill if topic else "",
            priority=queue.priority,
            topic=topic.id if topic else None,
            language=request.language if request.language in agency.languages else None,
        )
    )


def why_not(
    state: State, agency: Agency, queue: Queue, request: requests.PromiseCallback, at: float
) -> DeclinedFor | None:
    """Why this time is not promised; None: it can be."""
    policy = queue.callback
    if policy is None or not _is_slot(agency, queue, policy, request.slot, at):
        return DeclinedFor.NO_SLOT
    replaced = state.contacts.get(request.replaces)
    if request.replaces and (replaced is None or replaced.caller != request.caller or not replaced.is_ahead):
        return DeclinedFor.GONE
    over = over_limit(state, request.caller, policy, at) if replaced is None else None
    if over is not None:
        return over
    return DeclinedFor.FULL if _is_full(state, queue, policy, request) else None


def _is_full(state: State, queue: Queue, policy: CallbackPolicy, request: requests.PromiseCallback) -> bool:
    """What is replaced gives its place back."""
    if policy.capacity is None:
        return False
    replaced = state.contacts.get(request.replaces)
    back = replaced is not None and (replaced.queue, replaced.slot) == (queue.id, request.slot)
    return state.derived.slots.get((queue.id, request.slot), 0) - back >= policy.capacity


def _is_slot(agency: Agency, queue: Queue, policy: CallbackPolicy, slot: float, at: float) -> bool:
    if policy.capacity is not None:
        return slot in slots.free(agency, queue, {}, at, slot, slot + 1)
    return at < slot <= at + slots.LONGEST_AHEAD_S and hours.is_open(agency, policy.hours or queue.calendar, slot)


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {requests.PromiseCallback: _promise}
