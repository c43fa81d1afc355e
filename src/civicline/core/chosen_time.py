"""A time that a caller chooses, to be rung then instead of waiting; in line, or by a key of a menu, as while the line
is closed.

The first slots that are free are told, `AT_ONCE` of them, and later ones for the asking. Meanwhile a caller in line
waits as before, and may be taken. Whoever takes a time gives the place up for it: they join the line when it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback, deadlines, indexes, pace_folds, slots
from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core.agency import Agency, CallbackPolicy, Queue
from civicline.core.callback_folds import leave_questions, note_promise
from civicline.core.codes import code_of
from civicline.core.facts import TopicChosen
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState, DeclinedFor, TopicBy
from civicline.core.menu_folds import entering, staying
from civicline.core.model import Contact, Promise, State, Times
from civicline.core.moves import next_state

AT_ONCE = 3


def queue_for(agency: Agency, topic: str | None) -> Queue | None:
    """The queue in which somebody who asks about the topic may choose a time; None where nobody may."""
    found = agency.topics.get(topic or "")
    queue = agency.queues[found.queue] if found is not None else None
    return queue if queue is not None and queue.callback is not None and queue.callback.choose_time else None


def for_topic(state: State, contact: Contact, topic: str, at: float, record: Record) -> None:
    """A key of a menu leads to the times at which somebody may be rung about `topic`, whatever the hour."""
    _tell(state, contact, topic, at, record, 0.0)


def _tell(state: State, contact: Contact, topic: str | None, at: float, record: Record, after: float) -> None:
    """The first times later than `after`, or why there are none; after the last ones come the first again."""
    why = _why_none(state, contact, topic, at)
    if why is not None:
        record(facts.TimesTold(at, contact.id, (), why=why, topic=topic))
    else:
        _tell_free(state, contact, topic, at, record, after, None)


def _tell_free(
    state: State, contact: Contact, topic: str | None, at: float, record: Record, after: float, why: DeclinedFor | None
) -> None:
    free = _free(state, contact, topic, at)
    later = [slot for slot in free if slot > after] or free
    record(facts.TimesTold(at, contact.id, tuple(later[:AT_ONCE]), len(later) > AT_ONCE, why, topic))


def _free(state: State, contact: Contact, topic: str | None, at: float) -> list[float]:
    agency = state.agency
    queue = queue_for(agency, topic) if agency is not None else None
    return slots.soon(state, queue.id if queue is not None else contact.queue or "", at)


def _why_none(state: State, contact: Contact, topic: str | None, at: float) -> DeclinedFor | None:
    """Why this caller cannot choose any time now. In line it is not offered while nobody is rung."""
    policy = callback.policy_here(state, contact, at) if topic is None else _policy(state.agency, topic)
    if policy is None or not policy.choose_time:
        return DeclinedFor.NO_SLOT
    why = callback.why_not(state, contact, policy, at)
    return why or (None if _free(state, contact, topic, at) else DeclinedFor.FULL)


def _policy(agency: Agency | None, topic: str) -> CallbackPolicy | None:
    queue = queue_for(agency, topic) if agency is not None else None
    return queue.callback if queue is not None else None


def _choosing(state: State, contact_id: str) -> Contact | None:
    """Whoever was told times in a menu, or is in line for the first time."""
    contact = state.contacts.get(contact_id)
    told = contact is not None and contact.state is ContactState.MENU and contact.times is not None
    return contact if told else callback.waiting_first(state, contact_id)


def _ask(state: State, request: requests.AskTimes, at: float, record: Record) -> None:
    contact = _choosing(state, request.contact)
    if contact is not None and (contact.state is ContactState.MENU or contact.hold_times):
        topic = contact.times.topic if contact.times is not None else None
        _tell(state, contact, topic, at, record, request.after)


def _take(state: State, request: requests.TakeTime, at: float, record: Record) -> None:
    """Whoever is offered to somebody just now is asked again when that one does not answer."""
    contact = _choosing(state, request.contact)
    times = contact.times if contact is not None else None
    if contact is None or times is None or request.slot not in times.slots or contact.state is ContactState.OFFERED:
        return
    topic = times.topic
    why = _why_none(state, contact, topic, at)
    if why is not None:
        record(facts.TimesTold(at, contact.id, (), why=why, topic=topic))
    elif request.slot not in _free(state, contact, topic, at):
        _tell_free(state, contact, topic, at, record, 0.0, DeclinedFor.FULL)
    elif topic is None:
        record(facts.TimeTaken(at, contact.id, code_of(state, contact.id), request.slot))
    else:
        _take_for(state, contact, topic, request.slot, at, record)


def _take_for(state: State, contact: Contact, topic: str, slot: float, at: float, record: Record) -> None:
    """Whoever is in no line yet will join that of the topic."""
    agency = state.agency
    queue = queue_for(agency, topic) if agency is not None else None
    assert agency is not None and queue is not None
    skill = agency.topics[topic].skill
    record(TopicChosen(at, contact.id, topic, TopicBy.KEY))
    record(facts.TimeTaken(at, contact.id, code_of(state, contact.id), slot, queue.id, skill, queue.priority))


def _leave(state: State, request: requests.LeaveTimes, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is not None and contact.times is not None:
        record(facts.TimesLeft(at, contact.id))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.AskTimes: _ask,
    requests.TakeTime: _take,
    requests.LeaveTimes: _leave,
}


def _told(state: State, fact: facts.TimesTold) -> None:
    contact = staying(state, fact) if fact.topic is None else entering(state, fact)
    leave_questions(contact)
    contact.times = Times(fact.slots, fact.at, fact.more, fact.why, fact.topic)
    if fact.topic is None:
        contact.hold_times = bool(fact.slots)
    contact.times_visit += 1


def _left(state: State, fact: facts.TimesLeft) -> None:
    leave_questions(staying(state, fact))


def _taken(state: State, fact: facts.TimeTaken) -> None:
    contact = state.contacts[fact.contact]
    after = next_state(contact, "TimeTaken")
    pace_folds.waited(state, contact, fact.at, left=False)
    indexes.leave(state, contact)
    leave_questions(contact)
    contact.state, contact.step = after, 0
    contact.place = contact.queued_at = None
    if fact.queue:
        contact.queue, contact.skill, contact.priority = fact.queue, fact.skill, fact.priority
    contact.promise = Promise(fact.code, made_at=fact.at, next_at=fact.slot, slot=fact.slot)
    indexes.enter(state, contact)
    note_promise(state, contact, fact.at)
    deadlines.note(state, deadlines.CALLBACK, contact.id)


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.TimesTold: _told,
    facts.TimesLeft: _left,
    facts.TimeTaken: _taken,
}
