"""`react(state, request, at) -> facts`: what follows from something that happened, or from time alone.

Each request has one function below; it only says facts, through `record`, which folds them at once, so that what comes
later in the same decision sees them. A request that does not fit the state gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import (
    announcing,
    callback,
    chosen_time,
    claiming,
    consent,
    deadlines,
    facts,
    hours,
    in_call,
    joining,
    keyed_number,
    menus,
    own_promise,
    releasing,
    requests,
    ring_back,
    routing,
    same_agent,
    scheduling,
    survey_rules,
)
from civicline.core.evolve import evolve
from civicline.core.facts import Fact
from civicline.core.joining import Record
from civicline.core.lifecycle import (
    BUSY,
    CONTACT,
    PROMISED,
    AgentState,
    ContactState,
    Failure,
    HungUpBy,
    LegState,
    TurnedAwayFor,
)
from civicline.core.model import Agent, Contact, State
from civicline.core.next_state import after_wrap_up as _after_wrap_up
from civicline.core.next_state import arrival as _arrival
from civicline.core.next_state import follow_next as _follow_next
from civicline.core.requests import Request

FOLLOWING = PROMISED | {ContactState.WAITING}
"""States in which a contact follows a changed pack at once."""


def react(state: State, request: Request | None, at: float) -> list[Fact]:
    """The facts that follow, already folded into `state`. `request` None: only let time pass until `at`."""
    said: list[Fact] = []
    now = max(at, state.now)

    def record(fact: Fact) -> None:
        evolve(state, fact)
        said.append(fact)

    _pass_time(state, now, record)
    if request is not None:
        _HOW[type(request)](state, request, now, record)
    _serve(state, now, record)
    _pass_time(state, now, record)
    return said


def _serve(state: State, now: float, record: Record) -> None:
    """Whose turn it is in the line, whether they hold or are to be rung."""
    releasing.release(state, now, record)
    routing.route(state, now, record)
    if same_agent.let_go(state, now, record):
        _serve(state, now, record)


def _pass_time(state: State, now: float, record: Record) -> None:
    for _due_at, kind, key in deadlines.due(state, now):
        if kind == deadlines.OVERFLOW:
            record(facts.ContactWidened(now, key, state.contacts[key].step + 1))
        elif kind == deadlines.POSITION:
            callback.offer(state, state.contacts[key], now, record)
            announcing.tell(state, key, now, record)
        elif kind == deadlines.RING:
            _miss(state, key, Failure.NO_ANSWER, now, record)
        elif kind == deadlines.PAUSE:
            consent.remind(state, key, now, record)
        elif kind == deadlines.LEG:
            record(facts.LegEnded(now, key, HungUpBy.LOST))
        elif kind == deadlines.SURVEY:
            survey_rules.ran_out(key, now, record)
        elif kind in announcing.DUE:
            announcing.DUE[kind](state, key, now, record)
        elif kind in callback.DUE:
            callback.DUE[kind](state, key, now, record)
        elif kind in same_agent.DUE:
            same_agent.DUE[kind](state, key, now, record)
        elif kind in in_call.DUE:
            in_call.DUE[kind](state, key, now, record)
            _follow_pack_in_line(state, state.contacts.get(key), now, record)
        else:
            contact = state.contacts[key]
            record(facts.WrapUpRanOut(now, key, contact.agent or ""))
            _after_wrap_up(state, contact.agent or "", now, record, default="break", reason="wrap-up ran out")
        _serve(state, now, record)


def _load_agency(state: State, request: requests.LoadAgency, at: float, record: Record) -> None:
    record(facts.AgencyLoaded(at, request.agency))
    for contact in list(state.contacts.values()):
        if contact.state in FOLLOWING:
            joining.follow_pack(request.agency, contact, at, record)
        elif contact.state is ContactState.MENU:
            menus.follow_pack(state, contact, at, record)
        survey_rules.follow_pack(request.agency, contact, at, record)
    for agent in list(state.agents.values()):
        if agent.id not in request.agency.staff:
            _leave(state, agent, "signed_out", "", at, record)


def _follow_pack_in_line(state: State, contact: Contact | None, at: float, record: Record) -> None:
    """Back in line from a talk or from another office, over which a new pack may have come."""
    if contact is not None and contact.state is ContactState.WAITING and state.agency is not None:
        joining.follow_pack(state.agency, contact, at, record)


def _call_arrived(state: State, request: requests.CallArrived, at: float, record: Record) -> None:
    agency = state.agency
    if agency is None or request.line not in agency.lines:
        return
    if request.contact in state.contacts or request.leg in state.legs:
        _move_call(state, request, at, record)
        return
    record(
        facts.ContactArrived(
            at,
            request.contact,
            "phone",
            request.line,
            request.caller,
            request.leg,
            request.node,
            may_ring=request.may_ring and bool(request.caller),
        )
    )
    line = agency.lines[request.line]
    if line.closed_menu not in agency.menus and not hours.is_open(agency, line.calendar, at):
        record(facts.ContactTurnedAway(at, request.contact, TurnedAwayFor.CLOSED))
    elif line.language in agency.languages:
        record(facts.LanguageChosen(at, request.contact, line.language))


def _move_call(state: State, request: requests.CallArrived, at: float, record: Record) -> None:
    """A proxy has given the node up that could not answer in time: the call is that node's to which it came now."""
    contact, leg = state.contacts.get(request.contact), state.legs.get(request.leg)
    if contact is None or leg is None or contact.leg != leg.id or leg.node == request.node:
        return
    if leg.state is LegState.NEW and (contact.state, "CallMoved") in CONTACT:
        record(facts.CallMoved(at, contact.id, leg.id, request.node))


def _in_menu(state: State, contact_id: str) -> Contact | None:
    contact = state.contacts.get(contact_id)
    return contact if contact is not None and contact.state is ContactState.MENU else None


def _played_notice(state: State, request: requests.PlayedNotice, at: float, record: Record) -> None:
    contact = _in_menu(state, request.contact)
    if contact is not None and contact.notice_at is None:
        record(facts.NoticePlayed(at, contact.id, request.said))
        if state.agency is not None and (contact.language is not None or len(state.agency.languages) == 1):
            menus.begin(state, contact, at, record)
        return
    found = callback.rung(state, request.contact)
    if found is not None and found[0].notice_at is None:
        record(facts.NoticePlayed(at, request.contact, request.said))


def _choose_language(state: State, request: requests.ChooseLanguage, at: float, record: Record) -> None:
    contact = _in_menu(state, request.contact)
    heard = contact is not None and contact.notice_at is not None
    if contact and heard and state.agency and request.language in state.agency.languages:
        record(facts.LanguageChosen(at, contact.id, request.language))
        if contact.menu is None:
            menus.begin(state, contact, at, record)


def _choose_topic(state: State, request: requests.ChooseTopic, at: float, record: Record) -> None:
    contact = menus.in_menu(state, request.contact)
    if contact is not None and state.agency is not None:
        joining.by_topic(state, contact, request.topic, request.by, at, record)


def _played_message(state: State, request: requests.PlayedMessage, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact is not None and contact.state is ContactState.TURNED_AWAY:
        record(facts.ContactReleased(at, contact.id))


def _leg_rang(state: State, request: requests.LegRang, at: float, record: Record) -> None:
    leg = state.legs.get(request.leg)
    if leg is not None and leg.state is LegState.NEW:
        record(facts.LegRinging(at, leg.id))


def _leg_picked_up(state: State, request: requests.LegPickedUp, at: float, record: Record) -> None:
    leg = state.legs.get(request.leg)
    if leg is None or leg.state not in (LegState.NEW, LegState.RINGING):
        return
    record(facts.LegAnswered(at, leg.id))
    offer = state.offers.get(leg.id)
    if offer is not None:
        record(facts.OfferAccepted(at, offer.contact, offer.id, offer.agent))
    in_call.picked_up(state, leg, at, record)


def _leg_failed(state: State, request: requests.LegFailed, at: float, record: Record) -> None:
    _leg_over(state, request.leg, request.failure, HungUpBy.LOST, at, record)


def _miss(state: State, offer_id: str, failure: Failure, at: float, record: Record) -> None:
    offer = state.offers.get(offer_id)
    if offer is not None:
        record(facts.OfferMissed(at, offer.contact, offer.id, offer.agent, failure))
        if state.agency is not None:
            joining.follow_pack(state.agency, state.contacts[offer.contact], at, record)
        _follow_next(state, offer.agent, at, record)


def _leg_hung_up(state: State, request: requests.LegHungUp, at: float, record: Record) -> None:
    _leg_over(state, request.leg, Failure.DECLINED, request.by, at, record)


def _leg_over(state: State, leg_id: str, failure: Failure, by: HungUpBy, at: float, record: Record) -> None:
    """Whatever ended it, the leg is over: a ring was missed, a talk ended, or the caller left."""
    leg = state.legs.get(leg_id)
    if leg is None:
        return
    _miss(state, leg_id, failure, at, record)
    record(facts.LegEnded(at, leg_id, by))
    contact = state.contacts.get(leg.contact)
    if contact is None:
        return
    if callback.leg_over(state, leg, failure, by, at, record):
        return
    if in_call.leg_over(state, contact, leg_id, failure, by, at, record):
        _follow_pack_in_line(state, contact, at, record)
        return
    if contact.state is ContactState.TALKING and leg_id in (contact.leg, contact.offer):
        survey_rules.begin(state, contact, by, at, record)
        record(facts.TalkEnded(at, contact.id, contact.agent or "", by))
    elif leg_id == contact.leg:
        _caller_left(state, contact, at, record)
        survey_rules.caller_left(state, contact.id, by, at, record)


def _caller_left(state: State, contact: Contact, at: float, record: Record) -> None:
    if contact.state is ContactState.TURNED_AWAY:
        record(facts.ContactReleased(at, contact.id))
    elif contact.state in (ContactState.MENU, ContactState.WAITING):
        record(facts.ContactAbandoned(at, contact.id))
    elif contact.state is ContactState.OFFERED:
        agent = contact.agent or ""
        record(facts.ContactAbandoned(at, contact.id, contact.offer, agent))
        _follow_next(state, agent, at, record)


def _register_phone(state: State, request: requests.RegisterPhone, at: float, record: Record) -> None:
    agent = state.agents.get(request.agent)
    if agent is not None and not agent.phone:
        record(facts.PhoneRegistered(at, agent.id))


def _unregister_phone(state: State, request: requests.UnregisterPhone, at: float, record: Record) -> None:
    agent = state.agents.get(request.agent)
    if agent is not None and agent.phone:
        record(facts.PhoneGone(at, agent.id))


def _on_staff(state: State, agent_id: str) -> Agent | None:
    """Somebody whom a new pack no longer names may finish the contact in hand, but take up nothing new."""
    named = state.agency is not None and agent_id in state.agency.staff
    return state.agents.get(agent_id) if named else None


def _sign_in(state: State, request: requests.SignIn, at: float, record: Record) -> None:
    agent = _on_staff(state, request.agent)
    if agent is not None and agent.state is AgentState.SIGNED_OUT:
        record(facts.AgentSignedIn(at, agent.id))


def _sign_out(state: State, request: requests.SignOut, at: float, record: Record) -> None:
    agent = state.agents.get(request.agent)
    if agent is not None:
        _leave(state, agent, "signed_out", "", at, record)


def _take_break(state: State, request: requests.TakeBreak, at: float, record: Record) -> None:
    agent = _on_staff(state, request.agent)
    if agent is not None:
        _leave(state, agent, "break", request.reason, at, record)


def _leave(state: State, agent: Agent, to: str, reason: str, at: float, record: Record) -> None:
    """At once when no contact is in hand, else after it."""
    if agent.state is AgentState.SIGNED_OUT:
        return
    if agent.state not in BUSY:
        record(_arrival(agent.id, to, reason, at))
    elif (agent.next, agent.next_reason) != (to, reason):
        record(facts.AgentNextSet(at, agent.id, to, reason))


def _become_available(state: State, request: requests.BecomeAvailable, at: float, record: Record) -> None:
    agent = _on_staff(state, request.agent)
    if agent is None:
        return
    if agent.state in (AgentState.BREAK, AgentState.MISSED):
        record(facts.AgentAvailable(at, agent.id))
    elif agent.state in BUSY and agent.next:
        record(facts.AgentNextSet(at, agent.id, ""))


def _hang_up(state: State, request: requests.HangUp, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact and contact.state is ContactState.TALKING and contact.agent == request.agent:
        in_call.end_consult(state, contact, HungUpBy.AGENT, at, record)
        survey_rules.begin(state, contact, HungUpBy.AGENT, at, record)
        record(facts.TalkEnded(at, contact.id, request.agent, HungUpBy.AGENT))


def _wrap_up(state: State, request: requests.WrapUp, at: float, record: Record) -> None:
    contact, agency = state.contacts.get(request.contact), state.agency
    if in_call.wrap_segment(state, request, at, record):
        return
    if contact is None or contact.agent != request.agent or agency is None or contact.wrapped_at is not None:
        return
    if contact.state not in (ContactState.WRAPPING, ContactState.SURVEYING, ContactState.CLOSED):
        return
    if request.topic not in agency.topics or request.disposition not in agency.dispositions:
        return
    late = contact.state is not ContactState.WRAPPING
    record(facts.ContactWrapped(at, contact.id, request.agent, request.topic, request.disposition, request.resolved))
    if not late:
        _after_wrap_up(state, request.agent, at, record, default="available")


_HOW: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.LoadAgency: _load_agency,
    requests.CallArrived: _call_arrived,
    requests.PlayedNotice: _played_notice,
    **consent.ANSWERS,
    requests.ChooseLanguage: _choose_language,
    requests.ChooseTopic: _choose_topic,
    requests.PlayedMessage: _played_message,
    requests.LegRang: _leg_rang,
    requests.LegPickedUp: _leg_picked_up,
    requests.LegFailed: _leg_failed,
    requests.LegHungUp: _leg_hung_up,
    requests.RegisterPhone: _register_phone,
    requests.UnregisterPhone: _unregister_phone,
    requests.SignIn: _sign_in,
    requests.SignOut: _sign_out,
    requests.BecomeAvailable: _become_available,
    requests.TakeBreak: _take_break,
    requests.HangUp: _hang_up,
    requests.WrapUp: _wrap_up,
    **in_call.ANSWERS,
    **survey_rules.ANSWERS,
    **menus.ANSWERS,
    **announcing.ANSWERS,
    **callback.ANSWERS,
    **claiming.ANSWERS,
    **chosen_time.ANSWERS,
    **keyed_number.ANSWERS,
    **ring_back.ANSWERS,
    **own_promise.ANSWERS,
    **scheduling.ANSWERS,
}
