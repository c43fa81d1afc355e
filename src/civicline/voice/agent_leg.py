"""The representative's leg: ring the phone once, store the answer, then let the state decide.

The INVITE's names come from the leg's, so a restarted process that finds an offer without an answer sends the very
same INVITE: to the phone that is a retransmission, and it goes on ringing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.lifecycle import Failure, LegState
from civicline.core.model import Leg
from civicline.voice import bridge, store
from civicline.voice.calls import Call, LocalLeg, Phase

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


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None and leg.state in (LegState.NEW, LegState.RINGING):
        _begin(app, call, leg)
    elif local is not None and local.phase is Phase.OFFERING and local.local_sdp:
        _ring(app, call, leg, local)
    elif local is not None and local.phase is Phase.STORING and leg.state is LegState.ANSWERED:
        _put_through(app, local)


def _put_through(app: Application, local: LocalLeg) -> None:
    """The phone still sends to where its INVITE said: tell it when the media moved while it rang."""
    local.phase = Phase.UP
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
    local.phase, local.rung_sdp = Phase.RINGING, local.local_sdp
    left_s = max(0.5, _ring_s(app, call) - _since_offer_s(app, leg))
    local.timer = app.endpoint.call_later(left_s, lambda: _no_answer(app, local))
    rung = app.endpoint.ring(
        leg.id,
        phones[0].contact,
        leg.agent or "",
        local.local_sdp,
        call.number or "anonymous",
        app.names.dialog(leg.id),
        via=phones[0].source,
    )
    if not rung:
        _fail(app, local, Failure.UNREACHABLE)


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
    app.endpoint.hang_up(local.id)
    app.ask(requests.LegFailed(local.id, failure))


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
