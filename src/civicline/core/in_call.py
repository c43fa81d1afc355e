"""What follows from requests of a talk: hold, passing on, a third party, another office.

A request that does not fit the state gives nothing, as everywhere (decide.py). A caller on hold is never let go of: if
the representative's phone leaves, they are back in line at their place, or go on with the third party. Nobody is left
alone with an office by a line that was lost, nor ever with one that only helps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import deadlines, facts, hours, indexes, requests, routing
from civicline.core.agency import Agency, Office, Queue
from civicline.core.derived import Bucket
from civicline.core.lifecycle import (
    CONSULT,
    AgentState,
    ConsultState,
    ContactState,
    Failure,
    HeldBy,
    HungUpBy,
    LegState,
    PassedOnFor,
)
from civicline.core.model import Agent, Contact, Leg, State
from civicline.core.next_state import Record, after_wrap_up, follow_next

OURS = frozenset({PassedOnFor.CONSULTED, PassedOnFor.PHONE_LEFT, PassedOnFor.OFFICE_MISSED})
"""Reasons that nobody gives."""


def _held_call(state: State, request: Any) -> Contact | None:
    """The contact, when it is this representative who has the call."""
    contact = state.contacts.get(request.contact)
    has = contact is not None and contact.state is ContactState.TALKING and contact.agent == request.agent
    return contact if has else None


# Hold


def _hold_caller(state: State, request: requests.HoldCaller, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is None or contact.hears_music:
        return
    if contact.consult is not None:
        record(facts.ConsultTurned(at, contact.id, ConsultState.ASIDE))
    else:
        record(facts.CallerHeld(at, contact.id, request.agent, HeldBy.DESK))


def _resume_caller(state: State, request: requests.ResumeCaller, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is None or not contact.hears_music:
        return
    if contact.consult is None:
        _end_hold(state, contact, at, record)
    elif contact.consult.state is ConsultState.ASIDE:
        record(facts.ConsultTurned(at, contact.id, ConsultState.WITH_CALLER))
    else:
        _take_back(state, contact, at, record)


def _end_hold(state: State, contact: Contact, at: float, record: Record) -> None:
    """Unless a phone holds: then the hold is its own, and ends there."""
    by = _phone_that_holds(state, contact)
    if by is None:
        record(facts.CallerResumed(at, contact.id, contact.agent or ""))
    elif contact.held_by is not by:
        record(facts.CallerHeld(at, contact.id, contact.agent or "", by))


def _heed_phones(state: State, contact: Contact, at: float, record: Record) -> None:
    """A hold by a phone's key while a third party was there, or by that party's own, has waited until now."""
    by = _phone_that_holds(state, contact)
    if by is not None and contact.held_at is None:
        record(facts.CallerHeld(at, contact.id, contact.agent or "", by))


def _phone_that_holds(state: State, contact: Contact) -> HeldBy | None:
    """The representative's before the caller's: with that one the caller would hear nothing."""
    for leg_id, by in ((contact.offer, HeldBy.PHONE), (contact.leg, HeldBy.CALLER)):
        leg = state.legs.get(leg_id or "")
        if leg is not None and leg.holds:
            return by
    return None


def _answered_leg(state: State, leg_id: str) -> Leg | None:
    leg = state.legs.get(leg_id)
    return leg if leg is not None and leg.state is LegState.ANSWERED else None


def _of_talk(state: State, leg: Leg) -> Contact | None:
    """The talk that this leg is in, as the caller's or the representative's, without a third party."""
    contact = state.contacts.get(leg.contact)
    talks = contact is not None and contact.state is ContactState.TALKING and contact.consult is None
    return contact if talks and contact and leg.id in (contact.leg, contact.offer) else None


def _phone_held(state: State, request: requests.PhoneHeld, at: float, record: Record) -> None:
    leg = _answered_leg(state, request.leg)
    if leg is None:
        return
    if not leg.holds:
        record(facts.LegHeld(at, leg.id))
    contact = _of_talk(state, leg)
    if contact is None:
        return
    by = HeldBy.CALLER if request.leg == contact.leg else HeldBy.PHONE
    if contact.held_at is None or (by is HeldBy.PHONE and contact.held_by is HeldBy.CALLER):
        record(facts.CallerHeld(at, contact.id, contact.agent or "", by))


def _phone_resumed(state: State, request: requests.PhoneResumed, at: float, record: Record) -> None:
    leg = _answered_leg(state, request.leg)
    if leg is None:
        return
    if leg.holds:
        record(facts.LegResumed(at, leg.id))
    contact = _of_talk(state, leg)
    if contact is not None and contact.held_by is (HeldBy.CALLER if leg.id == contact.leg else HeldBy.PHONE):
        _end_hold(state, contact, at, record)


# Blind transfer


def sent_to(agency: Agency, contact: Contact) -> tuple[Queue, str] | None:
    """The queue that a colleague passed the contact on to by name, while the pack has it: it outlasts the topic."""
    named = contact.passed_on.queue if contact.passed_on else ""
    return (agency.queues[named], contact.skill) if named in agency.queues else None


def _pass_on(state: State, request: requests.PassOn, at: float, record: Record) -> None:
    contact, agency = _held_call(state, request), state.agency
    if contact is None or agency is None or request.why in OURS:
        return
    topic = agency.topics.get(request.topic)
    colleague = _free(state, request.colleague, contact.agent) if request.colleague else None
    queue = agency.queues.get(topic.queue if topic else request.queue or (contact.queue or "" if colleague else ""))
    if queue is None or (request.colleague and colleague is None):
        return
    if colleague is None and not hours.is_open(agency, queue.calendar, at):
        return
    skill = topic.skill if topic else contact.skill if queue.id == contact.queue else ""
    end_consult(state, contact, HungUpBy.US, at, record)
    by_queue = topic is None and colleague is None
    chosen = topic.id if topic else None
    record(
        facts.ContactPassedOn(
            at, contact.id, request.agent, request.why, queue.id, skill, queue.priority, chosen, by_queue
        )
    )
    if colleague is not None:
        record(facts.OfferMade(at, contact.id, f"{contact.id}-{contact.offers + 1}", colleague.id))


def _free(state: State, agent_id: str, but: str | None = None) -> Agent | None:
    agent = state.agents.get(agent_id)
    return agent if agent is not None and agent_id != but and indexes.is_free(agent) else None


def _send_to_office(state: State, request: requests.SendToOffice, at: float, record: Record) -> None:
    contact, office = _held_call(state, request), _office(state.agency, request.office, request.need)
    if contact is None or office is None or office.helps:
        return
    end_consult(state, contact, HungUpBy.US, at, record)
    record(facts.ContactReferred(at, contact.id, request.agent, _next_leg(contact), request.office, request.need))


def _office(agency: Agency | None, office_id: str, need: str) -> Office | None:
    """The office, where it is there for that."""
    office = agency.offices.get(office_id) if agency else None
    return office if office is not None and (not need or need in office.needs) else None


def _next_leg(contact: Contact) -> str:
    return f"{contact.id}-p{contact.parties + 1}"


def refer_to(state: State, leg: Leg, user: str, at: float) -> requests.PassOn | requests.SendToOffice | None:
    """What a REFER (RFC 3515) from a representative's phone to `user` asks for: a colleague who is free, a queue, the
    operator of a line, or an office (what for is not said then). None: nobody to whom calls may be passed on."""
    contact, agency = state.contacts.get(leg.contact), state.agency
    if contact is None or agency is None or contact.offer != leg.id or contact.state is not ContactState.TALKING:
        return None
    agent, why = leg.agent or "", PassedOnFor.OTHER
    queue = agency.queues.get(agency.lines[user].operator if user in agency.lines else user)
    if queue is not None:
        is_open = hours.is_open(agency, queue.calendar, at)
        return requests.PassOn(agent, contact.id, why, queue=queue.id) if is_open else None
    if _free(state, user, agent) is not None:
        return requests.PassOn(agent, contact.id, why, colleague=user)
    office = next((each for each in agency.offices.values() if user in (each.id, each.number)), None)
    return requests.SendToOffice(agent, contact.id, office.id, "") if office is not None and not office.helps else None


# Consult


def _begin_consult(state: State, request: requests.Consult, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is None or contact.consult is not None:
        return
    leg = _next_leg(contact)
    if request.office:
        office = _office(state.agency, request.office, request.need)
        if office is not None:
            how = office.helps, office.recorded
            record(facts.ConsultBegun(at, contact.id, request.agent, leg, None, office.id, request.need, *how))
        return
    wanted = request.colleague or _next_of(state, contact, request.queue)
    colleague = _free(state, wanted, contact.agent)
    if colleague is not None:
        record(facts.ConsultBegun(at, contact.id, request.agent, leg, colleague.id))


def _next_of(state: State, contact: Contact, queue_id: str) -> str:
    """Who of that queue would be offered this contact now. Nobody who waits is passed over: nobody free stands beside
    somebody waiting whom they may take."""
    agency = state.agency
    queue = agency.queues.get(queue_id) if agency else None
    if agency is None or queue is None:
        return ""
    skill = contact.skill if queue_id == contact.queue else ""
    bucket = Bucket(queue_id, skill, indexes.language_of(state, contact), queue.priority, 0)
    best = routing.best_agent(state, agency, bucket)
    return best.id if best else ""


def _turn_consult(state: State, request: requests.TurnConsult, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is not None and contact.consult and (contact.consult.state, request.to.value) in CONSULT:
        record(facts.ConsultTurned(at, contact.id, request.to))


def _complete_consult(state: State, request: requests.CompleteConsult, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is not None:
        _complete(state, contact, at, record)


def _complete(state: State, contact: Contact, at: float, record: Record) -> bool:
    """Leave the caller with the third party; False when there is none who could take over. An office may still ring."""
    consult, agent = contact.consult, contact.agent or ""
    if consult is None or consult.helps or (consult.state is ConsultState.RINGING and consult.office is None):
        return False
    if consult.office is not None:
        record(facts.ContactReferred(at, contact.id, agent, consult.leg, consult.office, consult.need))
    else:
        record(facts.ConsultCompleted(at, contact.id, agent, consult.colleague or "", consult.leg))
        _heed_phones(state, contact, at, record)
    return True


def _drop_consult(state: State, request: requests.DropConsult, at: float, record: Record) -> None:
    contact = _held_call(state, request)
    if contact is not None and contact.consult is not None:
        _take_back(state, contact, at, record)


def _take_back(state: State, contact: Contact, at: float, record: Record) -> None:
    end_consult(state, contact, HungUpBy.AGENT, at, record)
    if contact.held_at is not None:
        _end_hold(state, contact, at, record)
    else:
        _heed_phones(state, contact, at, record)


def end_consult(state: State, contact: Contact, by: HungUpBy, at: float, record: Record) -> None:
    """Let the third party go, if there is one."""
    consult = contact.consult
    if consult is not None:
        record(facts.ConsultEnded(at, contact.id, consult.leg, by, consult.colleague))
        _rest(state, consult.colleague, at, record)


def _miss_consult(state: State, contact: Contact, failure: Failure, at: float, record: Record) -> None:
    consult = contact.consult
    if consult is not None:
        record(facts.ConsultMissed(at, contact.id, consult.leg, failure, consult.colleague))
        _rest(state, consult.colleague, at, record)


def _rest(state: State, colleague: str | None, at: float, record: Record) -> None:
    if colleague is not None:
        follow_next(state, colleague, at, record)


# What legs do


def picked_up(state: State, leg: Leg, at: float, record: Record) -> None:
    contact = state.contacts.get(leg.contact)
    if contact is None:
        return
    if contact.consult is not None and contact.consult.leg == leg.id:
        record(facts.ConsultAnswered(at, contact.id, leg.id, contact.consult.colleague))
    elif contact.state is ContactState.OUTSIDE and contact.referrals[-1].leg == leg.id:
        record(facts.OfficeAnswered(at, contact.id, leg.id))


def leg_over(
    state: State, contact: Contact, leg_id: str, failure: Failure, by: HungUpBy, at: float, record: Record
) -> bool:
    """What an ended leg means to a talk with hold, third party or office. False: `decide` goes on with it."""
    if contact.state is ContactState.OUTSIDE:
        return _outside_over(state, contact, leg_id, failure, by, at, record)
    if contact.state is not ContactState.TALKING:
        return False
    if contact.consult is not None and leg_id == contact.consult.leg:
        _third_over(state, contact, failure, by, at, record)
        return True
    if leg_id == contact.offer:
        return _holder_over(state, contact, by, at, record)
    if leg_id == contact.leg:
        end_consult(state, contact, HungUpBy.US, at, record)
    return False


def _third_over(state: State, contact: Contact, failure: Failure, by: HungUpBy, at: float, record: Record) -> None:
    assert contact.consult is not None
    if contact.consult.state is ConsultState.RINGING:
        _miss_consult(state, contact, failure, at, record)
    else:
        end_consult(state, contact, by, at, record)
        _heed_phones(state, contact, at, record)


def _holder_over(state: State, contact: Contact, by: HungUpBy, at: float, record: Record) -> bool:
    """The representative's phone is gone: the third party goes on, and a caller on hold is back at their place. So is
    one with whom an office is, if the line was lost (that is no hand-over) or the office only rings."""
    consult = contact.consult
    with_office = consult is not None and consult.office is not None
    lost = with_office and by is HungUpBy.LOST
    rings = with_office and consult is not None and consult.state is ConsultState.RINGING
    if not (lost or rings) and _complete(state, contact, at, record):
        return True
    end_consult(state, contact, HungUpBy.US, at, record)
    if not (lost or contact.hears_music) or contact.queue is None:
        return False
    why = PassedOnFor.PHONE_LEFT
    record(
        facts.ContactPassedOn(at, contact.id, contact.agent or "", why, contact.queue, contact.skill, contact.priority)
    )
    return True


def _outside_over(
    state: State, contact: Contact, leg_id: str, failure: Failure, by: HungUpBy, at: float, record: Record
) -> bool:
    """A line to the office that is lost after its answer sends the caller back like one that was not answered, while
    there is somebody to wait for: they may have talked there until after closing time."""
    referral = contact.referrals[-1]
    answered = referral.answered_at is not None
    lost = answered and by is HungUpBy.LOST and _is_open(state, contact.queue, at)
    if leg_id == contact.leg or (leg_id == referral.leg and answered and not lost):
        record(facts.ReferralEnded(at, contact.id, by))
    elif leg_id == referral.leg:
        record(facts.OfficeMissed(at, contact.id, leg_id, Failure.UNREACHABLE if lost else failure))
    return True


def _is_open(state: State, queue_id: str | None, at: float) -> bool:
    agency = state.agency
    queue = agency.queues.get(queue_id or "") if agency else None
    return agency is not None and queue is not None and hours.is_open(agency, queue.calendar, at)


# Time, and the word of those who passed on


def _party_due(state: State, key: str, at: float, record: Record) -> None:
    contact = state.contacts[key]
    if contact.consult is not None:
        _miss_consult(state, contact, Failure.NO_ANSWER, at, record)
    else:
        record(facts.OfficeMissed(at, key, contact.referrals[-1].leg, Failure.NO_ANSWER))


def _segment_due(state: State, key: str, at: float, record: Record) -> None:
    record(facts.SegmentWrapUpRanOut(at, state.agents[key].contact or "", key))
    after_wrap_up(state, key, at, record, default="break", reason="wrap-up ran out")


DUE: dict[str, Callable[[State, str, float, Record], None]] = {
    deadlines.PARTY: _party_due,
    deadlines.SEGMENT: _segment_due,
}


def wrap_segment(state: State, request: requests.WrapUp, at: float, record: Record) -> bool:
    """The word of somebody who passed the contact on. False: it is not about that."""
    agent, contact, agency = state.agents.get(request.agent), state.contacts.get(request.contact), state.agency
    writes = agent is not None and agent.state is AgentState.WRAP_UP and agent.contact == request.contact
    if contact is None or not writes or contact.agent == request.agent:
        return False
    if agency is not None and request.topic in agency.topics and request.disposition in agency.dispositions:
        record(
            facts.SegmentWrapped(at, contact.id, request.agent, request.topic, request.disposition, request.resolved)
        )
        after_wrap_up(state, request.agent, at, record, default="available")
    return True


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.HoldCaller: _hold_caller,
    requests.ResumeCaller: _resume_caller,
    requests.PhoneHeld: _phone_held,
    requests.PhoneResumed: _phone_resumed,
    requests.PassOn: _pass_on,
    requests.SendToOffice: _send_to_office,
    requests.Consult: _begin_consult,
    requests.TurnConsult: _turn_consult,
    requests.CompleteConsult: _complete_consult,
    requests.DropConsult: _drop_consult,
}
