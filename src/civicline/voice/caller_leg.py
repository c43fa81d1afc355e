"""The caller's leg: from INVITE to 200 OK, each step stored before the next is taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.lifecycle import HungUpBy, LegState
from civicline.core.model import Leg
from civicline.voice import bridge, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.dialable import canonical, number_to_ring
from civicline.voice.media import sdp as sdps
from civicline.voice.names import contact_of
from civicline.voice.sip.api import Invite

if TYPE_CHECKING:
    from civicline.voice.application import Application

NOT_FOUND = (404, "Not Found")
NO_AUDIO = (488, "Not Acceptable Here")
LATER = (503, "Service Unavailable")
DECIDED_WITHIN_S = 10.0
"""If the engine has not taken the call by then it is told to come again (an engine restart takes about 2 s)."""
INVITE_AGAIN_S = 35.0
"""A caller sends an unanswered INVITE again for 32 s (RFC 3261, 64*T1); one that was not answered before a restart and
does not come again by then has gone."""


def invited(app: Application, invite: Invite) -> None:
    """A call arrives, or arrives again at a restarted process."""
    agency = app.state.agency
    contact = contact_of(invite.leg)
    if agency is None:
        app.endpoint.refuse(invite.leg, *LATER, retry_after_s=5)
    elif invite.to_user not in agency.lines:
        app.endpoint.refuse(invite.leg, *NOT_FOUND)
    elif invite.sdp is None or not sdps.is_usable(invite.sdp):
        app.endpoint.refuse(invite.leg, *NO_AUDIO)
    else:
        _arrive(app, invite, contact, invite.sdp)


def _arrive(app: Application, invite: Invite, contact: str, sdp: str) -> None:
    known = app.local.get(invite.leg)
    if known is not None:
        known.stop_timer()
    number = "" if invite.private else (invite.asserted_user or invite.from_user)
    call = app.call(contact)
    call.number = number
    call.legs.add(invite.leg)
    local = app.local[invite.leg] = LocalLeg(invite.leg, contact, Phase.ARRIVED, remote_sdp=sdp)
    caller = app.names.number(canonical(app.state.agency, number))
    asked = requests.CallArrived(contact, invite.to_user, caller, invite.leg, app.node, may_ring=_may_ring(app, number))
    if not app.ask(asked, keep=store.keep_number(contact, number, time.time() + app.pack.sealed_s)):
        _come_again(app, call, local)
        return
    local.timer = app.endpoint.call_later(DECIDED_WITHIN_S, lambda: _come_again(app, call, local))
    bridge.answer_caller(app, call, local, lambda: app.mend(contact))


def _may_ring(app: Application, number: str) -> bool:
    agency = app.state.agency
    return agency is not None and number_to_ring(agency, number) is not None


def _come_again(app: Application, call: Call, local: LocalLeg) -> None:
    """Refuse for now; what the journal may yet say of this call finds it over."""
    if local.phase is not Phase.ARRIVED:
        return
    local.timer = None
    app.endpoint.refuse(local.id, *LATER, retry_after_s=5)
    app.ask(requests.LegHungUp(local.id, HungUpBy.US))
    if local.id not in app.state.legs:
        call.legs.discard(local.id)
        app.local.pop(local.id, None)
        app.mend(call.contact)


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None:
        _await_invite(app, call, leg)
    elif leg.state is LegState.NEW and local.phase is Phase.ARRIVED and local.local_sdp:
        _pick_up(app, local)
    elif leg.state is LegState.ANSWERED and local.phase is Phase.STORING:
        local.phase = Phase.UP
        app.endpoint.answer(local.id, local.local_sdp)


def _await_invite(app: Application, call: Call, leg: Leg) -> None:
    """After a restart, before the caller's INVITE came again."""
    local = app.local[leg.id] = LocalLeg(leg.id, call.contact, Phase.ARRIVED)

    def give_up() -> None:
        local.timer = None
        app.ask(requests.LegHungUp(leg.id, HungUpBy.LOST))

    local.timer = app.endpoint.call_later(INVITE_AGAIN_S, give_up)


def _pick_up(app: Application, local: LocalLeg) -> None:
    """Store the dialog; the 200 leaves when the journal says that it is stored."""
    local.stop_timer()
    dialog = app.endpoint.dialog(local.id)
    if dialog is None:
        return
    local.phase = Phase.STORING
    app.ask(requests.LegPickedUp(local.id), keep=store.keep_leg(local, dialog))
