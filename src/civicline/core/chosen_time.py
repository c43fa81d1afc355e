"""A time that a caller in line chooses, to be rung then instead of waiting.

The first slots that are free are told, `AT_ONCE` of them, and later ones for the asking. Meanwhile the caller waits in
line as before, and may be taken. Whoever takes a time gives the place up for it: they join the line when it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback, deadlines, indexes, pace_folds, slots
from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core.callback_folds import leave_questions, note_promise
from civicline.core.claiming import code_of
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState, DeclinedFor
from civicline.core.menu_folds import staying
from civicline.core.model import Contact, Promise, State
from civicline.core.moves import next_state

AT_ONCE = 3


def _tell(state: State, contact: Contact, at: float, record: Record, after: float, why: DeclinedFor | None) -> None:
    """The first times later than `after`; after the last ones come the first again."""
    free = slots.soon(state, contact.queue or "", at)
    later = [slot for slot in free if slot > after] or free
    record(facts.TimesTold(at, contact.id, tuple(later[:AT_ONCE]), len(later) > AT_ONCE, why))


def _why_none(state: State, contact: Contact, at: float) -> DeclinedFor | None:
    """Why this caller cannot choose any time now."""
    policy = callback.policy_here(state, contact, at)
    if policy is None or not policy.choose_time:
        return DeclinedFor.NO_SLOT
    why = callback.why_not(state, contact, policy, at)
    return why or (None if slots.soon(state, contact.queue or "", at) else DeclinedFor.FULL)


def _ask(state: State, request: requests.AskTimes, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is None or not contact.hold_times:
        return
    why = _why_none(state, contact, at)
    if why is None:
        _tell(state, contact, at, record, request.after, None)
    else:
        record(facts.TimesTold(at, contact.id, (), why=why))


def _take(state: State, request: requests.TakeTime, at: float, record: Record) -> None:
    """Whoever is offered to somebody just now is asked again when that one does not answer."""
    contact = callback.waiting_first(state, request.contact)
    if contact is None or request.slot not in contact.times or contact.state is ContactState.OFFERED:
        return
    why = _why_none(state, contact, at)
    if why is not None:
        record(facts.TimesTold(at, contact.id, (), why=why))
    elif request.slot in slots.soon(state, contact.queue or "", at):
        record(facts.TimeTaken(at, contact.id, code_of(state, contact.id), request.slot))
    else:
        _tell(state, contact, at, record, 0.0, DeclinedFor.FULL)


def _leave(state: State, request: requests.LeaveTimes, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is not None and contact.times_told_at is not None:
        record(facts.TimesLeft(at, contact.id))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.AskTimes: _ask,
    requests.TakeTime: _take,
    requests.LeaveTimes: _leave,
}


def _told(state: State, fact: facts.TimesTold) -> None:
    contact = staying(state, fact)
    leave_questions(contact)
    contact.times, contact.times_told_at, contact.times_declined = fact.slots, fact.at, fact.why
    contact.times_more, contact.hold_times = fact.more, bool(fact.slots)
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
    contact.promise = Promise(fact.code, made_at=fact.at, next_at=fact.slot, slot=fact.slot)
    indexes.enter(state, contact)
    note_promise(state, contact, fact.at)
    deadlines.note(state, deadlines.CALLBACK, contact.id)


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.TimesTold: _told,
    facts.TimesLeft: _left,
    facts.TimeTaken: _taken,
}
