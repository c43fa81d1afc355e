"""The leg of somebody whom we ring, a representative or another office: ring once, store the answer, then let the state
decide. Whoever is rung back: `person_leg`.

The INVITE's names come from the leg's, so a restarted process that finds an offer without an answer sends the very
same INVITE: to the phone that is a retransmission, and it goes on ringing. The phone's 200 gets its ACK only when the
answer is stored: a process that is killed before leaves a phone that repeats its 200 to the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from civicline.core import deadlines, requests
from civicline.core.lifecycle import Failure, LegState
from civicline.core.model import Leg
from civicline.voice import bridge, calls_out, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.media import sdp as sdps
from civicline.voice.media.client import DUMMY_SDP
from civicline.voice.sip.api import Binding

if TYPE_CHECKING:
    from civicline.voice.application import Application

Invite = Callable[[str], bool]
"""Sends the INVITE with our SDP; False: it cannot."""
FAILURE = {
    486: Failure.BUSY,
    600: Failure.BUSY,
    603: Failure.DECLINED,
    403: Failure.DECLINED,
    408: Failure.UNREACHABLE,
    480: Failure.UNREACHABLE,
}
ANONYMOUS = "anonymous"
SHORTEST_S = 0.5
"""What is left of a ring after a restart, at least: the phone may just be picked up."""
KNOWN_FOR_S = 25.0
"""A phone knows an INVITE again for 32 s (RFC 3261, 64*T1) after its answer; less, to be on the safe side."""


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None and leg.state in (LegState.NEW, LegState.RINGING):
        _begin(app, call, leg)
    elif local is not None and local.phase is Phase.OFFERING and local.local_sdp:
        _ring(app, call, leg, local)
    elif local is not None and local.phase is Phase.STORING and leg.state is LegState.ANSWERED:
        put_through(app, local)


def put_through(app: Application, local: LocalLeg) -> None:
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


def _invite_of(app: Application, call: Call, leg: Leg) -> Invite | None:
    """None: the representative's phone is not registered, or there is no carrier or no such office."""
    if leg.office is not None:
        office = app.state.agency.offices.get(leg.office) if app.state.agency else None
        return partial(calls_out.invite, app, leg.id, office.number) if office and calls_out.carrier(app) else None
    phones = app.phones.of(leg.agent or "")
    return partial(_invite_phone, app, call, leg, phones[0]) if phones else None


def _invite_phone(app: Application, call: Call, leg: Leg, phone: Binding, sdp: str) -> bool:
    ids, shown = app.names.dialog(leg.id), call.number or ANONYMOUS
    return app.endpoint.ring(leg.id, phone.contact, leg.agent or "", sdp, shown, ids, via=phone.source)


def _ring(app: Application, call: Call, leg: Leg, local: LocalLeg) -> None:
    invite = _invite_of(app, call, leg)
    if invite is not None:
        rings(app, local, leg, _left_s(app, call, leg), invite)
    elif leg.agent is not None and not local.looked:
        local.looked = True
        app.phones.look(app.endpoint.call_soon, lambda: app.mend(call.contact))
    else:
        _fail(app, local, Failure.UNREACHABLE)


def rings(app: Application, local: LocalLeg, leg: Leg, left_s: float, invite: Invite) -> None:
    """Send the INVITE, by `invite` with our SDP; nobody there, or no answer in time, fails."""
    local.phase = Phase.RINGING
    # A phone that a process before us rang was told that one's media, and takes this INVITE for a retransmission.
    local.rung_sdp = "" if leg.state is LegState.RINGING else local.local_sdp
    later(app, local, max(SHORTEST_S, left_s), lambda: _fail(app, local, Failure.NO_ANSWER))
    if not invite(local.local_sdp):
        _fail(app, local, Failure.UNREACHABLE)


def later(app: Application, local: LocalLeg, seconds: float, fn: Callable[[], None]) -> None:
    """The leg's one timer."""

    def due() -> None:
        local.timer = None
        fn()

    local.stop_timer()
    local.timer = app.endpoint.call_later(seconds, due)


def silence(app: Application, call: Call, leg: Leg) -> None:
    """A leg that should end, and that a process before us may have left ringing: send the same INVITE, to be able to
    cancel it. Later than `KNOWN_FOR_S` the phone would take it for a new call."""
    invite = _invite_of(app, call, leg)
    if invite is not None and leg.ending_at is not None and app.elapsed_s(leg.ending_at) < KNOWN_FOR_S:
        invite(DUMMY_SDP)


def _left_s(app: Application, call: Call, leg: Leg) -> float:
    """How long the phone rings on; what it rang before a restart counts."""
    contact, offer = app.state.contacts.get(call.contact), app.state.offers.get(leg.id)
    queue = deadlines.queue_of(app.state, contact) if contact else None
    party = deadlines.party_rings(app.state, contact) if contact and offer is None else None
    since, ring_s = party or (offer.at if offer else app.state.now, queue.ring_s if queue else deadlines.RING_S)
    return ring_s - app.elapsed_s(since)


def _fail(app: Application, local: LocalLeg, failure: Failure) -> None:
    if local.phase is Phase.LEAVING:
        return
    local.stop_timer()
    local.phase = Phase.LEAVING
    app.ask(requests.LegFailed(local.id, failure))
    app.endpoint.hang_up(local.id)


def answered(app: Application, leg: str, sdp: str | None, dialog: bytes) -> None:
    """The phone took the call. It is put through when the journal says so."""
    local = app.local.get(leg)
    if local is None or local.phase is not Phase.RINGING or sdp is None or not sdps.is_usable(sdp):
        app.endpoint.hang_up(leg)
        return
    local.stop_timer()
    local.phase, local.remote_sdp, local.source = Phase.STORING, sdp, app.endpoint.heard_from(leg)
    app.ask(requests.LegPickedUp(leg), keep=store.keep_leg(local, dialog))
    app.mend(local.contact)  # what a process before us asked may be decided by now


def failed(app: Application, leg: str, code: int) -> None:
    local = app.local.get(leg)
    if local is not None:
        _fail(app, local, FAILURE.get(code, Failure.UNREACHABLE))
