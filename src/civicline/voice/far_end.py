"""What the far end does by itself in a call: changes its media, holds, resumes, transfers by its own key.

Hold by a phone is what RFC 3264 section 8.4 says: `sendonly` or `inactive`, or in the old way the address 0.0.0.0. It
is answered at once, since it is the phone's own; what follows from it for the others is the journal's to say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from civicline.core import requests
from civicline.core.in_call import refer_to
from civicline.voice import store
from civicline.voice.calls import LocalLeg, Phase
from civicline.voice.dialable import as_in_pack
from civicline.voice.media import sdp as sdps
from civicline.voice.sip.api import EndedBy

if TYPE_CHECKING:
    from civicline.voice.application import Application

_SESSION = re.compile(r"^o=\S+ (\d+) (\d+) ", re.M)
GONE = (408, 481)
Skeleton = tuple[tuple[str, str, str], ...]
DECIDED_WITHIN_S = 5.0
"""A REFER that came to something has ended the leg by then."""


def reoffered(app: Application, leg: str, sdp: str | None) -> str | None:
    """The answer to a re-INVITE, or our offer where it had none; None refuses it (488).

    Our port stays where it is. What we say is our description from then on, and is stored with what the far end said.
    """
    local = app.local.get(leg)
    if local is None or not local.local_sdp:
        return None
    if sdp is None:
        local.local_sdp = _offer(local.local_sdp)
        return local.local_sdp
    try:
        offer = sdps.parse(sdp)
        answer = _answer(local.local_sdp, offer)
    except sdps.SdpError:
        return None
    if offer.port:  # else its audio is off: we keep our port for when it comes back
        local.local_sdp = answer
    if (sdp, app.endpoint.heard_from(leg)) != (local.remote_sdp, local.source):
        _take(app, local, sdp)
    return answer


def _offer(own: str) -> str:
    """All that we can, what was agreed first (RFC 3261 section 14.2)."""
    ours = sdps.parse(own)
    laws = tuple(dict.fromkeys((*ours.laws, *sdps.LAWS)))
    dtmf = sdps.DEFAULT_DTMF if ours.dtmf is None else ours.dtmf
    return _next(own, lambda session: sdps.write(
        ours.host, ours.port, laws, dtmf=dtmf, session=session, skeleton=ours.skeleton
    ))  # fmt: skip


def _answer(own: str, offer: sdps.Description) -> str:
    """By RFC 3264 section 6: of the laws that were offered, as many m= lines as were offered, their number for digits,
    the reverse of their direction. A law of ours stays while it is offered, as the media engine has it."""
    ours = sdps.parse(own)
    laws = tuple(law for law in ours.laws if law in offer.laws) or offer.laws[:1]
    skeleton = offer.skeleton if offer.port else _refused(offer.skeleton)
    direction = sdps.REVERSE[offer.direction]
    return _next(own, lambda session: sdps.write(
        ours.host, ours.port, laws, dtmf=offer.dtmf, direction=direction, session=session, skeleton=skeleton
    ))  # fmt: skip


def _refused(skeleton: Skeleton) -> Skeleton:
    """Port 0 is answered with port 0."""
    return tuple(("audio" if kind == "*" else kind, transport, first) for kind, transport, first in skeleton)


def _next(own: str, written: Callable[[tuple[int, int]], str]) -> str:
    """The description that follows `own`: of the same session, and its version rises with a change and never else
    (RFC 3264 section 8)."""
    found = _SESSION.search(own)
    session, version = (int(found[1]), int(found[2])) if found is not None else (0, 0)
    same = written((session, version))
    return same if same == own else written((session, version + 1))


def reinvited(app: Application, leg: str, sdp: str | None, code: int) -> None:
    """The far end answered our offer, or refused it."""
    local = app.local.get(leg)
    if local is not None and code == 200 and sdp is not None and sdps.is_usable(sdp):
        if local.unstored or app.endpoint.heard_from(leg) != local.source or _is_news(local, sdp):
            _take(app, local, sdp)
    elif local is not None and code in GONE:
        app.ended(leg, EndedBy.LOST)


def _is_news(local: LocalLeg, answer: str) -> bool:
    """Whether an answer says more than that all is as it was: another endpoint, direction or number for digits, or not
    the law that we send. It names fewer laws than the offer that is known, and its version may rise each time; a
    keep-alive is to cost the journal nothing, and to part nobody."""
    try:
        known, told, ours = sdps.parse(local.remote_sdp), sdps.parse(answer), sdps.parse(local.local_sdp)
    except sdps.SdpError:
        return True
    is_there = (told.host, told.port, told.direction) == (known.host, known.port, known.direction)
    return not is_there or ours.laws[0] not in told.laws or told.dtmf not in (None, known.dtmf)


def _take(app: Application, local: LocalLeg, sdp: str) -> None:
    """The far end's new description: the engine learns it, and it is stored with whether the far end holds. The rules
    take no notice of a hold that goes on. Where the journal takes no more, the next keep-alive stores it."""
    local.remote_sdp, local.source = sdp, app.endpoint.heard_from(local.id)
    if local.phase is Phase.UP:
        dialog = app.endpoint.dialog(local.id)
        keep = store.keep_leg(local, dialog) if dialog is not None else []
        asked = requests.PhoneHeld(local.id) if _holds(sdp) else requests.PhoneResumed(local.id)
        local.unstored = not app.ask(asked, keep=keep)
    app.mend(local.contact)


def _holds(sdp: str) -> bool:
    try:
        return bool(sdp) and not sdps.parse(sdp).receives
    except sdps.SdpError:
        return False


def referred(app: Application, leg: str, to_user: str) -> bool:
    """REFER from a representative's phone: a blind transfer, if the target is one of ours or an allowed office."""
    local, known, agency = app.local.get(leg), app.state.legs.get(leg), app.state.agency
    if local is None or known is None or known.agent is None or local.phase is not Phase.UP or agency is None:
        return False
    asked = refer_to(app.state, known, as_in_pack(agency, to_user), time.time())
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
