"""What holds after every decision, written from the definitions and without the code that it judges."""

import json
import math
from collections import Counter

from civicline.core import codec, consent, deadlines, indexes, kinds
from civicline.core.callback_facts import CallbackDue
from civicline.core.evolve import evolve
from civicline.core.facts import ContactPassedOn, OfferMade
from civicline.core.menu_facts import PositionTold
from civicline.core.model import CALLBACK, State
from civicline.core.ring_back_facts import WrapUpPutOff

HAS_AGENT = {"offered", "talking", "wrapping"}
HAS_CONTACT = {"offered", "talking", "consulted", "wrap_up"}
PARTNER = {"offered": "offered", "talking": "talking", "wrapping": "wrap_up"}


def as_json(state):
    return json.dumps(codec.encode(state))


def recovered(text):
    return indexes.rebuild(codec.decode(State, json.loads(text)))


def through_journal(fact):
    kind, body = kinds.to_body(fact)
    return kinds.fact(kind, json.loads(json.dumps(body)))


def may_take(agency, agent_id, contact):
    """Brute force from the definitions of queue, level, tier, language and overflow, and of who alone may take it."""
    person, queue = agency.staff.get(agent_id), agency.queues.get(contact.queue)
    if person is None or queue is None or (contact.language or agency.languages[0]) not in person.languages:
        return False
    if contact.for_agent is not None:
        return agent_id == contact.for_agent
    steps = queue.overflow[: contact.step]
    level = [queue.min_level, *(step.min_level for step in steps if step.min_level is not None)][-1]
    tiers = {*queue.tiers, *(tier for step in steps for tier in step.tiers)}
    skilled = not contact.skill or person.skills.get(contact.skill, 0) >= level
    own = queue.id in person.queues and person.tier in tiers and skilled
    return own or any(other in person.queues for step in steps for other in step.queues if other != queue.id)


def free_agents(state):
    return [a for a in state.agents.values() if a.state == "available" and a.phone and a.leg is None]


def waiting(state):
    return [c for c in state.contacts.values() if c.state == "waiting"]


def is_released(contact):
    """Rung back or reached, and not yet with a representative."""
    reached = contact.promise is not None and contact.promise.reached_at is not None and not contact.promise.met
    return contact.state == "ringing_back" or (reached and contact.state in {"waiting", "offered"})


def takers(state, contact):
    """Who works now and may take it."""
    at_work = [a.id for a in state.agents.values() if a.state not in {"signed_out", "break", "missed"}]
    return {name for name in at_work if may_take(state.agency, name, contact)}


def same_needs(one, other):
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("queue", "skill", "language", "priority", "step", "for_agent")
    )


def legs_to(state, contact):
    """The person's own."""
    return [leg for leg in state.legs.values() if leg.contact == contact.id and not leg.agent and not leg.office]


def is_awaited(state, contact):
    """Its representative wraps up the talk that was cut, and has it rung back meanwhile."""
    agent = state.agents.get(contact.for_agent)
    return agent is not None and agent.state == "wrap_up" and agent.contact == contact.id


def check_due(state, fact: CallbackDue):
    """Before it is folded: one leg to a person, no more than may be served, and in the order of the places."""
    contact = state.contacts[fact.contact]
    assert contact.state == "kept" and contact.promise.ready and fact.leg not in state.legs
    assert not legs_to(state, contact), "a second leg to a person"
    assert fact.attempt == contact.promise.attempts + 1, "an attempt that was not counted"
    if is_awaited(state, contact):
        return
    able = takers(state, contact)
    rivals = [c for c in state.contacts.values() if is_released(c) and takers(state, c) & able]
    assert len(rivals) < len(able), "more are rung than there are representatives for them"
    for other in state.contacts.values():
        if other.state == "kept" and other.promise.ready and other is not contact and same_needs(other, contact):
            assert contact.place < other.place, f"{other.id} was overtaken by {contact.id}"


MOST_ATTEMPTS = 3
"""Of any queue in the packs of these tests."""


def check_promises(state, most_attempts=MOST_ATTEMPTS):
    """Nobody on whom a promise rests is offered, rung twice, or forgotten."""
    live = {(kind, key) for _, kind, key in live_deadlines(state)}
    for contact in state.contacts.values():
        legs = legs_to(state, contact)
        assert len(legs) <= 1, "two legs to one person"
        if contact.state in {"kept", "ringing_back"}:
            assert contact.offer is None and contact.agent is None and contact.promise.end is None
            waits = ("callback", contact.id) in live or any(leg.state == "ending" for leg in legs)
            assert waits, "a promise that nobody will look at again"
        if contact.state == "ringing_back":
            assert [leg.state for leg in legs] and legs[0].state != "ending" and legs[0].attempt > 0
            assert not contact.promise.ready
        if contact.promise is not None:
            assert len(contact.promise.failed) <= contact.promise.attempts <= most_attempts
            assert contact.promise.end is None or contact.state == "closed"
    callers = [c.caller for c in state.contacts.values() if c.state in {"kept", "ringing_back"}]
    assert len(set(callers)) == len(callers), "two open promises to one number"
    open_slots = Counter(
        (c.queue, c.promise.slot)
        for c in state.contacts.values()
        if c.state in {"kept", "ringing_back"} and c.promise.slot
    )
    assert state.derived.slots == open_slots
    assert state.derived.released == {c.id for c in state.contacts.values() if is_released(c)}


def check_slot(state, contact):
    """A time that was just promised had room. (A new pack may move promises to a queue that has less.)"""
    queue, slot = state.agency.queues.get(contact.queue), contact.promise.slot
    policy = queue.callback if queue is not None else None
    if policy is not None and policy.capacity is not None and contact.state == "kept":
        promised = [c for c in state.contacts.values() if c.state in {"kept", "ringing_back"} and c.queue == queue.id]
        assert sum(c.promise.slot == slot for c in promised) <= policy.capacity, "more promises than a slot has"


def check_offer(state, fact: OfferMade):
    """Before the offer is folded: to the right agent, and nobody who should have come first was passed over."""
    agency, contact = state.agency, state.contacts[fact.contact]
    assert contact.notice_at is not None, "offered before the notice was played"
    assert fact.offer not in state.legs, "one promise rings one phone once"

    def aged(other):
        return other.priority + (int((fact.at - other.place[0]) // agency.ageing_s) if agency.ageing_s else 0)

    for other in waiting(state):
        if other is contact or not may_take(agency, fact.agent, other):
            continue
        if other.priority == contact.priority:
            assert contact.place < other.place, f"{other.id} was overtaken by {contact.id}"
        assert (-aged(contact), contact.place) < (-aged(other), other.place), f"{other.id} comes first by age"
    able = [a for a in free_agents(state) if may_take(agency, a.id, contact)]
    level = {a.id: agency.staff[a.id].skills.get(contact.skill, 0) for a in able}
    best = min(able, key=lambda a: (-level[a.id], a.idle_since, a.id))
    assert best.id == fact.agent, "best level first, then longest idle"


def check_partners(state):
    """One representative has the call, at most one more is asked, and who passed it on may still write about it."""
    contacts = [c for c in state.contacts.values() if c.state in HAS_AGENT]
    pairs = {c.agent: (c.id, PARTNER[c.state]) for c in contacts}
    asked = [c for c in contacts if c.consult and c.consult.colleague]
    pairs |= {c.consult.colleague: (c.id, "offered" if c.consult.state == "ringing" else "consulted") for c in asked}
    assert len(pairs) == len(contacts) + len(asked), "one representative, two calls"
    for agent in state.agents.values():
        assert (agent.contact is not None) == (agent.state in HAS_CONTACT)
        if agent.id in pairs:
            assert (agent.contact, agent.state) == pairs[agent.id]
        elif agent.contact is not None:
            assert agent.state == "wrap_up" and state.contacts[agent.contact].is_written_about, "stuck with a contact"
    for contact in state.contacts.values():
        assert contact.consult is None or contact.state == "talking"
        writing = [s.agent for s in contact.segments if not s.beside and s.ended_at and s.wrapped_up_at is None]
        assert all(state.agents[name].contact == contact.id for name in writing)


def check_segments(state):
    """Who had the call and for how long: no two at once, nobody's hold longer than their part."""
    for contact in state.contacts.values():
        parts = [s for s in contact.segments if not s.beside]
        ends = [s.ended_at for s in parts]
        assert (contact.connected_at is None) == (not parts)
        assert all(end is not None for end in ends[:-1]), "two representatives have one call"
        assert [s.began_at for s in parts[1:]] == sorted(s.began_at for s in parts[1:])
        for one, end, following in zip(parts, ends, parts[1:], strict=False):
            assert end <= following.began_at, f"{one.agent} and {following.agent} both have the call"
        for each in contact.segments:
            assert 0 <= each.hold_s <= (each.ended_at if each.ended_at is not None else state.now) - each.began_at
            assert each.ended_at is None or each.began_at <= each.ended_at
        has = contact.state == "talking"
        assert (contact.holder is not None) == has == bool(parts and ends[-1] is None)
        assert not has or (contact.holder.agent, contact.holder.leg) == (contact.agent, contact.offer)
        assert contact.held_at is None or has, "on hold, and nobody has the call"
        assert (contact.held_at is None) == (contact.held_by is None)
        aside = contact.consult is not None and contact.consult.state in {"ringing", "aside"}
        assert contact.hears_music if aside else contact.consult is None or contact.held_at is None
        alone = has and contact.consult is None
        assert not alone or not state.legs[contact.offer].holds or contact.hears_music, "silence that nobody minds"


def is_asked(contact):
    return contact.survey is not None and contact.survey.state == "asking"


def check_surveys(state):
    """Asked only after the talk, only who was told, and with nothing asked twice."""
    for contact in state.contacts.values():
        assert is_asked(contact) == (contact.state == "surveying") or contact.state == "wrapping"
        if contact.survey is not None:
            assert contact.survey.state != "none" and contact.notice_at is not None
            asked = contact.survey.state in {"asking", "ended"}
            assert asked or not contact.survey.replies
            assert not asked or contact.ended_by == "agent", "asked after the caller had left"
            assert (contact.survey.end is None) == (contact.survey.state != "ended")
        assert contact.state != "closed" or contact.survey is None or contact.survey.state != "asking"


def check_legs(state):
    for contact in state.contacts.values():
        leg = state.legs.get(contact.leg)
        if contact.state not in {"wrapping", "closed", "kept"} or is_asked(contact):
            assert leg is not None and leg.state in {"new", "ringing", "answered"}, "a caller without a line"
        elif leg is not None and contact.state != "kept":
            assert leg.state == "ending"
        if contact.state == "talking":
            assert state.legs[contact.offer].state == "answered"
            consult = contact.consult
            rings = consult is not None and consult.state == "ringing"
            assert consult is None or (state.legs[consult.leg].state in {"new", "ringing"}) == rings
        if contact.state == "outside":
            referral = contact.referrals[-1]
            answered = state.legs[referral.leg].state == "answered"
            assert answered == (referral.answered_at is not None) and referral.ended_at is None
            assert referral.office != "interpreter", "left alone with somebody who only helps"
    for agent in state.agents.values():
        leg = state.legs.get(agent.leg)
        assert (agent.leg is None) == (leg is None) and (leg is None or leg.agent == agent.id)
        assert agent.state not in {"offered", "talking", "consulted"} or leg.state != "ending"
    for leg in state.legs.values():
        assert leg.agent is None or state.agents[leg.agent].leg == leg.id, "a leg that nobody waits for"
        assert leg.office is None or leg.agent is None
        assert leg.state != "ended" and (leg.state == "ending") == (leg.ending_at is not None)


def check_offers(state):
    offered = {c.offer: c for c in state.contacts.values() if c.state == "offered"}
    assert offered.keys() == state.offers.keys()
    for offer in state.offers.values():
        assert (offer.contact, offer.agent) == (offered[offer.id].id, offered[offer.id].agent)
        assert offer.state == "made" and state.legs[offer.id].state in {"new", "ringing"}


def check_line(state):
    assert state.agency is not None or not state.contacts
    for agent in free_agents(state):
        for contact in waiting(state):
            assert not may_take(state.agency, agent.id, contact), f"{agent.id} stands idle beside {contact.id}"
    for contact in [c for c in state.contacts.values() if c.state in {"waiting", "kept", "ringing_back"}]:
        known = not state.agency.queues or contact.queue in state.agency.queues
        assert known, "waits in a queue that no longer exists"
    for agent in state.agents.values():
        on_staff = state.agency is not None and agent.id in state.agency.staff
        leaving = agent.state == "signed_out" or (agent.state in HAS_CONTACT and agent.next == "signed_out")
        assert on_staff or leaving, "somebody left but may take contacts"


def check_places(state):
    """Nobody has another's place, unless it was given back to them; then it was lost before."""
    over = {"wrapping", "closed"}
    held = [c.place for c in state.contacts.values() if c.place is not None and c.state not in over]
    assert len(set(held)) == len(held), "one place, two contacts"
    for contact in state.contacts.values():
        lost = state.contacts.get(contact.restored_from)
        if lost is not None:
            given_up = contact.promise is not None and contact.promise.slot is not None
            assert lost.state in over and lost.restored_to == contact.id
            assert lost.place == contact.place or given_up
            numbers = {lost.caller, lost.promise.number if lost.promise is not None else lost.caller}
            assert contact.caller in numbers or contact.topic_by == "code"
            cut = lost.ended_by in {"caller", "lost"} or (lost.promise is not None and lost.promise.end == "missed")
            assert lost.connected_at is None or cut, "the representative had ended it"


def check_same_agent(state):
    """Nobody waits on the telephone for one representative who does not come next."""
    for contact in state.contacts.values():
        if contact.for_agent is None:
            continue
        assert contact.state not in {"talking", "outside", "wrapping", "surveying"}
        if contact.state == "waiting":
            agent = state.agents[contact.for_agent]
            assert agent.state in {"available", "wrap_up"} and agent.phone, "waits for somebody who does not come"
            assert agent.next not in {"break", "signed_out"}
            policy = state.agency.queues[contact.queue].callback or deadlines.LAST_POLICY
            assert state.now < contact.for_agent_since + policy.same_agent_s, "waits for somebody too long"


def check_notices(state):
    """What a voice mail heard is no notice to the person."""
    for contact in state.contacts.values():
        if contact.channel == CALLBACK and contact.state == "kept" and contact.promise.reached_at is None:
            assert contact.notice_at is None, "whoever was not reached yet has heard the notice"


def check_menus(state):
    """Whoever is in a menu can get out of it, and hears no more than the pack has."""
    for contact in state.contacts.values():
        behind = [*contact.trail, contact.menu] if contact.menu else contact.trail
        assert len(set(behind)) == len(behind), "the way back goes round in circles"
        if contact.state == "closed":
            continue
        if contact.state != "menu":
            in_line = contact.times is not None and contact.times.topic is None
            assert contact.times is None or in_line, "times of a menu are told to somebody who is in none"
            continue
        assert contact.menu is None or contact.notice_at is not None, "in a menu before the notice was played"
        for name, table in (("menu", "menus"), ("message", "messages"), ("digits", "digits")):
            found = getattr(contact, name)
            assert found is None or found in getattr(state.agency, table), f"in a {name} that the pack does not have"
        assert not contact.digits_entered or contact.digits is not None
        topic = state.agency.topics.get(contact.times.topic) if contact.menu and contact.times else None
        policy = state.agency.queues[topic.queue].callback if topic is not None else None
        nowhere = contact.menu is None or contact.times is None
        assert nowhere or (policy is not None and policy.choose_time), "times that the pack does not have"
    for urgent in state.urgent.values():
        assert urgent.until > state.now, "an urgent message goes on after its end"
        assert urgent.message or urgent.texts


def check_told(before, contact):
    """A told position never rises, unless the queue is another one."""
    if before and before[0] == contact.queue and before[1] is not None and contact.position is not None:
        assert contact.position <= before[1], "the told position rose"


def check_told_wait(fact, contact):
    """Before it is folded: the wait that is said never rises above what was last said, unless the reason is said."""
    wait = getattr(fact, "wait", None)
    if wait is None or contact.wait is None or not wait.said:
        return
    tops = [math.inf if each.high_min is None else each.high_min for each in (contact.wait, wait)]
    rose = wait.low_min > contact.wait.low_min or tops[1] > tops[0]
    assert (wait.reason is not None) == rose, "the told wait rose without a reason, or gave one for nothing"


def live_deadlines(state):
    return {entry for entry in state.derived.deadlines if deadlines.at(state, entry[1], entry[2]) == entry[0]}


def check_derived(state, again):
    assert state == again
    for name in (
        "line",
        "kept",
        "ready",
        "promises",
        "slots",
        "codes",
        "promised",
        "lost",
        "theirs",
        "in_queue",
        "free",
        "working",
        "wrapping",
    ):
        assert getattr(state.derived, name) == getattr(again.derived, name), name
    assert not state.derived.fresh_agents and not state.derived.fresh_buckets
    assert live_deadlines(state) == live_deadlines(again)
    due = deadlines.next_at(again)
    assert deadlines.next_at(state) == due


def check_recording(state):
    for contact in state.contacts.values():
        wanted = consent.recording_now(contact)
        if wanted in {"record", "pause"}:
            assert contact.notice_at is not None and contact.recording == "allowed" and contact.state == "talking"
        if contact.recording == "refused":
            assert wanted == "destroy"
        paused = contact.recording_paused_at is not None
        third = contact.consult
        untold = third is not None and third.office in {"vehicles", "interpreter"} and third.state == "joined"
        if contact.recording == "allowed":
            assert (paused or untold) == (wanted == "pause"), "a pause outlives its talk, or does not hold"
        assert not paused or wanted == "pause"
        assert paused or contact.pause_reminded_at is None


def check_all(state, most_attempts=MOST_ATTEMPTS):
    check_recording(state)
    check_partners(state)
    check_segments(state)
    check_legs(state)
    check_surveys(state)
    check_offers(state)
    check_line(state)
    check_notices(state)
    check_menus(state)
    check_promises(state, most_attempts)
    check_places(state)
    check_same_agent(state)


def fold(state, said):
    """Fold as a follower does, looking at each offer just before it is made."""
    before, put_off = None, None
    for fact in said:
        fact = through_journal(fact)
        directly = isinstance(before, ContactPassedOn) and before.contact == getattr(fact, "contact", None)
        put_off = fact if isinstance(fact, WrapUpPutOff) else put_off
        directly |= put_off is not None and put_off.contact == getattr(fact, "contact", None)  # who was rung back
        if isinstance(fact, OfferMade) and not directly:  # a colleague may be named, who is then asked first
            check_offer(state, fact)
        if isinstance(fact, CallbackDue):
            check_due(state, fact)
        if isinstance(fact, PositionTold):
            check_told_wait(fact, state.contacts[fact.contact])
        evolve(state, fact)
        before = fact
