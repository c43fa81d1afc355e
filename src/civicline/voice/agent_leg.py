"""The representative's leg: ring the phone once, store the answer, then let the state decide.

The INVITE's names come from the leg's, so a restarted process that finds an offer without an answer sends the very
same INVITE: to the phone that is a retransmission, and it goes on ringing. The phone's 200 gets its ACK only when the
answer is stored: a process that is killed before leaves a phone that repeats its 200 to the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.lifecycle import Failure, LegState
from civicline.core.model import Leg
from civicline.voice import bridge, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.media.client import DUMMY_SDP
from civicline.voice.sip.api import Binding

if TYPE_CHECKING:
    from civicline.voice.application import Application

FAILURE = {
    486: Failure.BUSY,
    600: Failure.BUSY,
    603: Failure.DECLINED,
    403: Failure.DECLINED,
    408: Failure.UNREACHABLE,
    480: Failure.UNREACHABLE,
}
DEFAULT_RING_S = 20.0
KNOWN_FOR_S = 25.0
"""A phone knows an INVITE again for 32 s (RFC 3261, 64*T1) after its answer; less, to be on the safe side."""


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None and leg.state in (LegState.NEW, LegState.RINGING):
        _begin(app, call, leg)
    elif local is not None and local.phase is Phase.OFFERING and local.local_sdp:
        _ring(app, call, leg, local)
    elif local is not None and local.phase is Phase.STORING and leg.state is LegState.ANSWERED:
        _put_through(app, local)


def _put_through(app: Application, local: LocalLeg) -> None:
    """The answer is stored: it gets its ACK. The phone still sends to where its INVITE said: tell it when the media
    moved while it rang."""
    local.phase = Phase.UP
    app.endpoint.acknowledge(local.id)
    if local.local_sdp != local.rung_sdp:
        app.endpoint.reinvite(local.id, local.local_sdp)


def _begin(app: Application, call: Call, leg: Leg) -> None:
    contact = app.state.contacts.get(call.contact)
    caller = app.local.get(contact.leg) if contact else None
    if caller is None or not caller.remote_sdp:
        return
    local = app.local[leg.id] = LocalLeg(leg.id, call.contact, Phase.OFFERING)
    bridge.offer_agent(app, call, caller, local, lambda: app.mend(call.contact))


def _ring(app: Application, call: Call, leg: Leg, local: LocalLeg) -> None:
    phones = app.phones.of(leg.agent or "")
    if not phones:
        _fail(app, local, Failure.UNREACHABLE)
        return
    local.phase = Phase.RINGING
    # A phone that a process before us rang was told that one's media, and takes this INVITE for a retransmission.
    local.rung_sdp = "" if leg.state is LegState.RINGING else local.local_sdp
    left_s = max(0.5, _ring_s(app, call) - _since_offer_s(app, leg))
    local.timer = app.endpoint.call_later(left_s, lambda: _no_answer(app, local))
    if not _invite(app, call, leg, phones[0], local.local_sdp):
        _fail(app, local, Failure.UNREACHABLE)


def _invite(app: Application, call: Call, leg: Leg, phone: Binding, sdp: str) -> bool:
    user, ids = leg.agent or "", app.names.dialog(leg.id)
    return app.endpoint.ring(leg.id, phone.contact, user, sdp, call.number or "anonymous", ids, via=phone.source)


def silence(app: Application, call: Call, leg: Leg) -> None:
    """A leg that should end, and that a process before us may have left ringing: send the same INVITE, to be able to
    cancel it. Later than `KNOWN_FOR_S` the phone would take it for a new call."""
    phones = app.phones.of(leg.agent or "")
    if phones and leg.ending_at is not None and app.elapsed_s(leg.ending_at) < KNOWN_FOR_S:
        _invite(app, call, leg, phones[0], DUMMY_SDP)


def _ring_s(app: Application, call: Call) -> float:
    contact, agency = app.state.contacts.get(call.contact), app.state.agency
    queue = agency.queues.get(contact.queue or "") if contact and agency else None
    return queue.ring_s if queue else DEFAULT_RING_S


def _since_offer_s(app: Application, leg: Leg) -> float:
    offer = app.state.offers.get(leg.id)
    return app.elapsed_s(offer.at) if offer else 0.0


def _no_answer(app: Application, local: LocalLeg) -> None:
    local.timer = None
    _fail(app, local, Failure.NO_ANSWER)


def _fail(app: Application, local: LocalLeg, failure: Failure) -> None:
    if local.phase is Phase.LEAVING:
        return
    if local.timer is not None:
        local.timer.cancel()
    local.phase = Phase.LEAVING
    app.ask(requests.LegFailed(local.id, failure))
    app.endpoint.hang_up(local.id)


def answered(app: Application, leg: str, sdp: str | None, dialog: bytes) -> None:
    """The phone took the call. It is put through when the journal says so."""
    local = app.local.get(leg)
    if local is None or local.phase is not Phase.RINGING or sdp is None:
        app.endpoint.hang_up(leg)
        return
    if local.timer is not None:
        local.timer.cancel()
        local.timer = None
    local.phase, local.remote_sdp = Phase.STORING, sdp
    app.ask(requests.LegPickedUp(leg), keep=store.keep_leg(local, dialog))


def failed(app: Application, leg: str, code: int) -> None:
    local = app.local.get(leg)
    if local is not None:
        _fail(app, local, FAILURE.get(code, Failure.UNREACHABLE))
