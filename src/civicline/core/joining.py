"""How a contact joins a line: by its topic, a queue of its choice, the operator's, or a place that was kept."""

from __future__ import annotations

from collections.abc import Callable

from civicline.core import facts, hours, in_call, indexes, routing
from civicline.core.agency import Agency, Queue
from civicline.core.callback_facts import CallbackOvertaken, PlaceRestored
from civicline.core.derived import Bucket
from civicline.core.facts import Fact
from civicline.core.lifecycle import PROMISED, TopicBy, TurnedAwayFor
from civicline.core.menu_facts import QueueChosen
from civicline.core.model import Contact, State

Record = Callable[[Fact], None]


def needs(agency: Agency, contact: Contact) -> tuple[Queue, str] | None:
    """Queue and skill for what the contact chose; the line's operator without a choice, any queue when the pack knows
    neither."""
    topic = agency.topics.get(contact.topic or "")
    if topic is not None:
        return agency.queues[topic.queue], topic.skill
    if contact.wants_queue in agency.queues:
        return agency.queues[contact.wants_queue], ""
    line = agency.lines.get(contact.line)
    operator = line.operator if line is not None else min(agency.queues, default=None)
    return (agency.queues[operator], "") if operator is not None else None


def by_topic(state: State, contact: Contact, topic: str | None, by: TopicBy, at: float, record: Record) -> None:
    """`topic` None: the operator."""
    known = state.agency is not None and topic in state.agency.topics
    record(facts.TopicChosen(at, contact.id, topic if known else None, by))
    _join(state, contact, at, record)


def by_queue(state: State, contact: Contact, queue: str, at: float, record: Record) -> None:
    record(QueueChosen(at, contact.id, queue))
    _join(state, contact, at, record)


def _join(state: State, contact: Contact, at: float, record: Record) -> None:
    agency = state.agency
    assert agency is not None
    queue, skill = needs(agency, contact) or (None, "")
    if queue is None or not hours.is_open(agency, queue.calendar, at):
        record(facts.ContactTurnedAway(at, contact.id, TurnedAwayFor.CLOSED))
    elif lost := _kept_place(state, contact, queue) or _lost_place(state, contact, queue, at):
        _give_back(contact, lost, at, record)
        record(facts.ContactQueued(at, contact.id, queue.id, skill, queue.priority))
    elif _is_full(state, agency, contact, queue, skill):
        record(facts.ContactTurnedAway(at, contact.id, TurnedAwayFor.FULL))
    else:
        record(facts.ContactQueued(at, contact.id, queue.id, skill, queue.priority))


def _give_back(contact: Contact, lost: Contact, at: float, record: Record) -> None:
    """The place of `lost` is this contact's; whoever was to be rung need not be rung."""
    before = lost.agent if lost.was_cut else None
    if lost.state in PROMISED:
        before = lost.for_agent
        record(CallbackOvertaken(at, lost.id))
    record(PlaceRestored(at, contact.id, lost.id, before or ""))


def by_code(state: State, contact: Contact, lost: Contact, at: float, record: Record) -> None:
    """The place of `lost`, in the queue where it is, for its topic if that is the topic's. While that queue is closed
    it is kept on."""
    agency = state.agency
    assert agency is not None
    topic = agency.topics.get(lost.topic or "")
    same = topic is not None and (topic.queue, topic.skill) == (lost.queue, lost.skill)
    record(facts.TopicChosen(at, contact.id, lost.topic if same else None, TopicBy.CODE))
    if not same and lost.queue is not None:
        record(QueueChosen(at, contact.id, lost.queue))
    queue = agency.queues.get(lost.queue or "")
    if queue is None or not hours.is_open(agency, queue.calendar, at):
        record(facts.ContactTurnedAway(at, contact.id, TurnedAwayFor.CLOSED))
        return
    _give_back(contact, lost, at, record)
    record(facts.ContactQueued(at, contact.id, queue.id, lost.skill if same else "", queue.priority))


def _kept_place(state: State, contact: Contact, queue: Queue) -> Contact | None:
    """The contact of the same number whose place in this queue is kept: whoever rings us need not be rung. A chosen
    time that has not come yet is no place, and stays promised."""
    if contact.place is not None or not state.derived.promises.get(contact.caller):
        return None
    kept = (state.contacts[id_] for entries in state.derived.kept.values() for _, id_ in entries)
    theirs = (each for each in kept if contact.caller in indexes.numbers_of(each))
    return next((each for each in theirs if _waits_for(each, queue)), None)


def _lost_place(state: State, contact: Contact, queue: Queue, at: float) -> Contact | None:
    """The contact of the same number that left this queue a while ago: whoever comes back is not turned away either."""
    lost = state.contacts.get(indexes.last_lost(state, contact.caller))
    policy = queue.callback
    if lost is None or lost.left_at is None or policy is None or contact.place is not None:
        return None
    return lost if _waits_for(lost, queue) and at < lost.left_at + policy.keep_place_s else None


def _waits_for(lost: Contact, queue: Queue) -> bool:
    """Whoever was cut off in the talk may be back by any queue of it. Whoever left a line waited in that one alone:
    where they were served before, the old place would be ahead of everybody."""
    rung_back = lost.promise is not None and lost.promise.by != "" and not lost.promise.met
    cut = lost.was_cut or rung_back
    return queue.id == lost.queue or (cut and queue.id in {each.queue for each in lost.segments})


def _is_full(state: State, agency: Agency, contact: Contact, queue: Queue, skill: str) -> bool:
    """As many wait as may; but somebody who need not wait is never turned away."""
    if queue.max_waiting is None or state.derived.in_queue.get(queue.id, 0) < queue.max_waiting:
        return False
    wanted = Bucket(queue.id, skill, indexes.language_of(state, contact), queue.priority, 0)
    return routing.best_agent(state, agency, wanted) is None


def follow_pack(agency: Agency, contact: Contact, at: float, record: Record) -> None:
    """Whoever waits keeps the place but follows a changed pack, so that nobody waits where nobody looks any more."""
    found = in_call.sent_to(agency, contact) or needs(agency, contact)
    if found is None:
        return
    queue, skill = found
    if (contact.queue, contact.skill, contact.priority) != (queue.id, skill, queue.priority):
        record(facts.ContactQueued(at, contact.id, queue.id, skill, queue.priority))
