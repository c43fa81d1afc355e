"""Digits that a caller keys in: gathered, sealed, read back, forgotten; codes of places, which are looked up at once.

Never logged and never in a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from civicline.core import callback_requests, claiming
from civicline.core.menu_requests import RejectDigits
from civicline.core.model import Contact
from civicline.journal import timers
from civicline.people.sealing import DISPOSE, Statement
from civicline.voice import listening, store
from civicline.voice.calls import Call
from civicline.voice.dialable import number_to_ring
from civicline.voice.ivr.callback_steps import NUMBER
from civicline.voice.ivr.step import BACK_KEY, ENTERED, REPEAT_KEY, Collected, Keyed, Requests, Spoken, Step
from civicline.voice.media import client

if TYPE_CHECKING:
    from civicline.voice.application import Application

PAUSE_S = {Keyed.DIGITS: 5.0, Keyed.CODE: 5.0, Keyed.NUMBER: 8.0}
"""After the last digit: long enough to look at the paper again. Part of a number may be somebody else's."""


def pressed(app: Application, call: Call, contact: Contact, step: Step, key: str) -> None:
    """A key while digits are asked for: 0 to 9 are digits, # ends them, * goes back."""
    collected, heard = step.collected, call.listening
    assert collected is not None
    listening.stop_waiting(heard)
    if key == BACK_KEY:
        listening.answer(app, call, collected.back)
    elif key != REPEAT_KEY:
        _digit(app, call, contact, step.id, collected, key)
    elif heard.typed:
        _complete(app, call, collected)
    else:
        listening.play(app, call, contact, step)


def _digit(app: Application, call: Call, contact: Contact, step: str, collected: Collected, key: str) -> None:
    heard = call.listening
    if not heard.typed:
        heard.turn += 1
        heard.play = f"{app.run_id}-{step}-{heard.turn}-keying"
        app.media.send(call.media, client.stop(call.contact, contact.leg))
    heard.typed += key
    if len(heard.typed) >= collected.longest:
        _complete(app, call, collected)
    else:
        heard.timer = app.endpoint.call_later(PAUSE_S[collected.keyed], lambda: _complete(app, call, collected))


def _complete(app: Application, call: Call, collected: Collected) -> None:
    heard = call.listening
    heard.timer = None
    if len(heard.typed) < collected.shortest:
        listening.try_again(app, call, "invalid_key")
    else:
        _TAKEN[collected.keyed](app, call, collected, heard.typed)


def _keep(app: Application, call: Call, collected: Collected, typed: str) -> None:
    call.digits = typed
    listening.answer(app, call, collected.entered, store.keep_digits(call.contact, collected.name, typed))


def _claim(app: Application, call: Call, collected: Collected, typed: str) -> None:
    lost = claiming.whose(app.state, typed, app.state.now)
    listening.answer(app, call, (callback_requests.ClaimPlace(call.contact, lost),))


def _number(app: Application, call: Call, collected: Collected, typed: str) -> None:
    if _dialled(app, typed) is None:
        listening.try_again(app, call, "number_wrong")
    else:
        _keep(app, call, collected, typed)


_TAKEN: dict[Keyed, Callable[[Application, Call, Collected, str], None]] = {
    Keyed.DIGITS: _keep,
    Keyed.CODE: _claim,
    Keyed.NUMBER: _number,
}


def _dialled(app: Application, typed: str) -> str | None:
    return number_to_ring(app.state.agency, typed) if app.state.agency is not None else None


def read_back(call: Call, prompts: Iterable[Spoken]) -> Iterator[Spoken]:
    """The prompts, with the digits that were keyed in in place of `ENTERED`."""
    for each in prompts:
        if each.name == ENTERED:
            yield from (Spoken(f"digit.{digit}", each.language) for digit in call.digits)
        else:
            yield each


def settled(app: Application, call: Call, asked: Requests) -> tuple[Requests, list[Statement]]:
    """What is asked for indeed, and what is kept or forgotten with it: a number that was confirmed is kept under its
    hash, which nothing overwrites; what was wrong is not kept; until a time that was chosen the number is."""
    first = asked[0]
    if isinstance(first, RejectDigits):
        call.digits = ""
        return asked, store.forget_digits(call.contact)
    if isinstance(first, (callback_requests.AskNumber, callback_requests.LeaveNumber)):
        call.digits = ""
        return asked, store.forget_named(call.contact, NUMBER)
    if isinstance(first, callback_requests.GiveNumber):
        return _given(app, call)
    if isinstance(first, callback_requests.TakeTime):
        return asked, [timers.scheduled(DISPOSE, call.contact, first.slot + app.pack.sealed_s, {})]
    return asked, []


def _given(app: Application, call: Call) -> tuple[Requests, list[Statement]]:
    """A number that a new pack no longer lets us ring is asked for again."""
    number = _dialled(app, call.digits)
    forget = store.forget_named(call.contact, NUMBER)
    if number is None:
        return (callback_requests.AskNumber(call.contact),), forget
    given = callback_requests.GiveNumber(call.contact, app.names.number(number))
    return (given,), [*store.keep_callback_number(call.contact, given.number, number), *forget]
