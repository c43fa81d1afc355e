"""From Sippy's events to the application's: one table of (what happened, the leg's phase)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from sippy.CCEvents import (
    CCEventConnect,
    CCEventDisconnect,
    CCEventFail,
    CCEventRedirect,
    CCEventRing,
    CCEventUpdate,
)

from civicline.voice.sip import dialog
from civicline.voice.sip.api import EndedBy, Events, Timer
from civicline.voice.sip.legs import Asking, Leg, Phase, accept, offer, refusal
from civicline.voice.sip.messages import body, sdp_of

GLARE = 491
MOST_GLARES = 5
GLARE_WAIT_S = (2.1, 4.0)  # RFC 3261 section 14.1, for the owner of the Call-ID; right for the other too
DIALOG_GONE = (408, 481)
ELSEWHERE = (408, 500, 502, 503, 504)
"""Answers of a carrier's host that say nothing about the number."""
_ORIGIN = re.compile(r"^(o=\S+ \S+ )(\d+)( [^\r\n]*)", re.M)
_ONE_WAY = re.compile(r"^a=(sendonly|recvonly|inactive)(?=\r?$)", re.M)


class Outcomes:
    """Handles what happens on legs. `forget(leg)` takes a leg out of the endpoint's table."""

    def __init__(
        self,
        events: Events,
        forget: Callable[[Leg], None],
        later: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self._events = events
        self._forget = forget
        self._later = later

    def happened(self, leg: Leg, event: Any) -> None:
        handler = HANDLERS.get((type(event), leg.phase))
        if handler:
            handler(self, leg, event)

    def offer_media(self, leg: Leg, sdp: str, asking: Asking) -> None:
        """Send a re-INVITE, or keep the latest media offer until the one under way has ended."""
        if leg.asking is None and leg.agent.state.sname == "Connected":
            leg.asking, leg.offered_sdp = asking, following(leg.agreed_sdp, both_ways(sdp))
            leg.tell(offer(leg.offered_sdp))
        elif asking is Asking.MEDIA:
            leg.waiting_sdp = sdp

    def next_offer(self, leg: Leg) -> None:
        sdp, leg.waiting_sdp = leg.waiting_sdp, None
        if sdp is not None and leg.phase is Phase.UP:
            self._later(0.0, lambda: self._still_up(leg, sdp))

    def _still_up(self, leg: Leg, sdp: str) -> None:
        if leg.phase is Phase.UP:
            self.offer_media(leg, sdp, Asking.MEDIA)

    def _rang(self, leg: Leg, event: Any) -> None:
        leg.heard = True
        if event.getData()[0] > 100 and not leg.rang:
            leg.rang = True
            self._events.ringing(leg.name)

    def _taken(self, leg: Leg, event: Any) -> None:
        leg.phase = Phase.UP
        leg.agreed_sdp = sdp_of(leg.agent.lSDP)
        self._events.answered(leg.name, sdp_of(event.getData()[2]), dialog.save(leg.agent))

    def _not_taken(self, leg: Leg, event: Any) -> None:
        code, reason = event.getData()[:2]
        self._over(leg)
        if leg.elsewhere is not None and not leg.rang and code in ELSEWHERE:
            leg.elsewhere()
        else:
            self._events.failed(leg.name, code, reason)

    def _offer_taken(self, leg: Leg, event: Any) -> None:
        asked, leg.asking, leg.refusals = leg.asking, None, 0
        leg.agreed_sdp = sdp_of(leg.agent.lSDP) or leg.agreed_sdp
        if asked is Asking.ALIVE:
            self._events.alive(leg.name, True)
        self._events.reinvited(leg.name, sdp_of(event.getData()[2]), 200)
        self.next_offer(leg)

    def _offer_refused(self, leg: Leg, event: Any) -> None:
        code = event.getData()[0]
        asked, leg.asking = leg.asking, None
        _put_back(leg)
        if code in DIALOG_GONE:
            self._gone(leg, asked)
        elif code == GLARE and asked is Asking.MEDIA and leg.refusals < MOST_GLARES:
            self._after_glare(leg, leg.waiting_sdp or leg.offered_sdp)
        elif asked is Asking.ALIVE:
            self._events.alive(leg.name, True)  # whoever refuses a re-INVITE knows the dialog
            self.next_offer(leg)
        else:
            self._events.reinvited(leg.name, None, code)
            self.next_offer(leg)

    def _after_glare(self, leg: Leg, sdp: str | None) -> None:
        leg.refusals += 1
        leg.waiting_sdp = sdp
        self._later(random.uniform(*GLARE_WAIT_S), lambda: self.next_offer(leg))  # noqa: S311

    def _gone(self, leg: Leg, asked: Asking | None) -> None:
        self._over(leg)
        if asked is Asking.ALIVE:
            self._events.alive(leg.name, False)
        self._events.ended(leg.name, EndedBy.LOST)

    def _reoffered(self, leg: Leg, event: Any) -> None:
        answer = self._events.reoffered(leg.name, sdp_of(event.getData()))
        if leg.phase is not Phase.UP:
            return
        if answer is None:
            leg.tell(refusal(488, "Not Acceptable Here"))
            _put_back(leg)
        else:
            leg.agreed_sdp = following(leg.agreed_sdp, answer)
            leg.tell(accept(leg.agreed_sdp))
        self.next_offer(leg)

    def _cancelled(self, leg: Leg, event: Any) -> None:
        self._over(leg)
        self._events.ended(leg.name, EndedBy.CANCEL)

    def _ended(self, leg: Leg, event: Any) -> None:
        self._over(leg)
        self._events.ended(leg.name, EndedBy.LOST if leg.agent.lost else EndedBy.BYE)

    def _over(self, leg: Leg) -> None:
        leg.phase = Phase.OVER
        self._forget(leg)


def both_ways(sdp: str) -> str:
    """We never hold by SIP. An offer that said only what the far end's hold left us could be answered with nothing but
    that hold, though it is over (RFC 3264 section 6.1)."""
    return _ONE_WAY.sub("a=sendrecv", sdp)


def following(before: str | None, sdp: str) -> str:
    """With the o= line that comes after `before`: of the same session, with a version that rises with each change and
    never goes back, be it a new media engine that wrote `sdp` (RFC 3264 section 8)."""
    last, this = _ORIGIN.search(before or ""), _ORIGIN.search(sdp)
    if last is None or this is None or (this[1] == last[1] and int(this[2]) > int(last[2])):
        return sdp
    same = _ORIGIN.sub(lambda _: last[0], sdp, count=1)
    return same if same == before else _ORIGIN.sub(lambda _: f"{last[1]}{int(last[2]) + 1}{last[3]}", sdp, count=1)


def after_restart(sdp: str, now: int) -> str:
    """What a process before us said last, as far as it was stored, with a version that is later than any that it can
    have said: the time in seconds, as RFC 8866 section 5.2 proposes."""
    return _ORIGIN.sub(lambda found: f"{found[1]}{max(int(found[2]) + 1, now)}{found[3]}", sdp, count=1)


def _put_back(leg: Leg) -> None:
    """Sippy forgets our SDP when an offer is refused, and cannot offer again without one."""
    leg.agent.lSDP = body(leg.agreed_sdp)


HANDLERS: dict[tuple[type, Phase], Callable[[Outcomes, Leg, Any], None]] = {
    (CCEventRing, Phase.CALLING): Outcomes._rang,
    (CCEventConnect, Phase.CALLING): Outcomes._taken,
    (CCEventFail, Phase.CALLING): Outcomes._not_taken,
    (CCEventRedirect, Phase.CALLING): Outcomes._not_taken,
    (CCEventDisconnect, Phase.ARRIVING): Outcomes._cancelled,
    (CCEventConnect, Phase.UP): Outcomes._offer_taken,
    (CCEventFail, Phase.UP): Outcomes._offer_refused,
    (CCEventRedirect, Phase.UP): Outcomes._offer_refused,
    (CCEventUpdate, Phase.UP): Outcomes._reoffered,
    (CCEventDisconnect, Phase.UP): Outcomes._ended,
}
