"""Representatives' telephones: they register, ring, are picked up, talk and hang up. Nothing here knows the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from civicline.demo import chance, sound
from civicline.demo.chance import Chance
from civicline.demo.line import Line
from civicline.demo.log import Log
from civicline.demo.pacer import Pacer
from civicline.demo.register import Registration
from civicline.demo.talker import Talker
from civicline.voice.media.sdp import LAWS, SdpError
from civicline.voice.sip.api import Address, EndedBy, Invite

PICKS_UP, RINGS_OUT, BUSY, DECLINES = "picks up", "rings out", "busy", "declines"
MANNERS = {PICKS_UP: 94.0, RINGS_OUT: 3.0, BUSY: 2.0, DECLINES: 1.0}
PICK_UP_S = (1.0, 4.0)
TALK_S = 30.0
BUSY_HERE, DECLINE, NOT_ACCEPTABLE = (486, "Busy Here"), (603, "Decline"), (488, "Not Acceptable Here")
DTMF = 101


def _nobody_asks(user: str, ok: bool) -> None: ...


@dataclass
class Call:
    leg: str
    user: str
    talker: Talker
    up_at: float = 0.0
    """time.monotonic() of the answer; 0 while it rings."""


class Phones:
    """Implements `voice.sip.api.Events`. All telephones share one socket: the request's user says which rings."""

    def __init__(
        self,
        host: str,
        server: Address,
        passwords: Mapping[str, str],
        log: Log,
        drawn: Chance,
        registered: Callable[[str, bool], None] = _nobody_asks,
    ) -> None:
        self.line = Line(host, server[0], self)
        self.pacer = Pacer(self.line.call_later)
        self._host, self._log, self._chance = host, log, drawn
        self._calls: dict[str, Call] = {}
        self._registrations = [
            Registration(self.line, user, password, server, partial(registered, user))
            for user, password in passwords.items()
        ]

    def leave(self, then: Callable[[], None]) -> None:
        """Hang up and unregister, then call `then` once."""
        for call in list(self._calls.values()):
            self._over(call, "the demonstration")
            self.line.hang_up(call.leg)
        left = len(self._registrations)

        def gone() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                then()

        for registration in self._registrations:
            registration.leave(gone)

    def invited(self, invite: Invite) -> None:
        manner = chance.one_of(self._chance, MANNERS)
        busy = any(call.user == invite.to_user for call in self._calls.values())
        if busy or manner == BUSY:
            self.line.refuse(invite.leg, *BUSY_HERE)
        elif invite.sdp is None:
            self.line.refuse(invite.leg, *NOT_ACCEPTABLE)
        else:
            self._ring(invite, invite.sdp, manner)

    def _ring(self, invite: Invite, offer: str, manner: str) -> None:
        talker = Talker(self._host, LAWS, DTMF, sound.caller())
        try:
            talker.agree(offer)
        except SdpError:
            talker.close()
            self.line.refuse(invite.leg, *NOT_ACCEPTABLE)
            return
        call = self._calls[invite.leg] = Call(invite.leg, invite.to_user, talker)
        self.line.ring_back(invite.leg)
        if manner != RINGS_OUT:
            then = self._pick_up if manner == PICKS_UP else self._decline
            self.line.call_later(self._chance.uniform(*PICK_UP_S), lambda: then(call))

    def _pick_up(self, call: Call) -> None:
        if call.leg not in self._calls:
            return
        call.up_at = time.monotonic()
        call.talker.say(sound.representative())
        self.pacer.add(call.talker, lambda: None)
        self.line.answer(call.leg, call.talker.description())
        self.line.call_later(chance.lognormal(self._chance, TALK_S), lambda: self._hang_up(call))

    def _decline(self, call: Call) -> None:
        if call.leg in self._calls:
            self.line.refuse(call.leg, *DECLINE)
            self._over(call, "declined")

    def _hang_up(self, call: Call) -> None:
        if call.leg in self._calls:
            self.line.hang_up(call.leg)
            self._over(call, "representative")

    def _over(self, call: Call, by: str) -> None:
        if self._calls.pop(call.leg, None) is None:
            return
        if call.up_at:
            heard = call.talker.heard
            talk_s = round(time.monotonic() - call.up_at, 2)
            self._log.write(user=call.user, talk_s=talk_s, heard_caller=heard.voice, heard=heard.packets, by=by)
        self.pacer.remove(call.talker)
        call.talker.close()

    def ended(self, leg: str, by: EndedBy) -> None:
        if call := self._calls.get(leg):
            self._over(call, "not answered" if by is EndedBy.CANCEL else "far end")

    def reoffered(self, leg: str, sdp: str | None) -> str | None:
        call = self._calls.get(leg)
        if call is None:
            return None
        if sdp is not None:
            try:
                call.talker.agree(sdp)
            except SdpError:
                return None
        return call.talker.description()

    def ringing(self, leg: str) -> None: ...
    def answered(self, leg: str, sdp: str | None, dialog: bytes) -> None: ...
    def failed(self, leg: str, code: int, reason: str) -> None: ...
    def reinvited(self, leg: str, sdp: str | None, code: int) -> None: ...
    def referred(self, leg: str, to_user: str) -> bool:
        return False

    def alive(self, leg: str, ok: bool) -> None: ...
    def acknowledged(self, leg: str) -> None: ...
    def registered(self, user: str, contact_uri: str, expires_s: int) -> None: ...
