"""An office that offers every caller to be called back, and does it: `office_process.py DATA TEXT`; says its address.

It plays the offer until the goodbye, rings who called, greets them, is silent for their key, and lets a representative
talk. `civicline.demo.callers` rings it.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from civicline.demo import sound
from civicline.demo.chance import Chance
from civicline.demo.line import new_names, uri
from civicline.demo.log import Log
from civicline.demo.offers import PROMPT
from civicline.demo.phones import Phones
from civicline.demo.sound import Voice
from civicline.demo.talker import Talker
from civicline.voice.media.sdp import LAWS
from civicline.voice.media.sound import Sound
from civicline.voice.prompts.library import Library
from civicline.voice.sip.api import Invite

HOST = "127.0.0.1"
OFFER_S, GREETING_S, KEY_S, TALK_S = 10.0, 1.0, 4.0, 2.0


class Office(Phones):
    def __init__(self, offer: Voice) -> None:
        super().__init__(HOST, (HOST, 9), {}, Log(Path("/dev/null")), Chance())
        self._offer = offer
        self._talkers: dict[str, Talker] = {}

    def invited(self, invite: Invite) -> None:
        talker = self._talker(invite.leg)
        talker.agree(invite.sdp or "")
        self.line.answer(invite.leg, talker.description())
        self._say(invite.leg, self._offer)
        self.line.call_later(OFFER_S, partial(self._goodbye, invite))

    def _goodbye(self, invite: Invite) -> None:
        self._hang_up_on(invite.leg)
        number, leg = f"+1{invite.from_user}", f"back {invite.leg}"
        target = uri(number, invite.source)
        self.line.ring(leg, target, number, self._talker(leg).description(), "100", new_names())

    def answered(self, leg: str, sdp: str | None, dialog: bytes) -> None:
        self._talkers[leg].agree(sdp or "")
        self._say(leg, self._offer)
        self.line.call_later(GREETING_S, lambda: self._talkers[leg].say(None))
        self.line.call_later(GREETING_S + KEY_S, lambda: self._talkers[leg].say(sound.representative()))
        self.line.call_later(GREETING_S + KEY_S + TALK_S, lambda: self._hang_up_on(leg))

    def _talker(self, leg: str) -> Talker:
        self._talkers[leg] = Talker(HOST, LAWS, 101, sound.caller())
        return self._talkers[leg]

    def _say(self, leg: str, voice: Voice) -> None:
        self._talkers[leg].say(voice)
        self.pacer.add(self._talkers[leg], lambda: None)

    def _hang_up_on(self, leg: str) -> None:
        self.line.hang_up(leg)
        self.pacer.remove(self._talkers[leg])


def main(data: str, text: str) -> None:
    said = Sound(Library(Path(data), Path(data)).path(PROMPT, "en", text))
    frames = {law: tuple(said.frame(law, index) for index in range(said.frames)) for law in LAWS}
    office = Office(Voice(frames, frozenset()))
    print(f'["{HOST}", {office.line.address[1]}]', flush=True)
    office.line.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
