"""Digits that a caller keys in: gathered, sealed, read back, forgotten; or the code of a place, gathered and looked up.

Never logged and never in a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from civicline.core import claiming
from civicline.core.callback_requests import ClaimPlace
from civicline.core.menu_requests import RejectDigits
from civicline.core.model import Contact
from civicline.people.sealing import Statement
from civicline.voice import listening, store
from civicline.voice.calls import Call
from civicline.voice.ivr.step import BACK_KEY, ENTERED, REPEAT_KEY, Collected, Requests, Spoken, Step
from civicline.voice.media import client

if TYPE_CHECKING:
    from civicline.voice.application import Application

PAUSE_S = 5.0
"""After the last digit: long enough to look at the paper again."""


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
        heard.timer = app.endpoint.call_later(PAUSE_S, lambda: _complete(app, call, collected))


def _complete(app: Application, call: Call, collected: Collected) -> None:
    heard = call.listening
    heard.timer = None
    if len(heard.typed) < collected.shortest:
        listening.try_again(app, call, "invalid_key")
        return
    if not collected.digits:
        lost = claiming.whose(app.state, heard.typed, app.state.now)
        listening.answer(app, call, (ClaimPlace(call.contact, lost),))
        return
    call.digits = heard.typed
    listening.answer(app, call, collected.entered, store.keep_digits(call.contact, collected.digits, call.digits))


def read_back(call: Call, prompts: Iterable[Spoken]) -> Iterator[Spoken]:
    """The prompts, with the digits that were keyed in in place of `ENTERED`."""
    for each in prompts:
        if each.name == ENTERED:
            yield from (Spoken(f"digit.{digit}", each.language) for digit in call.digits)
        else:
            yield each


def forgotten(call: Call, asked: Requests) -> list[Statement]:
    """Digits that were wrong are not kept."""
    if not isinstance(asked[0], RejectDigits):
        return []
    call.digits = ""
    return store.forget_digits(call.contact)
