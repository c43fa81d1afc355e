"""The way back from another telephone: whoever keys in the code of a kept place has that place.

Only voice sees what is keyed in; it says whose code that is (`whose`), and here it is decided whether the place can
still be had. Guessing is in vain: six digits, `GUESSES` in a call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import callback_requests as requests
from civicline.core import joining
from civicline.core.joining import Record
from civicline.core.lifecycle import PROMISED, TopicBy
from civicline.core.menus import in_menu
from civicline.core.model import Contact, State

CODE_DIGITS = 6
GUESSES = 3


def code_of(state: State, contact_id: str) -> str:
    """For a new promise: digits that no open promise has. The same for whoever decides it again."""
    names = (hashlib.sha256(f"code {contact_id} {turn}".encode()).digest() for turn in count())
    codes = (f"{int.from_bytes(name[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}" for name in names)
    return next(code for code in codes if code not in state.derived.codes)


def whose(state: State, code: str, at: float) -> str:
    """The contact that has the place of this code now, and can give it; "" for none. Of several the last promise's."""
    promised = ((contact.promise, _holder(state, contact)) for contact in state.contacts.values() if contact.promise)
    holders = ((promise.made_at, each) for promise, each in promised if promise.code == code)
    return max(((made_at, each.id) for made_at, each in holders if is_kept(state, each, at)), default=(0.0, ""))[1]


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
    record(facts.CodeUnknown(at, contact.id))
    if contact.code_guesses >= GUESSES:
        joining.by_topic(state, contact, None, TopicBy.INVALID_KEYS, at, record)


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.AskCode: _ask,
    requests.ClaimPlace: _claim,
}
