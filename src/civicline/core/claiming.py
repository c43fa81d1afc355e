"""The way back from another telephone: whoever keys in the code of a kept place has that place. The code of a time that
has not come says when that is, and it can be given up.

Only voice sees what is keyed in; it says whose code that is (`whose`), and here it is decided whether the place can
still be had. Guessing is in vain: six digits, `GUESSES` in a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core import joining
from civicline.core.joining import Record
from civicline.core.lifecycle import PROMISED, TopicBy
from civicline.core.menu_facts import MenuEntered
from civicline.core.menus import in_menu
from civicline.core.model import CALLBACK, Contact, State

GUESSES = 3


def whose(state: State, code: str, at: float) -> str:
    """The contact that has the place of this code now, and can give it, or whose time is ahead; "" for none. Of several
    the last promise's."""
    promised = ((contact.promise, _holder(state, contact)) for contact in state.contacts.values() if contact.promise)
    holders = ((promise.made_at, each) for promise, each in promised if promise.code == code)
    found = ((made_at, each.id) for made_at, each in holders if _was_told(each) or is_kept(state, each, at))
    return max(found, default=(0.0, ""))[1]


def _holder(state: State, contact: Contact) -> Contact:
    """Whoever the place was given to last."""
    while contact.restored_to in state.contacts:
        contact = state.contacts[contact.restored_to]
    return contact


def is_kept(state: State, contact: Contact, at: float) -> bool:
    """Promised a call and in line already; or missed, cut off or gone from the line a while ago. A chosen time that has
    not come yet is no place."""
    if contact.state in PROMISED:
        return contact.place is not None
    queue = state.agency.queues.get(contact.queue or "") if state.agency is not None else None
    if contact.left_at is None or queue is None or queue.callback is None:
        return False
    return at < contact.left_at + queue.callback.keep_place_s


def _was_told(contact: Contact) -> bool:
    """The code of a time that is ahead was said. Nobody was told the one of a booking: its page has a link."""
    return contact.is_ahead and contact.channel != CALLBACK


def _ask(state: State, request: requests.AskCode, at: float, record: Record) -> None:
    contact = in_menu(state, request.contact)
    if contact is not None and not contact.code_asked:
        record(facts.CodeAsked(at, contact.id))


def _claim(state: State, request: requests.ClaimPlace, at: float, record: Record) -> None:
    contact, lost = in_menu(state, request.contact), state.contacts.get(request.lost)
    if contact is None or not contact.code_asked:
        return
    if lost is not None and is_kept(state, lost, at):
        joining.by_code(state, contact, lost, at, record)
        return
    agency = state.agency
    tells = agency is not None and "time_found" in agency.prompts
    if tells and lost is not None and _was_told(lost) and lost.promise is not None:
        record(facts.TimeFound(at, contact.id, lost.id, lost.promise.next_at))
        return
    record(facts.CodeUnknown(at, contact.id))
    if contact.code_guesses >= GUESSES:
        joining.by_topic(state, contact, None, TopicBy.INVALID_KEYS, at, record)


def _give_up(state: State, request: requests.GiveUpTime, at: float, record: Record) -> None:
    """Even where the time has come meanwhile: then nobody is rung any more. Not where the person has been reached."""
    contact = in_menu(state, request.contact)
    if contact is None or contact.found is None or contact.found.given_up:
        return
    promised = state.contacts.get(contact.found.promised)
    if promised is not None and promised.state in PROMISED:
        record(facts.CallbackCancelled(at, promised.id))
        record(facts.TimeGivenUp(at, contact.id))
    elif contact.menu is not None:
        record(MenuEntered(at, contact.id, contact.menu, contact.trail))


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.AskCode: _ask,
    requests.ClaimPlace: _claim,
    requests.GiveUpTime: _give_up,
}
