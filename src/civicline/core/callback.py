"""Promises to ring somebody: who is offered one, what keys and silence lead to, and how attempts end.

The contact that waited keeps its place and stays in the line (docs/explanation/places.md); `releasing.py` says when it
is rung. Every attempt is counted before its INVITE leaves, and none follows before the last one's leg is over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core import deadlines, hours, same_agent, slots, wait
from civicline.core.agency import Agency, CallbackPolicy
from civicline.core.codes import code_of
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState, DeclinedFor, Failure, HungUpBy, LegState, Unreached
from civicline.core.model import PROMISED_S, Contact, Leg, State


def expected_wait_s(state: State, contact: Contact, now: float) -> float:
    """How long who waits will wait; infinite where nobody is known to come who may take it."""
    found = wait.estimate_s(state, contact, now)
    return math.inf if found is None else found


def _policy(agency: Agency, contact: Contact) -> CallbackPolicy | None:
    queue = agency.queues.get(contact.queue or "")
    return queue.callback if queue is not None else None


def offer(state: State, contact: Contact, at: float, record: Record) -> None:
    """Say that the place can be kept, once, to whoever would wait long enough."""
    policy = policy_here(state, contact, at)
    if policy is None or contact.hold_offered_at is not None or contact.state is not ContactState.WAITING:
        return
    here = why_not(state, contact, policy, at) is None
    if (here or policy.other_numbers) and expected_wait_s(state, contact, at) >= policy.offer_after_s:
        times = here and policy.choose_time and bool(slots.soon(state, contact.queue or "", at))
        record(facts.HoldOffered(at, contact.id, here, times))


def waiting_first(state: State, contact_id: str) -> Contact | None:
    """The contact while it waits in line for the first time."""
    contact = state.contacts.get(contact_id)
    return contact if contact is not None and contact.is_in_first_line else None


def policy_here(state: State, contact: Contact, at: float) -> CallbackPolicy | None:
    """Of whoever waits for the first time, in a queue that rings people at this hour."""
    agency = state.agency
    if agency is None or contact.promise is not None or not contact.is_in_first_line:
        return None
    return _policy(agency, contact) if may_ring_now(agency, contact, at) else None


def why_not(state: State, contact: Contact, policy: CallbackPolicy, at: float, number: str = "") -> DeclinedFor | None:
    """Why no call to `number`, or to the contact's own, is promised; None: it is. The limits hold for both numbers."""
    if not number and not contact.may_ring:
        return DeclinedFor.NO_NUMBER
    whys = (over_limit(state, each, policy, at) for each in (number, contact.caller) if each)
    return next((why for why in whys if why is not None), None)


def over_limit(state: State, caller: str, policy: CallbackPolicy, at: float) -> DeclinedFor | None:
    """One promise at a time and so many a day for one number, so that nobody can have others rung on and on."""
    if state.derived.promises.get(caller):
        return DeclinedFor.NUMBER_HAS_ONE
    return None if _has_day_left(state, caller, policy, at) else DeclinedFor.DAY_IS_FULL


def _has_day_left(state: State, caller: str, policy: CallbackPolicy, at: float) -> bool:
    if state.derived.promised.get(caller, 0) < policy.limit_a_day:
        return True
    today = sum(given > at - PROMISED_S for given, to in state.promised if to == caller)
    return today < policy.limit_a_day


def may_ring_now(agency: Agency, contact: Contact, at: float) -> bool:
    """Whether people of this queue are rung at this hour. Without a policy (a new pack dropped it) what was promised is
    kept, by the hours of the queue; without a queue nobody is rung."""
    queue = agency.queues.get(contact.queue or "")
    if queue is None:
        return False
    calendar = queue.callback.hours if queue.callback is not None and queue.callback.hours else queue.calendar
    return hours.is_open(agency, calendar, at)


def _take_hold(state: State, request: requests.TakeHold, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact is not None and contact.state is ContactState.WAITING and contact.hold_offered_at is not None:
        take(state, contact, at, record)


def take(state: State, contact: Contact, at: float, record: Record, number: str = "") -> DeclinedFor | None:
    """Keep the place, or say why not."""
    policy = policy_here(state, contact, at)
    why = why_not(state, contact, policy, at, number) if policy is not None else DeclinedFor.NO_SLOT
    if why is None:
        record(facts.HoldTaken(at, contact.id, code_of(state, contact.id), number))
    return why


def _played_hold(state: State, request: requests.PlayedHold, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    leg = state.legs.get(contact.leg) if contact is not None else None
    if contact is None or contact.state is not ContactState.KEPT or leg is None or leg.state is LegState.ENDING:
        return
    record(facts.HoldSaid(at, contact.id))


def rung(state: State, contact_id: str) -> tuple[Contact, Leg] | None:
    """Whom we ring, once somebody or something has answered."""
    contact = state.contacts.get(contact_id)
    leg = state.legs.get(contact.leg) if contact is not None else None
    if contact is None or contact.state is not ContactState.RINGING_BACK or leg is None:
        return None
    return (contact, leg) if leg.answered_at is not None else None


def _reach_person(state: State, request: requests.ReachPerson, at: float, record: Record) -> None:
    """Nobody comes to a representative without having heard the notice."""
    found = rung(state, request.contact)
    if found is not None and found[0].notice_at is not None:
        record(facts.PersonReached(at, request.contact, found[1].id))
        same_agent.join(state, found[0], at, record)


def _nobody_pressed(state: State, request: requests.NobodyPressed, at: float, record: Record) -> None:
    found = rung(state, request.contact)
    if found is not None:
        _fail(state, found[0], Unreached.NOT_PRESSED, at, record)


def _cancel(state: State, request: requests.CancelCallback, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact is not None and contact.state in (ContactState.KEPT, ContactState.RINGING_BACK):
        record(facts.CallbackCancelled(at, contact.id, request.by))


def _fail(state: State, contact: Contact, why: Unreached, at: float, record: Record) -> None:
    promise, agency = contact.promise, state.agency
    assert promise is not None
    policy = (_policy(agency, contact) if agency else None) or deadlines.LAST_POLICY
    record(facts.AttemptFailed(at, contact.id, contact.leg, why, at + policy.gap_s))
    if promise.attempts >= policy.attempts:
        record(facts.CallbackMissed(at, contact.id))


def leg_over(state: State, leg: Leg, failure: Failure, by: HungUpBy, at: float, record: Record) -> bool:
    """Call it when the leg is over. False: it was no attempt that is under way."""
    contact = state.contacts.get(leg.contact)
    if contact is None or contact.state is not ContactState.RINGING_BACK or contact.leg != leg.id:
        return False
    if leg.answered_at is None:
        why = Unreached(failure.value)
    else:
        why = Unreached.HUNG_UP if by is HungUpBy.CALLER else Unreached.LOST
    _fail(state, contact, why, at, record)
    return True


def _due(state: State, contact_id: str, at: float, record: Record) -> None:
    contact = state.contacts[contact_id]
    assert contact.promise is not None
    leg = state.legs.get(contact.leg)
    if contact.state is ContactState.RINGING_BACK:
        answered = leg is not None and leg.answered_at is not None
        _fail(state, contact, Unreached.NOT_PRESSED if answered else Unreached.NO_ANSWER, at, record)
    elif leg is not None:
        record(facts.HoldSaid(at, contact_id))
    elif contact.promise.ready:
        record(facts.CallbackMissed(at, contact_id))
    else:
        record(facts.CallbackReady(at, contact_id))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.TakeHold: _take_hold,
    requests.PlayedHold: _played_hold,
    requests.ReachPerson: _reach_person,
    requests.NobodyPressed: _nobody_pressed,
    requests.CancelCallback: _cancel,
}
DUE: dict[str, Callable[[State, str, float, Record], None]] = {deadlines.CALLBACK: _due}
