"""How the facts of a talk are folded: hold, passing on, a third party, another office.

docs/explanation/in-the-call.md has the states in one table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import consent, deadlines, facts, pace_folds
from civicline.core.lifecycle import CONSULT, AgentState, ConsultState, HeldBy, LifecycleError, PassedOnFor
from civicline.core.model import Consult, Contact, Leg, PassedOn, Referral, Segment, State
from civicline.core.moves import close, end_leg_of, move_agent, move_contact, move_leg

# Who has the call, and for how long on hold


def take(contact: Contact, agent: str, leg: str, at: float) -> None:
    """A representative has the call from here on, and the last word on it."""
    _forget_word(contact)
    contact.agent, contact.offer, contact.taken_at, contact.talk_ended_at = agent, leg, at, None
    contact.connected_at = at if contact.connected_at is None else contact.connected_at
    contact.for_agent = contact.for_agent_since = None
    if contact.promise is not None:
        contact.promise.met = contact.promise.reached_at is not None
    contact.segments.append(Segment(agent, leg, contact.queue, at))


def _forget_word(contact: Contact) -> None:
    contact.wrapped_at = contact.final_topic = contact.disposition = contact.resolved = None


def release(contact: Contact, at: float) -> None:
    """The representative no longer has the call: nobody is on hold, and no pause of the recording outlasts it."""
    _resume(contact, at)
    consent.end_pause(contact)
    holder = contact.holder
    if holder is not None:
        holder.ended_at = at


def finish_wrap_up(state: State, agent_id: str, at: float) -> None:
    agent = state.agents[agent_id]
    contact = state.contacts.get(agent.contact or "")
    if contact is not None:
        _end_wrap_up(state, contact, agent_id, at)
    agent.contact, agent.idle_since = None, at


def _end_wrap_up(state: State, contact: Contact, agent_id: str, at: float) -> None:
    for each in contact.segments:
        if each.agent == agent_id and not each.beside and each.wrapped_up_at is None:
            each.wrapped_up_at = at
            pace_folds.handled(state, contact, each)


def _hold(contact: Contact, by: HeldBy, at: float) -> None:
    if contact.held_at is None:
        contact.held_at, contact.holds = at, contact.holds + 1
    contact.held_by = by


def _resume(contact: Contact, at: float) -> None:
    holder = contact.holder
    if contact.held_at is not None and holder is not None:
        holder.hold_s += at - contact.held_at
    contact.held_at = contact.held_by = None


def _leg_held(state: State, fact: facts.LegHeld) -> None:
    leg = state.legs[fact.leg]
    move_leg(leg, "LegHeld")
    leg.holds = True


def _leg_resumed(state: State, fact: facts.LegResumed) -> None:
    leg = state.legs[fact.leg]
    move_leg(leg, "LegResumed")
    leg.holds = False


def _caller_held(state: State, fact: facts.CallerHeld) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "CallerHeld")
    _hold(contact, fact.by, fact.at)


def _caller_resumed(state: State, fact: facts.CallerResumed) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "CallerResumed")
    _resume(contact, fact.at)


# Passing on, and another office


def _leave(state: State, contact: Contact, name: str, at: float) -> None:
    """The representative leaves the call and writes about it; the caller stays."""
    release(contact, at)
    end_leg_of(state, contact.offer)
    move_agent(state, contact.agent or "", name, at)
    deadlines.note(state, deadlines.SEGMENT, contact.agent or "")
    contact.talk_ended_at = at
    contact.agent = contact.offer = contact.taken_at = None


def _named(contact: Contact) -> str:
    """The queue that a colleague named: it holds until somebody chooses another topic or queue."""
    return contact.passed_on.queue if contact.passed_on else ""


def _contact_passed_on(state: State, fact: facts.ContactPassedOn) -> None:
    contact = state.contacts[fact.contact]
    named = "" if fact.topic is not None else _named(contact)
    contact.passed_on = PassedOn(fact.agent, fact.why, fact.at, fact.queue if fact.by_queue else named)
    contact.times_passed_on += 1
    contact.topic = contact.topic if fact.topic is None else fact.topic
    if contact.queue != fact.queue:
        contact.queued_at, contact.step = fact.at, 0
    contact.queue, contact.skill, contact.priority = fact.queue, fact.skill, fact.priority
    contact.position = contact.told_at = contact.wait = None
    _leave(state, contact, "ContactPassedOn", fact.at)
    move_contact(state, contact, "ContactPassedOn")


def _contact_referred(state: State, fact: facts.ContactReferred) -> None:
    contact = state.contacts[fact.contact]
    consult, contact.consult = contact.consult, None
    referral = Referral(fact.leg, fact.office, fact.need, fact.agent, fact.at)
    if consult is not None:
        referral.answered_at = None if consult.state is ConsultState.RINGING else fact.at
    else:
        contact.parties += 1
        state.legs[fact.leg] = Leg(fact.leg, contact.id, contact.node, office=fact.office)
    contact.referrals.append(referral)
    _leave(state, contact, "ContactReferred", fact.at)
    move_contact(state, contact, "ContactReferred")
    deadlines.note(state, deadlines.PARTY, contact.id)


def _office_answered(state: State, fact: facts.OfficeAnswered) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "OfficeAnswered")
    contact.referrals[-1].answered_at = fact.at


def _office_missed(state: State, fact: facts.OfficeMissed) -> None:
    contact = state.contacts[fact.contact]
    referral = contact.referrals[-1]
    referral.ended_at = fact.at
    contact.passed_on = PassedOn(referral.agent, PassedOnFor.OFFICE_MISSED, fact.at, _named(contact))
    contact.times_passed_on += 1
    contact.position = contact.told_at = contact.wait = None
    _forget_word(contact)
    end_leg_of(state, fact.leg)
    move_contact(state, contact, "OfficeMissed")


def _referral_ended(state: State, fact: facts.ReferralEnded) -> None:
    contact = state.contacts[fact.contact]
    contact.referrals[-1].ended_at, contact.ended_by = fact.at, fact.by
    end_leg_of(state, contact.referrals[-1].leg)
    move_contact(state, contact, "ReferralEnded")
    close(state, contact, fact.at)


# A third party


def _consult(contact: Contact) -> Consult:
    if contact.consult is None:
        raise LifecycleError(f"contact {contact.id} has no third party")
    return contact.consult


def _turn(contact: Contact, to: ConsultState, name: str, at: float) -> None:
    """Who hears whom follows from the consult's state; only while the two are aside is the caller on hold."""
    consult = _consult(contact)
    after = CONSULT.get((consult.state, name))
    if after is not to:
        raise LifecycleError(f"the third party of {contact.id} is {consult.state}: {name} cannot follow")
    consult.state = after
    if after is ConsultState.ASIDE:
        _hold(contact, HeldBy.DESK, at)
    else:
        _resume(contact, at)


def _consult_begun(state: State, fact: facts.ConsultBegun) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "ConsultBegun")
    contact.parties += 1
    contact.consult = Consult(
        fact.leg, fact.at, fact.colleague, fact.office, fact.need, helps=fact.helps, recorded=fact.recorded
    )
    state.legs[fact.leg] = Leg(fact.leg, contact.id, contact.node, fact.colleague, office=fact.office)
    _hold(contact, HeldBy.DESK, fact.at)
    if fact.colleague is not None:
        colleague = move_agent(state, fact.colleague, "ConsultBegun", fact.at)
        colleague.contact, colleague.leg = contact.id, fact.leg
    deadlines.note(state, deadlines.PARTY, contact.id)


def _consult_answered(state: State, fact: facts.ConsultAnswered) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "ConsultAnswered")
    _turn(contact, ConsultState.ASIDE, "ConsultAnswered", fact.at)
    if fact.colleague is not None:
        move_agent(state, fact.colleague, "ConsultAnswered", fact.at)
        contact.segments.append(Segment(fact.colleague, fact.leg, contact.queue, fact.at, beside=True))


def _consult_turned(state: State, fact: facts.ConsultTurned) -> None:
    contact = state.contacts[fact.contact]
    move_contact(state, contact, "ConsultTurned")
    _turn(contact, fact.to, fact.to.value, fact.at)


def _consult_over(state: State, fact: Any) -> None:
    """Missed or ended: the caller is left as they are."""
    name = type(fact).__name__
    contact = state.contacts[fact.contact]
    move_contact(state, contact, name)
    _end_beside(contact, fact.at)
    contact.consult = None
    end_leg_of(state, fact.leg)
    if fact.colleague is not None:
        helped = state.agents[fact.colleague].state is AgentState.CONSULTED
        colleague = move_agent(state, fact.colleague, name, fact.at)
        colleague.contact = None
        colleague.idle_since = fact.at if helped else colleague.idle_since
        if colleague.state is AgentState.MISSED:
            colleague.reason = fact.failure.value


def _end_beside(contact: Contact, at: float) -> None:
    for each in contact.segments:
        if each.beside and each.ended_at is None:
            each.ended_at = at


def _consult_completed(state: State, fact: facts.ConsultCompleted) -> None:
    contact = state.contacts[fact.contact]
    contact.passed_on = PassedOn(fact.agent, PassedOnFor.CONSULTED, fact.at, _named(contact))
    contact.times_passed_on += 1
    _end_beside(contact, fact.at)
    _leave(state, contact, "ConsultCompleted", fact.at)
    move_agent(state, fact.colleague, "ConsultCompleted", fact.at)
    move_contact(state, contact, "ConsultCompleted")
    contact.consult = None
    take(contact, fact.colleague, fact.leg, fact.at)


def _segment_wrapped(state: State, fact: facts.SegmentWrapped) -> None:
    """The contact's own word is that of whoever had it last."""
    contact = state.contacts[fact.contact]
    last = next(each for each in reversed(contact.segments) if not each.beside)
    if last.agent == fact.agent and last.ended_at is not None:
        contact.final_topic, contact.disposition, contact.resolved = fact.topic, fact.disposition, fact.resolved
        contact.wrapped_at = fact.at
    finish_wrap_up(state, fact.agent, fact.at)


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.LegHeld: _leg_held,
    facts.LegResumed: _leg_resumed,
    facts.CallerHeld: _caller_held,
    facts.CallerResumed: _caller_resumed,
    facts.ContactPassedOn: _contact_passed_on,
    facts.ConsultBegun: _consult_begun,
    facts.ConsultAnswered: _consult_answered,
    facts.ConsultMissed: _consult_over,
    facts.ConsultTurned: _consult_turned,
    facts.ConsultEnded: _consult_over,
    facts.ConsultCompleted: _consult_completed,
    facts.ContactReferred: _contact_referred,
    facts.OfficeAnswered: _office_answered,
    facts.OfficeMissed: _office_missed,
    facts.ReferralEnded: _referral_ended,
    facts.SegmentWrapped: _segment_wrapped,
    facts.SegmentWrapUpRanOut: lambda state, fact: finish_wrap_up(state, fact.agent, fact.at),
}
