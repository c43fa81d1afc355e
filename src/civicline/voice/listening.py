"""What the caller hears and presses: carries out the step that `ivr.steps` computes from the contact."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.lifecycle import ContactState, Recording
from civicline.core.model import Contact
from civicline.core.requests import Request
from civicline.people.sealing import Statement
from civicline.voice import keying
from civicline.voice.calls import Call, Listening, Phase
from civicline.voice.ivr.present import step_of
from civicline.voice.ivr.step import REFUSE_KEY, Requests, Spoken, Step, spoken_to
from civicline.voice.media import client

if TYPE_CHECKING:
    from civicline.voice.application import Application

DIGITS = "0123456789*#"
REFUSAL = DIGITS.index(REFUSE_KEY)
AHEAD_MAX = 24
"""Keys that are kept for steps to come."""
ASK_AGAIN_S = 3.0
"""A step that was answered but did not move (the request was lost with the database) is asked again."""
TWICE_S = 0.35
"""The same key so soon after is the same press: it does not answer the next question of a survey."""


def _step(app: Application, call: Call) -> tuple[Contact, Step] | None:
    contact, agency = app.state.contacts.get(call.contact), app.state.agency
    step = step_of(contact, agency, app.state.urgent) if contact is not None and agency is not None else None
    return (contact, step) if contact is not None and step is not None else None


def mend(app: Application, call: Call, contact: Contact) -> None:
    """Begin the step that the contact is at, unless it is under way."""
    found, heard = _step(app, call), call.listening
    caller = app.local.get(contact.leg)
    if found is None:
        _leave(app, contact, heard.ahead)
        heard.ahead = []
        return
    if caller is None or caller.phase is not Phase.UP:
        return
    if heard.step != found[1].id:
        _enter(heard, found[1])
        if not found[1].takes_ahead:
            heard.ahead = [event for event in heard.ahead if _refuses(found[1], event)]
        _take_ahead(app, call, contact, found[1])
    must_say = not heard.play or _refused_now(heard, contact)
    if not heard.answered and must_say and caller.instance == app.media.instance(call.media):
        play(app, call, contact, found[1])


def _enter(heard: Listening, step: Step) -> None:
    stop_waiting(heard)
    heard.step, heard.tries, heard.play, heard.answered = step.id, 0, "", False
    heard.began, heard.mistaken, heard.typed = False, False, ""


def _leave(app: Application, contact: Contact, events: Sequence[int]) -> None:
    """No step is left: of keys that were pressed for one, or in the talk, a refusal counts. Another office's own menu
    may ask for the same key, and after the talk it would destroy what was kept without a word."""
    may = contact.state is ContactState.TALKING and contact.recording is not Recording.REFUSED
    if may and REFUSAL in events:
        app.ask(requests.RefuseRecording(contact.id))


def _take_ahead(app: Application, call: Call, contact: Contact, step: Step) -> None:
    """Keys that were pressed before their step was open: who calls often need not wait for the prompt. A step that only
    says something leaves them, in their order, to the next one."""
    heard = call.listening
    if heard.ahead and (not step.after or DIGITS[heard.ahead[0]] in step.keys):
        _count(app, call, contact, step, heard.ahead.pop(0))
    while heard.ahead and heard.typed and not heard.answered:
        _count(app, call, contact, step, heard.ahead.pop(0))


def play(app: Application, call: Call, contact: Contact, step: Step, *before: str) -> None:
    """Say the step's prompts, with what must be said first."""
    heard = call.listening
    refused = ("recording_refused",) if _refused_now(heard, contact) else ()
    languages = _languages(app, contact, step)
    first = [Spoken(name, language) for name in (*refused, *before) for language in languages]
    first += [] if heard.began else step.first
    heard.refusing, heard.began, heard.resting, heard.typed = heard.refusing and not refused, True, False, ""
    _say(app, call, contact, step, [*first, *keying.read_back(call, step.prompts)])


def _say(app: Application, call: Call, contact: Contact, step: Step, spoken: Sequence[Spoken]) -> None:
    heard = call.listening
    stop_waiting(heard)
    heard.turn += 1
    # Music goes on over a restart of ours; a prompt begins again, since its end may not have been heard of.
    heard.play = f"{step.id}-{heard.turn}" if step.music else f"{app.run_id}-{step.id}-{heard.turn}"
    files = app.playlist.files(spoken, music=step.music)
    loop = "all" if step.comes_again else "last" if step.music else ""
    app.media.send(call.media, client.play(call.contact, contact.leg, files, play_id=heard.play, loop=loop))


def _languages(app: Application, contact: Contact, step: Step) -> list[str]:
    """Those of the step: before one is chosen it speaks all of them."""
    own = [spoken_to(contact, app.state.agency)] if app.state.agency else []
    return list(dict.fromkeys(spoken.language for spoken in step.prompts)) or own


def finished(app: Application, call: Call, play: str) -> None:
    """The prompts were heard to the end."""
    found, heard = _step(app, call), call.listening
    if found is None or play != heard.play or heard.answered:
        return
    contact, step = found
    if step.heard and not heard.resting:
        app.ask(*step.heard)
    if step.rest and not heard.resting:
        heard.resting = True
        _say(app, call, contact, step, step.rest)
    elif step.after:
        answer(app, call, tuple(_as_heard(app, step, each) for each in step.after))
    elif step.asks:
        heard.timer = app.endpoint.call_later(step.timeout_s, lambda: try_again(app, call, "no_key"))


def _as_heard(app: Application, step: Step, asked: Request) -> Request:
    """A notice that could not be made was not heard."""
    if not isinstance(asked, requests.PlayedNotice):
        return asked
    return replace(asked, said=app.playlist.has(step.prompts))


def pressed(app: Application, call: Call, leg: str, event: int) -> None:
    """A digit, by its RFC 4733 event number. Digits are never logged. In a talk only a refusal counts, at another
    office nothing."""
    contact = app.state.contacts.get(call.contact)
    if contact is None or leg != contact.leg or not 0 <= event < len(DIGITS):
        return
    found = _step(app, call)
    if found is None:
        _leave(app, contact, [event])
    elif not _is_again(call.listening, event) or found[1].takes_ahead:
        _count(app, call, *found, event)


def _count(app: Application, call: Call, contact: Contact, step: Step, event: int) -> None:
    """Do what the key means now, or keep it for the step to come."""
    heard, asked = call.listening, step.keys.get(DIGITS[event])
    if heard.answered or heard.step != step.id or (asked is None and step.after):
        heard.ahead = [*heard.ahead, event][-AHEAD_MAX:]
    elif step.collected is not None:
        keying.pressed(app, call, contact, step, DIGITS[event])
    elif DIGITS[event] in step.again:
        play(app, call, contact, step)
    elif asked is None:
        if step.asks:
            stop_waiting(heard)
            try_again(app, call, "invalid_key")
    else:
        _pressed(app, call, contact, step, asked)


def _is_again(heard: Listening, event: int) -> bool:
    before, at = heard.last_key, time.monotonic()
    heard.last_key = (event, at)
    return before is not None and before[0] == event and at - before[1] < TWICE_S


def _pressed(app: Application, call: Call, contact: Contact, step: Step, asked: Requests) -> None:
    if not _is_refusal(asked):
        answer(app, call, asked)
        return
    call.listening.refusing = True
    if len(asked) > 1:  # it takes the caller on
        answer(app, call, asked)
    else:
        app.ask(*asked)
        mend(app, call, contact)


def _refuses(step: Step, event: int) -> bool:
    return _is_refusal(step.keys.get(DIGITS[event], ()))


def _is_refusal(asked: Requests) -> bool:
    return bool(asked) and isinstance(asked[0], requests.RefuseRecording)


def _refused_now(heard: Listening, contact: Contact) -> bool:
    """Said when it is stored, and not before: whoever was told so is not recorded, whatever is killed."""
    return heard.refusing and contact.recording is Recording.REFUSED


def try_again(app: Application, call: Call, why: str) -> None:
    """Nothing, or nothing valid, was pressed: say so and ask again; after the last try go on without an answer."""
    found, heard = _step(app, call), call.listening
    heard.timer = None
    if found is None or heard.step != found[1].id or heard.answered:
        return
    heard.tries += 1
    heard.mistaken = heard.mistaken or why != "no_key"
    if heard.tries >= found[1].tries:
        answer(app, call, found[1].invalid if heard.mistaken else found[1].silence)
    else:
        play(app, call, *found, why)


def answer(app: Application, call: Call, asked: tuple[Request, ...], keep: Sequence[Statement] = ()) -> None:
    """The step is over: ask for what follows, with `keep` in the same transaction."""
    heard = call.listening
    stop_waiting(heard)
    heard.answered = True
    asked, more = keying.settled(app, call, asked)
    app.ask(*asked, keep=[*keep, *more])
    step = heard.step
    heard.timer = app.endpoint.call_later(ASK_AGAIN_S, lambda: _unmoved(app, call, step))


def _unmoved(app: Application, call: Call, step: str) -> None:
    """The answer led nowhere in time: open the step again."""
    heard = call.listening
    found = _step(app, call)
    if found is not None and heard.step == step == found[1].id and heard.answered:
        heard.timer, heard.answered, heard.play = None, False, ""
        mend(app, call, found[0])


def stop_waiting(heard: Listening) -> None:
    if heard.timer is not None:
        heard.timer.cancel()
        heard.timer = None
