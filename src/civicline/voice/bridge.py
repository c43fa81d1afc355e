"""Media sessions: asks the media engine for what each call needs, and makes it anew when the engine was restarted.

Answers may come after the call has moved on; each callback therefore looks whether its leg is still there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from civicline.core.model import Contact
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.media import client
from civicline.voice.media_link import Body

if TYPE_CHECKING:
    from civicline.voice.application import Application

log = logging.getLogger(__name__)

Then = Callable[[], None]


def answer_caller(app: Application, call: Call, local: LocalLeg, then: Then) -> None:
    """Give the caller's leg a port at the engine; `then` when its SDP is there."""
    app.media.send(call.media, client.offer_caller(call.contact, local.id, local.remote_sdp))
    app.media.send(
        call.media, client.answer_ivr(call.contact, local.id), lambda body: _got(app, call, local, body, then)
    )


def offer_agent(app: Application, call: Call, caller: LocalLeg, local: LocalLeg, then: Then) -> None:
    """Give the representative's leg a port; `then` when its SDP is there."""
    command = client.offer_agent(call.contact, caller.id, local.id, caller.remote_sdp)
    app.media.send(call.media, command, lambda body: _got(app, call, local, body, then))


def _got(app: Application, call: Call, local: LocalLeg, body: Body, then: Then) -> None:
    if app.local.get(local.id) is local:
        local.local_sdp, local.instance = str(body["sdp"]), app.media.instance(call.media)
        then()


def mend(app: Application, call: Call, contact: Contact) -> None:
    """Join the two legs, once for each instance of the engine."""
    caller, agent = app.local.get(contact.leg), app.local.get(contact.offer or "")
    instance = app.media.instance(call.media)
    ready = caller is not None and agent is not None and caller.phase is Phase.UP and agent.phase is Phase.UP
    if not ready or caller is None or agent is None or call.bridged == instance:
        return
    if caller.instance != instance or agent.instance != instance:
        renew(app, call)
        return
    call.bridged = instance
    call.listening.step = ""
    app.media.send(call.media, client.stop(call.contact, caller.id))
    answer = client.answer_agent(call.contact, caller.id, agent.id, agent.remote_sdp)
    app.media.send(call.media, answer, lambda body: _joined(app, caller, str(body["sdp"])))


def _joined(app: Application, caller: LocalLeg, sdp: str) -> None:
    """rtpengine gives the caller another port in a bridge; our engine never does."""
    if app.local.get(caller.id) is caller and _media(sdp) != _media(caller.local_sdp):
        caller.local_sdp = sdp
        app.endpoint.reinvite(caller.id, sdp)


def _media(sdp: str) -> str:
    return next((line for line in sdp.splitlines() if line.startswith("m=audio ")), "").split(" RTP")[0]


def renew(app: Application, call: Call) -> None:
    """Make the call's sessions anew and tell each far end where the media is now."""
    call.bridged = ""
    call.listening.play = ""
    caller = next((app.local[name] for name in call.legs if name in app.local and _is_caller(name)), None)
    if caller is None or not caller.remote_sdp:
        return
    before = caller.local_sdp
    answer_caller(app, call, caller, lambda: _renewed_caller(app, call, caller, before))


def _renewed_caller(app: Application, call: Call, caller: LocalLeg, before: str) -> None:
    _tell_far_end(app, caller, before)
    for name in sorted(call.legs):
        agent = app.local.get(name)
        if agent is not None and not _is_caller(name) and agent.phase is not Phase.LEAVING:
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


def learn(app: Application, call: Call, local: LocalLeg) -> None:
    """A far end answered our re-INVITE with other media: the engine must know."""
    call.bridged = ""
    if _is_caller(local.id):
        answer_caller(app, call, local, lambda: app.mend(call.contact))
    else:
        app.mend(call.contact)


def drop(app: Application, call: Call, leg: str) -> None:
    if app.media.instance(call.media) and not _is_caller(leg):
        call.bridged = ""
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


def _is_caller(leg: str) -> bool:
    return leg.endswith("-c")
