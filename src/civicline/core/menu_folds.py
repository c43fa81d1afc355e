"""Folds the facts of menus, of digits and codes, of positions in line and of urgent messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import deadlines
from civicline.core import menu_facts as facts
from civicline.core.callback_facts import CodeAsked, CodeUnknown, TimeFound, TimeGivenUp
from civicline.core.callback_folds import forget_promise, leave_questions
from civicline.core.lifecycle import CONTACT, LifecycleError
from civicline.core.model import Contact, Found, State, Urgent


def staying(state: State, fact: Any) -> Contact:
    """The contact, which this fact leaves in its state. Raises LifecycleError."""
    contact, name = state.contacts[fact.contact], type(fact).__name__
    if CONTACT.get((contact.state, name)) is not contact.state:
        raise LifecycleError(f"contact {contact.id} is {contact.state}: {name} cannot follow")
    return contact


def entering(state: State, fact: Any) -> Contact:
    """The contact, which comes to something new in the menus. Raises LifecycleError."""
    contact = staying(state, fact)
    contact.visit += 1
    contact.message = contact.digits = None
    contact.digits_entered = contact.code_asked = contact.code_unknown = False
    contact.found = None
    leave_questions(contact)
    return contact


def _menu_entered(state: State, fact: facts.MenuEntered) -> None:
    contact = entering(state, fact)
    contact.menu, contact.trail = fact.menu, fact.trail


def _message_begun(state: State, fact: facts.MessageBegun) -> None:
    entering(state, fact).message = fact.message


def _message_heard(state: State, fact: facts.MessageHeard) -> None:
    contact = staying(state, fact)
    contact.informed_at = fact.at if contact.informed_at is None else contact.informed_at


def _digits_asked(state: State, fact: facts.DigitsAsked) -> None:
    entering(state, fact).digits = fact.digits


def _digits_entered(state: State, fact: facts.DigitsEntered) -> None:
    contact = entering(state, fact)
    contact.digits, contact.digits_entered = fact.digits, True


def _digits_confirmed(state: State, fact: facts.DigitsConfirmed) -> None:
    entering(state, fact)


def _code_asked(state: State, fact: CodeAsked) -> None:
    entering(state, fact).code_asked = True


def _code_unknown(state: State, fact: CodeUnknown) -> None:
    contact = entering(state, fact)
    contact.code_asked = contact.code_unknown = True
    contact.code_guesses += 1


def _time_found(state: State, fact: TimeFound) -> None:
    entering(state, fact).found = Found(fact.promised, fact.slot, fact.at)


def _time_given_up(state: State, fact: TimeGivenUp) -> None:
    found = state.contacts[fact.contact].found
    contact = entering(state, fact)
    if found is not None:
        found.given_up, contact.found = True, found
        forget_promise(state, state.contacts[found.promised])


def _queue_chosen(state: State, fact: facts.QueueChosen) -> None:
    contact = staying(state, fact)
    contact.wants_queue = fact.queue
    leave_questions(contact)


def _position_told(state: State, fact: facts.PositionTold) -> None:
    contact = staying(state, fact)
    contact.told_at, contact.tells = fact.at, contact.tells + 1
    contact.position = contact.position if fact.position is None else fact.position
    contact.position_now = fact.position is not None
    contact.wait_now = fact.wait is not None and fact.wait.said
    if contact.wait_now:
        contact.wait = fact.wait
    if contact.first_wait is None and fact.wait is not None:
        contact.first_wait, contact.first_wait_at = fact.wait, fact.at
    deadlines.note(state, deadlines.POSITION, contact.id)


def _urgent_posted(state: State, fact: facts.UrgentPosted) -> None:
    state.urgent[fact.menu] = Urgent(fact.menu, fact.texts, fact.message, fact.until, fact.by, fact.at)
    deadlines.note(state, deadlines.URGENT, fact.menu)


def _urgent_lifted(state: State, fact: facts.UrgentLifted) -> None:
    del state.urgent[fact.menu]


FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.MenuEntered: _menu_entered,
    facts.MessageBegun: _message_begun,
    facts.MessageHeard: _message_heard,
    facts.DigitsAsked: _digits_asked,
    facts.DigitsEntered: _digits_entered,
    facts.DigitsConfirmed: _digits_confirmed,
    CodeAsked: _code_asked,
    CodeUnknown: _code_unknown,
    TimeFound: _time_found,
    TimeGivenUp: _time_given_up,
    facts.QueueChosen: _queue_chosen,
    facts.PositionTold: _position_told,
    facts.UrgentPosted: _urgent_posted,
    facts.UrgentLifted: _urgent_lifted,
}
