"""Media sessions: asks the media engine for what each call needs, and makes it anew when the engine was restarted.

Answers may come after the call has moved on; each callback therefore looks whether its leg is still there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.lifecycle import ConsultState
from civicline.core.model import Contact
from civicline.voice import listening
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.hearing import Hearing, hearing
from civicline.voice.media import client
from civicline.voice.media.client import Command, NgError, NoAnswerError
from civicline.voice.media_link import Body
from civicline.voice.names import CALLER

if TYPE_CHECKING:
    from civicline.voice.application import Application

log = logging.getLogger(__name__)

AGAIN_S = 1.0
Then = Callable[[], None]


def answer_caller(app: Application, call: Call, local: LocalLeg, then: Then) -> None:
    """Give the caller's leg a port at the engine; `then` when its SDP is there."""
    sdp = local.remote_sdp

    def answered(body: Body) -> None:
        local.heard = (app.media.instance(call.media), sdp, local.source)
        _got(app, call, local, body, then)

    is_new = local.phase is Phase.ARRIVED
    offer, answer = client.alone(call.contact, local.id, sdp, local.source, hold_back=is_new)
    app.media.send(call.media, offer)
    again = partial(answer_caller, app, call, local, then)
    app.media.send(call.media, answer, answered, lambda _: _later(app, call, local, again))


def confirm(app: Application, call: Call, local: LocalLeg) -> None:
    """The caller is there: what is held back may be sent. An engine that was restarted holds nothing back."""

    def failed(error: NgError) -> None:
        if isinstance(error, NoAnswerError) and app.local.get(local.id) is local:
            app.endpoint.call_later(AGAIN_S, partial(confirm, app, call, local))

    app.media.send(call.media, client.confirm(call.contact, local.id), failed=failed)


def offer_agent(app: Application, call: Call, caller: LocalLeg, local: LocalLeg, then: Then) -> None:
    """Give the leg of somebody whom we ring a port; `then` when its SDP is there."""
    command = client.offer_agent(call.contact, caller.id, local.id, caller.remote_sdp, caller.source)
    _offer(app, call, local, command, then)


def offer_person(app: Application, call: Call, local: LocalLeg, then: Then) -> None:
    """Give the leg of somebody whom we ring back a port; `then` when its SDP is there."""
    _offer(app, call, local, client.offer_outbound(call.contact, local.id), then)


def _offer(app: Application, call: Call, local: LocalLeg, command: Command, then: Then) -> None:
    again = partial(_offer, app, call, local, command, then)
    got = partial(_got, app, call, local, then=then)
    app.media.send(call.media, command, got, lambda _: _later(app, call, local, again))


def _later(app: Application, call: Call, local: LocalLeg, again: Then) -> None:
    """The engine stood still: a leg that has no port yet asks again as long as it is there, others are made anew."""
    call.renewing = ""

    def due() -> None:
        if app.local.get(local.id) is local and not local.local_sdp:
            again()
        else:
            app.mend(call.contact)

    app.endpoint.call_later(AGAIN_S, due)


def answer_person(app: Application, call: Call, local: LocalLeg) -> None:
    """They have answered: prompts can be played to them."""
    if local.instance == app.media.instance(call.media):
        answer = client.answer_outbound(call.contact, local.id, local.remote_sdp, local.source)
        app.media.send(call.media, answer)
        local.heard = _now(app, call, local)


def _got(app: Application, call: Call, local: LocalLeg, body: Body, then: Then) -> None:
    if app.local.get(local.id) is local:
        local.local_sdp, local.instance = str(body["sdp"]), app.media.instance(call.media)
        then()


def mend(app: Application, call: Call, contact: Contact) -> None:
    """Let the legs hear whom the folded state says, once for each change and for each instance of the engine."""
    wanted = hearing(contact)
    names = (*wanted.together, *wanted.alone)
    legs = {name: app.local[name] for name in names if name in app.local and app.local[name].phase is Phase.UP}
    instance = app.media.instance(call.media)
    if not instance or len(legs) < len(names):
        return
    if call.hearing == wanted and all(_is_told(app, call, leg) for leg in legs.values()):
        return
    if any(leg.instance != instance for leg in legs.values()):
        renew(app, call)
        return
    before, call.hearing = call.hearing, wanted
    _separate(app, call, wanted, legs, before.together if before else ())
    _join(app, call, wanted, legs)
    if contact.leg in wanted.together:
        listening.stop_waiting(call.listening)
        call.listening.step = call.listening.play = ""


def _separate(
    app: Application, call: Call, wanted: Hearing, legs: dict[str, LocalLeg], before: tuple[str, ...]
) -> None:
    """Take legs from those whom they heard, and tell the engine what it does not know of a leg. The second of two is
    told with their bridge."""
    for name, leg in legs.items():
        is_second = wanted.together[1:] == (name,)
        if (name in wanted.alone and name in before) or not (_is_told(app, call, leg) or is_second):
            _set_alone(app, call, leg)
    if wanted.music:
        files = app.playlist.files([], music=True)
        app.media.send(call.media, client.play(call.contact, wanted.music, files, play_id="hold", loop="all"))


def _is_told(app: Application, call: Call, leg: LocalLeg) -> bool:
    return leg.heard == _now(app, call, leg)


def _now(app: Application, call: Call, leg: LocalLeg) -> tuple[str, str, str]:
    return app.media.instance(call.media), leg.remote_sdp, leg.source


def _set_alone(app: Application, call: Call, leg: LocalLeg) -> None:
    for command in client.alone(call.contact, leg.id, leg.remote_sdp, leg.source):
        app.media.send(call.media, command)
    leg.heard = _now(app, call, leg)


def _join(app: Application, call: Call, wanted: Hearing, legs: dict[str, LocalLeg]) -> None:
    if not wanted.together:
        return
    first, second = (legs[name] for name in wanted.together[:2])
    if len(wanted.together) > 2:
        joined = client.conference(call.contact, wanted.together)
        app.media.send(call.media, joined, failed=lambda error: _not_joined(app, call, error))
        return
    for leg in (first, second):
        app.media.send(call.media, client.stop(call.contact, leg.id))
    answer = client.answer_agent(call.contact, first.id, second.id, second.remote_sdp, second.source)
    app.media.send(call.media, answer, lambda body: _joined(app, first, str(body["sdp"])))
    second.heard = _now(app, call, second)


def _not_joined(app: Application, call: Call, error: NgError) -> None:
    """The engine has no conferences (rtpengine): the representative speaks to the third aside. One that was restarted
    does not know the call, and is told all anew as soon as its ping says so."""
    if isinstance(error, NoAnswerError) or str(error) == client.UNKNOWN_CALL:
        return
    contact = app.state.contacts.get(call.contact)
    if contact is not None and contact.consult is not None and contact.consult.state is ConsultState.JOINED:
        app.ask(requests.TurnConsult(contact.agent or "", call.contact, ConsultState.ASIDE))


def _joined(app: Application, first: LocalLeg, sdp: str) -> None:
    """rtpengine gives the first leg another port in a bridge; our engine never does."""
    if app.local.get(first.id) is first and _media(sdp) != _media(first.local_sdp):
        first.local_sdp = sdp
        app.endpoint.reinvite(first.id, sdp)


def _media(sdp: str) -> str:
    return next((line for line in sdp.splitlines() if line.startswith("m=audio ")), "").split(" RTP")[0]


def renew(app: Application, call: Call) -> None:
    """Make the call's sessions anew and tell each far end where the media is now."""
    instance = app.media.instance(call.media)
    if call.renewing == instance:
        return
    call.renewing = instance
    call.hearing = None
    call.listening.play = ""
    caller = app.local.get(_caller_leg(app, call))
    if caller is None or not caller.remote_sdp:
        call.renewing = ""  # whatever comes next tries again
        return
    before = caller.local_sdp
    answer_caller(app, call, caller, lambda: _renewed_caller(app, call, caller, before))


def _renewed_caller(app: Application, call: Call, caller: LocalLeg, before: str) -> None:
    _tell_far_end(app, caller, before)
    for name in sorted(call.legs):
        agent = app.local.get(name)
        if agent is not None and agent is not caller and agent.phase is not Phase.LEAVING:
            _renew_agent(app, call, caller, agent)
    app.mend(call.contact)


def _renew_agent(app: Application, call: Call, caller: LocalLeg, agent: LocalLeg) -> None:
    before = agent.local_sdp

    def then() -> None:
        _tell_far_end(app, agent, before)
        app.mend(call.contact)

    offer_agent(app, call, caller, agent, then)


def _tell_far_end(app: Application, local: LocalLeg, before: str) -> None:
    """A re-INVITE where the media moved. Where it did not, only a leg taken up before its ACK needs its 200 again."""
    if local.phase is Phase.UP and local.local_sdp != before:
        app.endpoint.reinvite(local.id, local.local_sdp)
    elif local.phase is Phase.UP:
        app.endpoint.answer(local.id, local.local_sdp)


def drop(app: Application, call: Call, leg: str) -> None:
    """Not the caller's own: with it the whole session ends."""
    if app.media.instance(call.media) and leg != _caller_leg(app, call):
        app.media.send(call.media, client.drop_leg(call.contact, leg))


def delete(app: Application, call: Call) -> None:
    app.media.send(call.media, client.delete(call.contact))


def if_silent(app: Application, index: int, contact: str, leg: str) -> None:
    """Ask the engine whether the leg is still silent, and its phone once more if so."""

    def looked(body: Body) -> None:
        tags = body.get("tags")
        tag = tags.get(leg) if isinstance(tags, dict) else None
        if isinstance(tag, dict) and tag.get("silent"):
            app.watch_silent(contact, leg)

    if leg in app.local:
        app.media.send(index, client.query(contact), looked)


def _caller_leg(app: Application, call: Call) -> str:
    """The one that the person arrived by, or was last rung by."""
    contact = app.state.contacts.get(call.contact)
    return contact.leg if contact is not None else call.contact + CALLER
