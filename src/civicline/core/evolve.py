"""`evolve(state, fact) -> state`: the only place where the state changes. Recovery and replay use nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import (
    callback_folds,
    chosen_time,
    consent,
    deadlines,
    facts,
    in_call_folds,
    indexes,
    keyed_number,
    menu_folds,
    pace_folds,
    ring_back,
    survey,
    survey_rules,
)
from civicline.core.callback_folds import leave_questions
from civicline.core.facts import Fact
from civicline.core.lifecycle import OFFER, ContactState, HungUpBy, Recording
from civicline.core.model import Agent, Contact, Leg, Offer, State
from civicline.core.moves import close as _close
from civicline.core.moves import end_leg_of as _end_leg_of
from civicline.core.moves import move_agent as _move_agent
from civicline.core.moves import move_contact as _move_contact
from civicline.core.moves import move_leg as _move_leg
from civicline.core.moves import next_state as _next_state
from civicline.core.moves import note_waiting as _note_waiting


def evolve(state: State, fact: Fact) -> State:
    """Fold one fact into the state (in place) and give it back. Raises LifecycleError for an impossible fact."""
    state.now = max(state.now, fact.at)
    _HOW[type(fact)](state, fact)
    return state


def _settle_offer(state: State, offer_id: str, name: str) -> Offer:
    """An offer that is settled is remembered by the contact's counts alone."""
    offer = state.offers.pop(offer_id)
    offer.state = OFFER[(offer.state, name)]
    return offer


def _agency_loaded(state: State, fact: facts.AgencyLoaded) -> None:
    state.agency = fact.agency
    for name in fact.agency.staff:
        state.agents.setdefault(name, Agent(name, since=fact.at, idle_since=fact.at))
    for agent in list(state.agents.values()):
        indexes.forget_agent(state, agent)
    indexes.rebuild(state)


def _contact_arrived(state: State, fact: facts.ContactArrived) -> None:
    state.contacts[fact.contact] = Contact(
        id=fact.contact,
        channel=fact.channel,
        line=fact.line,
        caller=fact.caller,
        leg=fact.leg,
        node=fact.node,
        arrived_at=fact.at,
        may_ring=fact.may_ring,
    )
    state.legs[fact.leg] = Leg(fact.leg, fact.contact, fact.node)
    state.nodes[fact.node] = fact.at


def _call_moved(state: State, fact: facts.CallMoved) -> None:
    contact, leg = state.contacts[fact.contact], state.legs[fact.leg]
    _move_contact(state, contact, "CallMoved")
    _move_leg(leg, "CallMoved")
    contact.node = leg.node = fact.node
    state.nodes[fact.node] = fact.at


def _notice_played(state: State, fact: facts.NoticePlayed) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "NoticePlayed")
    contact.notice_at = fact.at
    if fact.said and contact.recording is Recording.UNASKED:
        contact.recording = Recording.ALLOWED


def _language_chosen(state: State, fact: facts.LanguageChosen) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "LanguageChosen")
    contact.language = fact.language


def _topic_chosen(state: State, fact: facts.TopicChosen) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "TopicChosen")
    contact.topic, contact.topic_by = fact.topic, fact.by
    leave_questions(contact)


def _contact_queued(state: State, fact: facts.ContactQueued) -> None:
    contact = state.contacts[fact.contact]
    after = _next_state(contact, "ContactQueued")
    indexes.leave(state, contact)
    if contact.place is None and contact.state is ContactState.MENU:
        state.joined += 1
        contact.place = (fact.at, state.joined)
    if contact.queue != fact.queue:
        contact.queued_at, contact.step = fact.at, 0
        contact.position = contact.told_at = None
    contact.queue, contact.skill, contact.priority = fact.queue, fact.skill, fact.priority
    contact.state = after
    indexes.enter(state, contact)
    if after is ContactState.WAITING:
        _note_waiting(state, contact)


def _contact_turned_away(state: State, fact: facts.ContactTurnedAway) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "ContactTurnedAway")
    contact.turned_away = fact.why


def _contact_widened(state: State, fact: facts.ContactWidened) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "ContactWidened")
    indexes.leave(state, contact)
    contact.step = fact.step
    indexes.enter(state, contact)
    deadlines.note(state, deadlines.OVERFLOW, contact.id)


def _offer_made(state: State, fact: facts.OfferMade) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "OfferMade")
    contact.offer, contact.agent = fact.offer, fact.agent
    contact.offers += 1
    state.offers[fact.offer] = Offer(fact.offer, contact.id, fact.agent, fact.at)
    state.legs[fact.offer] = Leg(fact.offer, contact.id, contact.node, fact.agent)
    agent = _move_agent(state, fact.agent, "OfferMade", fact.at)
    agent.contact, agent.leg = contact.id, fact.offer
    deadlines.note(state, deadlines.RING, fact.offer)


def _offer_missed(state: State, fact: facts.OfferMissed) -> None:
    contact = state.contacts[fact.contact]
    contact.offer = contact.agent = None
    contact.missed += 1
    _move_contact(state, contact, "OfferMissed")
    _settle_offer(state, fact.offer, "OfferMissed")
    _end_leg_of(state, fact.offer)
    agent = _move_agent(state, fact.agent, "OfferMissed", fact.at)
    agent.contact, agent.reason = None, fact.failure.value


def _offer_accepted(state: State, fact: facts.OfferAccepted) -> None:
    contact = state.contacts[fact.contact]
    pace_folds.waited(state, contact, fact.at, left=False)
    _move_contact(state, contact, "OfferAccepted")
    in_call_folds.take(contact, fact.agent, fact.offer, fact.at)
    _settle_offer(state, fact.offer, "OfferAccepted")
    _move_agent(state, fact.agent, "OfferAccepted", fact.at)


def _talk_ended(state: State, fact: facts.TalkEnded) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "TalkEnded")
    contact.talk_ended_at, contact.ended_by = fact.at, fact.by
    in_call_folds.release(contact, fact.at)
    if not survey.is_asking(contact.survey):
        _end_leg_of(state, contact.leg)
    _end_leg_of(state, contact.offer)
    _move_agent(state, fact.agent, "TalkEnded", fact.at)
    indexes.note_lost(state, contact)
    deadlines.note(state, deadlines.WRAP_UP, contact.id)


def _contact_wrapped(state: State, fact: facts.ContactWrapped) -> None:
    contact = state.contacts[fact.contact]
    late = contact.state is not ContactState.WRAPPING
    contact.final_topic, contact.disposition, contact.resolved = fact.topic, fact.disposition, fact.resolved
    contact.wrapped_at = fact.at
    if late:
        _move_contact(state, contact, "ContactWrapped")
    else:
        _finish_wrap_up(state, contact, "ContactWrapped", fact.agent, fact.at)
    indexes.note_lost(state, contact)


def _wrap_up_ran_out(state: State, fact: facts.WrapUpRanOut) -> None:
    _finish_wrap_up(state, state.contacts[fact.contact], "WrapUpRanOut", fact.agent, fact.at)


def _finish_wrap_up(state: State, contact: Contact, name: str, agent_id: str, at: float) -> None:
    """The representative is free; the contact is closed unless its caller still answers the survey."""
    contact.wrap_up_ended_at = at
    if survey.is_asking(contact.survey):
        _move_contact(state, contact, "surveying")
    else:
        _move_contact(state, contact, name)
        _close(state, contact, at)
    in_call_folds.finish_wrap_up(state, agent_id, at)


def _survey_ended(state: State, fact: facts.SurveyEnded) -> None:
    contact = state.contacts[fact.contact]
    response = survey_rules.move(contact, "SurveyEnded")
    response.moved_at, response.end = fact.at, fact.how
    _move_contact(state, contact, "SurveyEnded")
    if contact.state is ContactState.CLOSED:
        _close(state, contact, fact.at)
    else:
        _end_leg_of(state, contact.leg)


def _contact_abandoned(state: State, fact: facts.ContactAbandoned) -> None:
    contact = state.contacts[fact.contact]
    pace_folds.waited(state, contact, fact.at, left=True)
    contact.abandoned_in = contact.state
    contact.ended_by = HungUpBy.CALLER
    _move_contact(state, contact, "ContactAbandoned")
    _close(state, contact, fact.at)
    if fact.offer is not None and fact.agent is not None:
        contact.offer = contact.agent = None
        _settle_offer(state, fact.offer, "ContactAbandoned")
        _end_leg_of(state, fact.offer)
        _move_agent(state, fact.agent, "ContactAbandoned", fact.at).contact = None


def _contact_released(state: State, fact: facts.ContactReleased) -> None:
    contact = state.contacts[fact.contact]
    _move_contact(state, contact, "ContactReleased")
    _close(state, contact, fact.at)


def _leg_ringing(state: State, fact: facts.LegRinging) -> None:
    _move_leg(state.legs[fact.leg], "LegRinging")


def _leg_answered(state: State, fact: facts.LegAnswered) -> None:
    leg = state.legs[fact.leg]
    _move_leg(leg, "LegAnswered")
    leg.answered_at = fact.at
    deadlines.note(state, deadlines.CALLBACK, leg.contact)


def _leg_ended(state: State, fact: facts.LegEnded) -> None:
    leg = state.legs.pop(fact.leg)
    _move_leg(leg, "LegEnded")
    deadlines.note(state, deadlines.CALLBACK, leg.contact)
    agent = state.agents.get(leg.agent or "")
    if agent is not None and agent.leg == leg.id:
        agent.leg = None
        indexes.note_agent(state, agent)
        indexes.forget_agent(state, agent)


def _set_phone(state: State, agent_id: str, has: bool) -> None:
    agent = state.agents[agent_id]
    agent.phone = has
    indexes.note_agent(state, agent)


def _agent_signed_in(state: State, fact: facts.AgentSignedIn) -> None:
    _move_agent(state, fact.agent, "AgentSignedIn", fact.at).idle_since = fact.at


def _agent_moved(state: State, fact: Any) -> None:
    agent = _move_agent(state, fact.agent, type(fact).__name__, fact.at)
    agent.reason = getattr(fact, "reason", "")
    agent.next = agent.next_reason = ""
    indexes.forget_agent(state, agent)


def _agent_next_set(state: State, fact: facts.AgentNextSet) -> None:
    agent = state.agents[fact.agent]
    agent.next, agent.next_reason = fact.next, fact.reason


_HOW: dict[type, Callable[[State, Any], None]] = {
    facts.AgencyLoaded: _agency_loaded,
    facts.ContactArrived: _contact_arrived,
    facts.NoticePlayed: _notice_played,
    **consent.FOLDS,
    facts.CallMoved: _call_moved,
    facts.LanguageChosen: _language_chosen,
    facts.TopicChosen: _topic_chosen,
    facts.ContactQueued: _contact_queued,
    facts.ContactTurnedAway: _contact_turned_away,
    facts.ContactWidened: _contact_widened,
    facts.OfferMade: _offer_made,
    facts.OfferMissed: _offer_missed,
    facts.OfferAccepted: _offer_accepted,
    facts.TalkEnded: _talk_ended,
    facts.ContactWrapped: _contact_wrapped,
    facts.WrapUpRanOut: _wrap_up_ran_out,
    facts.ContactAbandoned: _contact_abandoned,
    facts.ContactReleased: _contact_released,
    facts.LegRinging: _leg_ringing,
    facts.LegAnswered: _leg_answered,
    facts.LegEnded: _leg_ended,
    facts.PhoneRegistered: lambda state, fact: _set_phone(state, fact.agent, True),
    facts.PhoneGone: lambda state, fact: _set_phone(state, fact.agent, False),
    facts.AgentSignedIn: _agent_signed_in,
    facts.AgentSignedOut: _agent_moved,
    facts.AgentAvailable: _agent_moved,
    facts.AgentOnBreak: _agent_moved,
    facts.AgentNextSet: _agent_next_set,
    **in_call_folds.FOLDS,
    facts.SurveyEnded: _survey_ended,
    **survey_rules.FOLDS,
    **menu_folds.FOLDS,
    **callback_folds.FOLDS,
    **chosen_time.FOLDS,
    **keyed_number.FOLDS,
    **ring_back.FOLDS,
}
