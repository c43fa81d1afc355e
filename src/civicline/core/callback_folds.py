"""How the facts of promises are folded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import deadlines, indexes, pace_folds
from civicline.core.indexes import numbers_of
from civicline.core.lifecycle import ContactState, HungUpBy, LegState, LifecycleError, PromiseEnd, Unreached
from civicline.core.model import CALLBACK, PROMISED_S, Contact, Leg, Promise, State
from civicline.core.moves import close, end_leg_of, move_contact, next_state

NODE_KNOWN_S = 3600.0
"""A node that took no call for so long may no longer be there."""
OLD, NEW = 3.0, 1.0
"""Weights of what a lead was before and of the one that is learned."""


def _promise(contact: Contact) -> Promise:
    if contact.promise is None:
        raise LifecycleError(f"nobody promised contact {contact.id} anything")
    return contact.promise


def _hold_offered(state: State, fact: facts.HoldOffered) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "HoldOffered")
    contact.hold_offered_at, contact.hold_here, contact.hold_times = fact.at, fact.here, fact.times


def _hold_taken(state: State, fact: facts.HoldTaken) -> None:
    contact = state.contacts[fact.contact]
    pace_folds.waited(state, contact, fact.at, left=False)
    contact.promise = Promise(fact.code, made_at=fact.at, next_at=fact.at, number=fact.number)
    leave_questions(contact)
    move_contact(state, contact, "HoldTaken")
    note_promise(state, contact, fact.at)
    deadlines.note(state, deadlines.CALLBACK, contact.id)


def leave_questions(contact: Contact) -> None:
    """Neither a number nor a time is asked for any more."""
    contact.number_step = contact.times = None


def _hold_said(state: State, fact: facts.HoldSaid) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "HoldSaid")
    end_leg_of(state, contact.leg)


def _callback_promised(state: State, fact: facts.CallbackPromised) -> None:
    state.contacts[fact.contact] = Contact(
        id=fact.contact,
        channel=CALLBACK,
        line=fact.line,
        caller=fact.caller,
        leg="",
        node=fact.node,
        arrived_at=fact.at,
        state=ContactState.KEPT,
        language=fact.language,
        topic=fact.topic,
        queue=fact.queue,
        skill=fact.skill,
        priority=fact.priority,
        may_ring=True,
        for_agent=fact.for_agent or None,
        promise=Promise(fact.code, made_at=fact.at, next_at=fact.slot, slot=fact.slot),
    )
    contact = state.contacts[fact.contact]
    if fact.follows in state.contacts:
        state.contacts[fact.follows].promised_to = contact.id
    indexes.enter(state, contact)
    note_promise(state, contact, fact.at)
    deadlines.note(state, deadlines.CALLBACK, fact.contact)


def note_promise(state: State, contact: Contact, at: float) -> None:
    for number in numbers_of(contact):
        state.promised.append((at, number))
        indexes.count(state.derived.promised, number, 1)
    while state.promised and state.promised[0][0] < at - PROMISED_S:
        indexes.count(state.derived.promised, state.promised.popleft()[1], -1)


def forget_promise(state: State, contact: Contact) -> None:
    """It was given up before its time: the number may be promised another."""
    for number in numbers_of(contact):
        given = (_promise(contact).made_at, number)
        if given in state.promised:
            state.promised.remove(given)
            indexes.count(state.derived.promised, number, -1)


def _callback_ready(state: State, fact: facts.CallbackReady) -> None:
    contact = state.contacts[fact.contact]
    promise = _promise(contact)
    indexes.leave(state, contact)
    contact.state = next_state(contact, "CallbackReady")
    if contact.place is None and promise.slot is not None:
        state.joined += 1
        contact.place, contact.queued_at = (promise.slot, state.joined), promise.slot
    promise.ready = True
    contact.for_agent_since = fact.at if contact.for_agent is not None else None
    indexes.enter(state, contact)
    deadlines.note(state, deadlines.CALLBACK, contact.id)
    deadlines.note(state, deadlines.SAME_AGENT, contact.id)


def _callback_due(state: State, fact: facts.CallbackDue) -> None:
    contact = state.contacts[fact.contact]
    promise = _promise(contact)
    move_contact(state, contact, "CallbackDue")
    promise.ready, promise.attempts, promise.rung_at = False, fact.attempt, fact.at
    contact.leg = fact.leg
    state.legs[fact.leg] = Leg(fact.leg, contact.id, contact.node, attempt=fact.attempt)
    deadlines.note(state, deadlines.CALLBACK, contact.id)


def _person_reached(state: State, fact: facts.PersonReached) -> None:
    contact = state.contacts[fact.contact]
    promise = _promise(contact)
    promise.reached_at = fact.at
    _learn_lead(state, contact.queue or "", fact.at - (promise.rung_at or fact.at))
    contact.position = contact.told_at = contact.wait = None
    contact.for_agent_since = fact.at if contact.for_agent is not None else None
    move_contact(state, contact, "PersonReached")


def _learn_lead(state: State, queue: str, lead_s: float) -> None:
    before = state.leads.get(queue)
    state.leads[queue] = lead_s if before is None else (OLD * before + NEW * lead_s) / (OLD + NEW)


def _attempt_failed(state: State, fact: facts.AttemptFailed) -> None:
    contact = state.contacts[fact.contact]
    promise = _promise(contact)
    promise.failed.append(fact.why)
    promise.next_at = fact.next_at
    contact.for_agent_since = None
    if contact.channel == CALLBACK and promise.reached_at is None:
        contact.notice_at = None  # it was played to what answered, and no person has shown to be there
    move_contact(state, contact, "AttemptFailed")
    leg = state.legs.get(fact.leg)
    if leg is not None and leg.state is LegState.NEW and fact.why is Unreached.NO_ANSWER:
        contact.node = _another(state, leg.node, fact.at)
    end_leg_of(state, fact.leg)
    deadlines.note(state, deadlines.CALLBACK, contact.id)


def _another(state: State, silent: str, now: float) -> str:
    """The node that took the last call, of late, besides one by which nothing rang and which may be gone for good."""
    others = ((at, node) for node, at in state.nodes.items() if node != silent and at > now - NODE_KNOWN_S)
    return max(others, default=(0.0, silent))[1]


def _callback_missed(state: State, fact: facts.CallbackMissed) -> None:
    _end(state, fact, PromiseEnd.MISSED, HungUpBy.US)


def _callback_cancelled(state: State, fact: facts.CallbackCancelled) -> None:
    _end(state, fact, PromiseEnd.CANCELLED, HungUpBy.CALLER)


def _callback_overtaken(state: State, fact: facts.CallbackOvertaken) -> None:
    _end(state, fact, PromiseEnd.OVERTAKEN, HungUpBy.CALLER)


def _end(state: State, fact: Any, end: PromiseEnd, by: HungUpBy) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, type(fact).__name__)
    _promise(contact).end, contact.ended_by = end, by
    close(state, contact, fact.at)


def _declined(state: State, fact: facts.CallbackDeclined) -> None:
    """Nothing comes of it."""


def _place_restored(state: State, fact: facts.PlaceRestored) -> None:
    contact, lost = state.contacts[fact.contact], state.contacts[fact.lost]
    move_contact(state, contact, "PlaceRestored")
    contact.place, contact.restored_from = lost.place, lost.id
    if fact.for_agent:
        contact.for_agent, contact.for_agent_since = fact.for_agent, fact.at
    lost.restored_to = contact.id
    indexes.note_lost(state, lost)


def _opened_to_anybody(state: State, fact: facts.OpenedToAnybody) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "OpenedToAnybody")
    indexes.leave(state, contact)
    contact.for_agent = contact.for_agent_since = None
    indexes.enter(state, contact)


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.HoldOffered: _hold_offered,
    facts.HoldTaken: _hold_taken,
    facts.HoldSaid: _hold_said,
    facts.CallbackPromised: _callback_promised,
    facts.CallbackReady: _callback_ready,
    facts.CallbackDue: _callback_due,
    facts.PersonReached: _person_reached,
    facts.AttemptFailed: _attempt_failed,
    facts.CallbackMissed: _callback_missed,
    facts.CallbackCancelled: _callback_cancelled,
    facts.CallbackOvertaken: _callback_overtaken,
    facts.CallbackDeclined: _declined,
    facts.PlaceRestored: _place_restored,
    facts.OpenedToAnybody: _opened_to_anybody,
}
