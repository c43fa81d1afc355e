"""Those who asked to be called back: some answer when they are rung, some are out or busy, some press nothing."""

from __future__ import annotations

from collections.abc import Callable

from civicline.demo import manner, sound
from civicline.demo.caller import Caller
from civicline.demo.chance import Chance, one_of
from civicline.demo.line import Line
from civicline.demo.manner import Manner
from civicline.demo.talker import Talker
from civicline.voice.media.sdp import SdpError
from civicline.voice.sip.api import Invite

BUSY_HERE, NOT_HERE, NOT_ACCEPTABLE = (486, "Busy Here"), (480, "Temporarily Unavailable"), (488, "Not Acceptable Here")
PICK_UP_S = (1.0, 4.0)
DIGITS = 10
"""Of a number as it is dialled within the country."""


class CalledBack:
    """`rings(leg, caller)` is told of each telephone that rings, `picks_up(leg)` when somebody is there."""

    def __init__(
        self,
        line: Line,
        host: str,
        chance: Chance,
        rings: Callable[[str, Caller], None],
        picks_up: Callable[[str], None],
    ) -> None:
        self._line, self._host, self._chance = line, host, chance
        self._rings, self._picks_up = rings, picks_up
        self._promised: dict[str, Manner] = {}

    def heard_goodbye(self, caller: Caller) -> None:
        """The first call is over; from now on the caller may be rung."""
        self._promised[caller.phone] = caller.manner

    def talked(self, caller: Caller) -> None:
        self._promised.pop(caller.phone, None)

    def invited(self, invite: Invite) -> None:
        phone = invite.to_user[-DIGITS:]
        before = self._promised.get(phone)
        how = one_of(self._chance, manner.AT_HOME)
        if before is None:
            self._line.refuse(invite.leg, *NOT_HERE)
        elif how == manner.BUSY:
            self._line.refuse(invite.leg, *BUSY_HERE)
        else:
            self._ring(invite, phone, manner.rung(self._chance, before, how), how)

    def _ring(self, invite: Invite, phone: str, now: Manner, how: str) -> None:
        talker = Talker(self._host, now.laws, now.dtmf, sound.representative())
        try:
            talker.agree(invite.sdp or "")
        except SdpError:
            talker.close()
            self._line.refuse(invite.leg, *NOT_ACCEPTABLE)
            return
        self._rings(invite.leg, Caller(now, talker, 0, rung=True, phone=phone))
        self._line.ring_back(invite.leg)
        if how != manner.RINGS_OUT:
            self._line.call_later(self._chance.uniform(*PICK_UP_S), lambda: self._picks_up(invite.leg))
