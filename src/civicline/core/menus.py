"""Callers in the menus: what follows from where a key leads, and where a caller begins.

Where a caller stands is in the contact (`menu`, `trail`, `message`, `digits`), so whoever folds the journal knows it.
A menu that is entered again cuts the trail at its first visit: going round in circles is always undone by going back
as many times as there are menus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import chosen_time, hours, joining
from civicline.core import menu_facts as facts
from civicline.core import menu_requests as requests
from civicline.core.agency import Agency, Line, Way, WayKind
from civicline.core.callback_facts import CodeAsked
from civicline.core.facts import ContactTurnedAway
from civicline.core.joining import Record
from civicline.core.lifecycle import ContactState, TopicBy, TurnedAwayFor
from civicline.core.model import Contact, State


def in_menu(state: State, contact_id: str) -> Contact | None:
    """The contact while it is in the menu and has heard the notice: so nobody gets anywhere without it."""
    contact = state.contacts.get(contact_id)
    here = contact is not None and contact.state is ContactState.MENU and contact.notice_at is not None
    return contact if here else None


def begin(state: State, contact: Contact, at: float, record: Record) -> None:
    """The language is known: enter the line's first menu, or go straight to the line's topic."""
    agency = state.agency
    assert agency is not None
    line = agency.lines.get(contact.line)
    menu = _first_menu(agency, line, at) if line is not None else ""
    if line is not None and menu is None:
        record(ContactTurnedAway(at, contact.id, TurnedAwayFor.CLOSED))
    elif menu:
        record(facts.MenuEntered(at, contact.id, menu))
    else:
        joining.by_topic(state, contact, line.topic if line else None, TopicBy.LINE, at, record)


def _first_menu(agency: Agency, line: Line, at: float) -> str | None:
    """None: the line is closed. "": it has a topic in place of a menu."""
    if hours.is_open(agency, line.calendar, at):
        return "" if line.topic in agency.topics else _known(agency, line.menu, at)
    return _known(agency, line.closed_menu, at) or None


def _known(agency: Agency, menu: str, at: float) -> str:
    """The menu that holds at this hour; "" for one that the pack does not have."""
    found = agency.menus.get(menu)
    if found is None:
        return ""
    now = (each.menu for each in found.instead if hours.is_open(agency, each.calendar, at))
    return next((each for each in now if each in agency.menus), menu)


def follow_pack(state: State, contact: Contact, at: float, record: Record) -> None:
    """A new pack no longer has what the caller is in: back to the menu, or to the beginning."""
    agency = state.agency
    if agency is None or contact.menu is None:
        return
    gone = contact.message is not None and contact.message not in agency.messages
    gone = gone or (contact.digits is not None and contact.digits not in agency.digits)
    gone = gone or (contact.code_asked and "code_ask" not in agency.prompts)
    gone = gone or (contact.found is not None and "time_found" not in agency.prompts)
    gone = gone or (contact.times is not None and not _tells_times(agency, contact.times.topic))
    if contact.menu not in agency.menus:
        begin(state, contact, at, record)
    elif gone:
        record(facts.MenuEntered(at, contact.id, contact.menu, contact.trail))


def _tells_times(agency: Agency, topic: str | None) -> bool:
    return chosen_time.queue_for(agency, topic) is not None and "times_ask_menu" in agency.prompts


def follow(state: State, contact: Contact, way: Way, at: float, record: Record) -> None:
    """Go where a way leads. What the pack does not have leads to the operator."""
    agency = state.agency
    assert agency is not None
    if way.kind is WayKind.MENU and way.to in agency.menus:
        _enter(agency, contact, way.to, at, record)
    elif way.kind is WayKind.MESSAGE and way.to in agency.messages:
        record(facts.MessageBegun(at, contact.id, way.to))
    elif way.kind is WayKind.DIGITS and way.to in agency.digits:
        record(facts.DigitsAsked(at, contact.id, way.to))
    elif way.kind is WayKind.PLACE:
        record(CodeAsked(at, contact.id))
    elif way.kind is WayKind.TIMES and chosen_time.queue_for(agency, way.to) is not None:
        chosen_time.for_topic(state, contact, way.to, at, record)
    elif way.kind is WayKind.QUEUE and way.to in agency.queues:
        joining.by_queue(state, contact, way.to, at, record)
    else:
        topic = way.to if way.kind is WayKind.TOPIC else None
        joining.by_topic(state, contact, topic, TopicBy.KEY if topic else TopicBy.OPERATOR_KEY, at, record)


def _enter(agency: Agency, contact: Contact, wanted: str, at: float, record: Record) -> None:
    menu = _known(agency, wanted, at)
    behind = (*contact.trail, contact.menu) if contact.menu else contact.trail
    if menu in behind:
        behind = behind[: behind.index(menu)]
    record(facts.MenuEntered(at, contact.id, menu, behind))


def _way_asked(kind: WayKind, name: str) -> Callable[[State, Any, float, Record], None]:
    """The answer to a request that asks for one way; what the pack does not have is passed over."""

    def answer(state: State, request: Any, at: float, record: Record) -> None:
        contact, to = in_menu(state, request.contact), getattr(request, name)
        agency = state.agency
        if contact is None or agency is None or to not in getattr(agency, _TABLES[kind]):
            return
        if kind is not WayKind.TIMES or chosen_time.queue_for(agency, to) is not None:
            follow(state, contact, Way(kind, to), at, record)

    return answer


_TABLES = {
    WayKind.MENU: "menus",
    WayKind.MESSAGE: "messages",
    WayKind.DIGITS: "digits",
    WayKind.QUEUE: "queues",
    WayKind.TIMES: "topics",
}


def _go_back(state: State, request: requests.GoBack, at: float, record: Record) -> None:
    contact, agency = in_menu(state, request.contact), state.agency
    if contact is None or agency is None or contact.menu is None:
        return
    trail = [each for each in contact.trail if each in agency.menus]
    if _is_beside(contact):
        record(facts.MenuEntered(at, contact.id, contact.menu, contact.trail))
    elif trail:
        record(facts.MenuEntered(at, contact.id, trail[-1], tuple(trail[:-1])))


def _is_beside(contact: Contact) -> bool:
    """In something that a key of its menu led to, which is no menu itself."""
    asked = contact.digits is not None or contact.code_asked or contact.times is not None
    return asked or contact.message is not None or contact.found is not None


def _heard_message(state: State, request: requests.HeardMessage, at: float, record: Record) -> None:
    contact = in_menu(state, request.contact)
    if contact is not None and contact.message == request.message:
        record(facts.MessageHeard(at, contact.id, request.message))


def _entered_digits(state: State, request: requests.EnteredDigits, at: float, record: Record) -> None:
    contact = in_menu(state, request.contact)
    if contact is not None and contact.digits == request.digits and not contact.digits_entered:
        record(facts.DigitsEntered(at, contact.id, request.digits))


def _confirm_digits(state: State, request: requests.ConfirmDigits, at: float, record: Record) -> None:
    contact, agency = in_menu(state, request.contact), state.agency
    if contact is None or agency is None or contact.digits is None or not contact.digits_entered:
        return
    then = agency.digits[contact.digits].then
    record(facts.DigitsConfirmed(at, contact.id, contact.digits))
    follow(state, contact, then, at, record)


def _reject_digits(state: State, request: requests.RejectDigits, at: float, record: Record) -> None:
    contact = in_menu(state, request.contact)
    if contact is not None and contact.digits is not None and contact.digits_entered:
        record(facts.DigitsAsked(at, contact.id, contact.digits))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.EnterMenu: _way_asked(WayKind.MENU, "menu"),
    requests.HearMessage: _way_asked(WayKind.MESSAGE, "message"),
    requests.AskDigits: _way_asked(WayKind.DIGITS, "digits"),
    requests.ChooseQueue: _way_asked(WayKind.QUEUE, "queue"),
    requests.HearTimes: _way_asked(WayKind.TIMES, "topic"),
    requests.GoBack: _go_back,
    requests.HeardMessage: _heard_message,
    requests.EnteredDigits: _entered_digits,
    requests.ConfirmDigits: _confirm_digits,
    requests.RejectDigits: _reject_digits,
}
