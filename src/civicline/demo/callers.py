"""The process of the made-up callers: `python -m civicline.demo.callers`. They know SIP and RTP, and nothing else."""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from civicline.demo import manner, offers, routes, sound
from civicline.demo.called_back import NOT_HERE, CalledBack
from civicline.demo.caller import Caller
from civicline.demo.line import Line, new_names, uri
from civicline.demo.log import Log
from civicline.demo.manner import Manner
from civicline.demo.pacer import Pacer
from civicline.demo.routes import Route
from civicline.demo.talker import Talker
from civicline.settings import address
from civicline.voice.media.sdp import SdpError
from civicline.voice.sip.api import Address, EndedBy, Invite

FIRST_BURST = 6
"""So many ring within the first seconds, as when an office opens, a rush among them; the first one knows the menu."""
BURST_S = 1.5
RUSH, RUSH_S, RUSH_EVERY_S = 8, 0.6, 240.0
"""So many ring one number one after another, at once and then every few minutes: a letter was mailed to people who
speak the second language, and few representatives do. So some are offered to be called back."""
RUSH_KEY = "2"
FIRST_TAKE = 2
"""So many of the first rush take it, so that a short demonstration shows a callback."""
AREAS = (303, 719, 720, 970, 307, 308, 402, 406, 435, 505, 520, 575, 602, 605, 620, 701, 785, 801, 806, 915)
LEAVE_S = 2.0
STATUS_S = 1.0
BY_THEM, BY_CALLER, BY_END = "they hung up", "caller hung up", "the demonstration ended"


class Callers:
    """Implements `voice.sip.api.Events`."""

    def __init__(
        self, at: Address, server: Address, ways: Sequence[Route], folder: Path, offer: frozenset[bytes] = frozenset()
    ) -> None:
        self.line = Line(at[0], server[0], self, at[1])
        self.placed = 0
        self._host, self._server, self._routes, self._offer = at[0], server, ways, offer
        self._log = Log(folder / "callers.jsonl")
        self._status = folder / "callers.json"
        self._callers: dict[str, Caller] = {}
        self._chance = random.Random()  # noqa: S311 -- people, not keys
        self._pacer = Pacer(self.line.call_later)
        self._called_back = CalledBack(self.line, at[0], self._chance, self._callers.__setitem__, self._pick_up)
        self._leaving = False
        self._report()

    def begin(self, per_minute: float, until: float | None) -> None:
        """Ring now and then: a Poisson process. `until`: seconds since 1970, when everybody hangs up."""
        if until is not None:
            self.line.call_later(max(0.0, until - time.time()), self.leave)
        self._next(60.0 / per_minute)
        ways = [route for route in self._routes if not route.keys and not route.speaks]
        if ways:
            self._rush(ways[:1], FIRST_TAKE)

    def _rush(self, way: Sequence[Route], take: int) -> None:
        """They all know the menu; the last `take` of them want to be called back for certain."""
        for number in range(RUSH):
            how = manner.draw(self._chance, way, manner.HURRIED, RUSH_KEY)
            certain = replace(how, takes_offer=True) if number >= RUSH - take else how
            self.line.call_later(number * RUSH_S, partial(self._ring, certain))
        self.line.call_later(RUSH_EVERY_S, lambda: self._rush(way, 0))

    def _next(self, mean_s: float) -> None:
        if self._leaving:
            return
        self._ring(manner.draw(self._chance, self._routes, manner.HURRIED if self.placed == 0 else ""))
        pause_s = self._chance.expovariate(1 / mean_s)
        early_s = self._chance.uniform(0.5, BURST_S)
        self.line.call_later(early_s if self.placed < FIRST_BURST else pause_s, lambda: self._next(mean_s))

    def _ring(self, how: Manner) -> None:
        if self._leaving:
            return
        self.placed += 1
        talker = Talker(self._host, how.laws, how.dtmf, sound.representative(), self._offer)
        phone = f"{self._chance.choice(AREAS)}555{self._chance.randrange(100, 200):04}"  # reserved for fiction
        caller = Caller(how, talker, self.placed, phone=phone)
        leg = f"caller {self.placed}"
        self._callers[leg] = caller
        names = new_names()
        self.line.ring(leg, uri(how.dial, self._server), how.dial, talker.description(), phone, names)

    def _pick_up(self, leg: str) -> None:
        """One of those who are called back; unless it has stopped ringing."""
        caller = self._callers.get(leg)
        if caller is not None:
            self.line.answer(leg, caller.talker.description())
            self._begin(leg, caller)

    def leave(self) -> None:
        """Everybody hangs up."""
        self._leaving = True
        for leg in list(self._callers):
            self.line.hang_up(leg)
            self._over(leg, BY_END)
        self._report()

    def answered(self, leg: str, sdp: str | None, dialog: bytes) -> None:
        caller = self._callers.get(leg)
        if caller is None:
            return
        try:
            caller.talker.agree(sdp or "")
        except SdpError:
            self.line.hang_up(leg)
            self._over(leg, "no sound agreed")
            return
        self._begin(leg, caller)

    def _begin(self, leg: str, caller: Caller) -> None:
        caller.answered(time.monotonic())
        self._pacer.add(caller.talker, partial(self._tick, leg, caller))

    def _tick(self, leg: str, caller: Caller) -> None:
        if not caller.tick(time.monotonic()):
            self.line.hang_up(leg)
            self._over(leg, BY_CALLER)

    def failed(self, leg: str, code: int, reason: str) -> None:
        self._over(leg, f"refused {code}")

    def ended(self, leg: str, by: EndedBy) -> None:
        self._over(leg, BY_THEM if by is EndedBy.BYE else "lost")

    def _over(self, leg: str, how: str) -> None:
        caller = self._callers.pop(leg, None)
        if caller is not None:
            if caller.talked_at is not None:
                self._called_back.talked(caller)
            elif caller.took_offer and how == BY_THEM:
                self._called_back.heard_goodbye(caller)
            self._log.write(**caller.account(how, time.monotonic()))
            self._pacer.remove(caller.talker)
            caller.talker.close()

    def reoffered(self, leg: str, sdp: str | None) -> str | None:
        caller = self._callers.get(leg)
        if caller is None:
            return None
        if sdp is not None:
            try:
                caller.talker.agree(sdp)
            except SdpError:
                return None
        return caller.talker.description()

    def _report(self) -> None:
        """Who is on the line now, for whoever watches."""
        stages = [str(caller.stage) for caller in self._callers.values() if caller.up_at is not None]
        body = {"placed": self.placed, "left": self._leaving, "stages": {name: stages.count(name) for name in stages}}
        draft = self._status.with_suffix(".new")
        draft.write_text(json.dumps(body))
        draft.replace(self._status)
        if not self._leaving:
            self.line.call_later(STATUS_S, self._report)

    def invited(self, invite: Invite) -> None:
        if self._leaving:
            self.line.refuse(invite.leg, *NOT_HERE)
        else:
            self._called_back.invited(invite)

    def ringing(self, leg: str) -> None: ...
    def reinvited(self, leg: str, sdp: str | None, code: int) -> None: ...
    def referred(self, leg: str, to_user: str) -> bool:
        return False

    def alive(self, leg: str, ok: bool) -> None: ...
    def acknowledged(self, leg: str) -> None: ...
    def registered(self, user: str, contact_uri: str, expires_s: int) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--routes", type=json.loads, required=True, help="as routes.to_json gives them")
    parser.add_argument("--per-minute", type=float, required=True)
    parser.add_argument("--until", type=float)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="where they can be rung")
    parser.add_argument("--offer", type=json.loads, default={}, help="what is said to offer a callback, by language")
    parser.add_argument("--data", type=Path, default=Path(".civicline"), help="the data folder: prompts")
    given = parser.parse_args()
    server = address("--server", given.server)
    ways, offer = routes.from_json(given.routes), offers.frames(given.data, given.offer)
    callers = Callers((given.host, given.port), (server.host, server.port), ways, given.folder, offer)
    signal.signal(signal.SIGTERM, lambda *_: callers.line.call_soon(partial(_stop, callers)))
    callers.begin(given.per_minute, given.until)
    callers.line.run()


def _stop(callers: Callers) -> None:
    """The BYEs leave first; their answers are waited for a moment."""
    callers.leave()
    callers.line.call_later(LEAVE_S, callers.line.stop)


if __name__ == "__main__":
    main()
