"""What the far end does by itself in a call: changes its media, holds, resumes, transfers by its own key.

Hold by a phone is what RFC 3264 section 8.4 says: `sendonly` or `inactive`, or in the old way the address 0.0.0.0. It
is answered at once, since it is the phone's own; what follows from it for the others is the journal's to say.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.in_call import refer_to
from civicline.voice import store
from civicline.voice.calls import LocalLeg, Phase
from civicline.voice.media import sdp as sdps
from civicline.voice.sip.api import EndedBy

if TYPE_CHECKING:
    from civicline.voice.application import Application

_ORIGIN = re.compile(r"^(o=\S+ \S+ )(\d+)", re.M)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\r?$", re.M)
GONE = (408, 481)
DECIDED_WITHIN_S = 5.0
"""A REFER that came to something has ended the leg by then."""


def reoffered(app: Application, leg: str, sdp: str | None) -> str | None:
    """The answer to a re-INVITE, or our offer where it had none; None refuses it (488).

    Our side stays where it is. A direction is answered by its reverse (RFC 3264 section 6.1).
    """
    local = app.local.get(leg)
    if local is None or not local.local_sdp:
        return None
    if sdp is None:
        return _described(local, "sendrecv")
    try:
        direction = sdps.REVERSE[sdps.parse(sdp).direction]
    except sdps.SdpError:
        return None
    _take(app, local, sdp)
    return _described(local, direction)


def _described(local: LocalLeg, direction: str) -> str:
    """Our description with that direction. Its version rises with each change (RFC 3264 section 8)."""
    local.turned += 1
    text = _ORIGIN.sub(lambda found: f"{found[1]}{int(found[2]) + local.turned}", local.local_sdp, count=1)
    return _DIRECTION.sub(f"a={direction}\r", text)


def reinvited(app: Application, leg: str, sdp: str | None, code: int) -> None:
    """The far end answered our offer, or refused it."""
    local = app.local.get(leg)
    if local is not None and code == 200 and sdp is not None:
        _take(app, local, sdp)
    elif local is not None and code in GONE:
        app.ended(leg, EndedBy.LOST)


def _take(app: Application, local: LocalLeg, sdp: str) -> None:
    """The far end's new description: the engine learns it, and it is stored with whether the far end holds. The rules
    take no notice of a hold that goes on."""
    if sdp == local.remote_sdp:
        return
    local.remote_sdp = sdp
    if local.phase is Phase.UP:
        dialog = app.endpoint.dialog(local.id)
        keep = store.keep_leg(local, dialog) if dialog is not None else []
        app.ask(requests.PhoneHeld(local.id) if _holds(sdp) else requests.PhoneResumed(local.id), keep=keep)
    app.mend(local.contact)


def _holds(sdp: str) -> bool:
    try:
        return bool(sdp) and not sdps.parse(sdp).receives
    except sdps.SdpError:
        return False


def referred(app: Application, leg: str, to_user: str) -> bool:
    """REFER from a representative's phone: a blind transfer, if the target is one of ours or an allowed office."""
    local, known = app.local.get(leg), app.state.legs.get(leg)
    if local is None or known is None or known.agent is None or local.phase is not Phase.UP:
        return False
    asked = refer_to(app.state, known, to_user, time.time())
    if asked is None or not app.ask(asked):
        return False
    local.referred = True
    app.endpoint.call_later(DECIDED_WITHIN_S, lambda: _refer_again(app, leg))
    return True


def _refer_again(app: Application, leg: str) -> None:
    """Nothing came of it, say because the colleague was rung meanwhile: the call is still this phone's."""
    local, known = app.local.get(leg), app.state.legs.get(leg)
    contact = app.state.contacts.get(known.contact) if known is not None else None
    if local is not None and local.referred and contact is not None and contact.offer == leg:
        local.referred = False
        app.endpoint.refer_over(leg, False)
