"""A representative rings back somebody whose talk was cut: the same contact, at the same place, for the same one first.

The representative asks for it in the wrap-up, which goes on meanwhile (as after passing a call on), so that nobody else
is put to them. The first attempt leaves at once, whatever the calling hours: the person was talking a moment ago. All
else is as for any kept place: `callback.py` counts the attempts, `releasing.py` says when the next one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback, deadlines, in_call_folds, indexes
from civicline.core import ring_back_facts as facts
from civicline.core import ring_back_requests as requests
from civicline.core.callback_facts import CallbackCancelled
from civicline.core.callback_folds import note_promise
from civicline.core.codes import code_of
from civicline.core.joining import Record
from civicline.core.lifecycle import PROMISED, ContactState
from civicline.core.model import Contact, Promise, State
from civicline.core.moves import move_contact


def _ring_back(state: State, request: requests.RingBack, at: float, record: Record) -> None:
    contact, agency = state.contacts.get(request.contact), state.agency
    if contact is None or agency is None or contact.agent != request.agent or not _may_be_rung(contact):
        return
    queue = agency.queues.get(contact.queue or "")
    if queue is None or queue.callback is None:
        return
    number = contact.promise.number if contact.promise is not None else ""
    why = callback.why_not(state, contact, queue.callback, at, number)
    if why is not None:
        record(facts.RingBackDeclined(at, contact.id, request.agent, why))
    else:
        record(facts.RingBackPromised(at, contact.id, request.agent, code_of(state, contact.id)))


def _may_be_rung(contact: Contact) -> bool:
    """In the wrap-up, on a number that we may ring, and not back by themselves."""
    came_back = contact.restored_to is not None
    return contact.state is ContactState.WRAPPING and contact.was_cut and contact.can_be_rung and not came_back


def _stop(state: State, request: requests.StopRingingBack, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact is None or contact.promise is None or contact.promise.by != request.agent:
        return
    if contact.state in PROMISED:
        record(CallbackCancelled(at, contact.id, request.agent))


def _promised(state: State, fact: facts.RingBackPromised) -> None:
    contact = state.contacts[fact.contact]
    before = contact.promise
    contact.promise = Promise(
        fact.code,
        made_at=fact.at,
        next_at=fact.at,
        slot=contact.slot,
        by=fact.agent,
        first=before is not None and before.first,
        number=before.number if before is not None else "",
        rung_before=before.rung_before + before.attempts if before is not None else 0,
    )
    contact.for_agent, contact.ring_back_declined = fact.agent, None
    contact.agent = contact.offer = contact.taken_at = None
    move_contact(state, contact, "RingBackPromised")
    note_promise(state, contact, fact.at)
    indexes.note_lost(state, contact)
    deadlines.note(state, deadlines.CALLBACK, contact.id)
    deadlines.note(state, deadlines.SEGMENT, fact.agent)


def _declined(state: State, fact: facts.RingBackDeclined) -> None:
    state.contacts[fact.contact].ring_back_declined = fact.why


def _wrap_up_put_off(state: State, fact: facts.WrapUpPutOff) -> None:
    in_call_folds.finish_wrap_up(state, fact.agent, fact.at)


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.RingBack: _ring_back,
    requests.StopRingingBack: _stop,
}
FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.RingBackPromised: _promised,
    facts.RingBackDeclined: _declined,
    facts.WrapUpPutOff: _wrap_up_put_off,
}
