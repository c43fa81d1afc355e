"""A number that is keyed in, to be rung there and not where the call came from.

Meanwhile the caller waits in line as before, and may be taken. The number belongs to the promise, not to the contact:
who called is still known by the number that the call came from, and the limits hold for both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback
from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core.callback_folds import leave_questions
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState, NumberStep
from civicline.core.menu_folds import staying
from civicline.core.model import Contact, State


def _may(state: State, contact: Contact, at: float) -> bool:
    """Whether it may key in a number."""
    policy = callback.policy_here(state, contact, at)
    return policy is not None and policy.other_numbers and contact.hold_offered_at is not None


def _ask(state: State, request: requests.AskNumber, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is not None and _may(state, contact, at):
        record(facts.NumberAsked(at, contact.id))
    elif contact is not None and contact.number_step is not None:
        record(facts.NumberLeft(at, contact.id))


def _enter(state: State, request: requests.EnteredNumber, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is not None and contact.number_step is NumberStep.ASKED:
        may = _may(state, contact, at)
        record(facts.NumberEntered(at, contact.id) if may else facts.NumberLeft(at, contact.id))


def _give(state: State, request: requests.GiveNumber, at: float, record: Record) -> None:
    """Whoever is offered to somebody just now is asked again when that one does not answer."""
    contact = callback.waiting_first(state, request.contact)
    if contact is None or contact.number_step is not NumberStep.ENTERED or contact.state is ContactState.OFFERED:
        return
    if not request.number or not _may(state, contact, at):
        record(facts.NumberLeft(at, contact.id))
        return
    why = callback.take(state, contact, at, record, request.number)
    if why is not None:
        record(facts.NumberDeclined(at, contact.id, why))


def _leave(state: State, request: requests.LeaveNumber, at: float, record: Record) -> None:
    contact = callback.waiting_first(state, request.contact)
    if contact is not None and contact.number_step is not None:
        record(facts.NumberLeft(at, contact.id))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.AskNumber: _ask,
    requests.EnteredNumber: _enter,
    requests.GiveNumber: _give,
    requests.LeaveNumber: _leave,
}


def _step(state: State, fact: Any, step: NumberStep | None) -> Contact:
    contact = staying(state, fact)
    leave_questions(contact)
    contact.number_step, contact.number_declined = step, None
    contact.number_visit += 1
    return contact


def _asked(state: State, fact: facts.NumberAsked) -> None:
    _step(state, fact, NumberStep.ASKED)


def _entered(state: State, fact: facts.NumberEntered) -> None:
    _step(state, fact, NumberStep.ENTERED)


def _declined(state: State, fact: facts.NumberDeclined) -> None:
    _step(state, fact, NumberStep.ASKED).number_declined = fact.why


def _left(state: State, fact: facts.NumberLeft) -> None:
    _step(state, fact, None)


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.NumberAsked: _asked,
    facts.NumberEntered: _entered,
    facts.NumberDeclined: _declined,
    facts.NumberLeft: _left,
}
