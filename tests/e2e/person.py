"""The telephone of somebody whom the centre rings: SIPp speaks SIP at a carrier's port, an ear the media.

with Person(port, sounds=town.sounds) as rung:
    rung.hear("ringing_back")
    rung.ear.press("1")
"""

from __future__ import annotations

import re

from e2e.callers import SCENARIOS
from e2e.sound import Sounds, one_zero
from e2e.witness import Ear
from peers.ports import eventually
from peers.sipp import Sipp

MEDIA = re.compile(r"^m=audio (\d+)", re.M)
LONGEST_S = 7200


class Person:
    """The telephone of whoever is rung back."""

    def __init__(self, port: int, rings_ms: int = 100, calls: int = 9, sounds: Sounds | None = None) -> None:
        self.ear = Ear()
        scenario, keys = SCENARIOS / "person.xml", {"ear": str(self.ear.port)}
        self.sipp = Sipp(scenario, port=port, calls=calls, code=rings_ms, keys=keys, timeout_s=LONGEST_S)
        self._sounds = sounds
        self._from = 0

    def __enter__(self) -> Person:
        self.sipp.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ear.close()
        self.sipp.__exit__(*error)

    def calls(self) -> set[str]:
        """By how many names it was rung."""
        return {m.header("Call-ID") or "" for m in self.sipp.messages() if not m.sent and m.start.startswith("INVITE")}

    def is_rung(self) -> bool:
        """And sends its sound to where the INVITE said."""
        found = [MEDIA.search(m.body) for m in self.sipp.messages() if not m.sent and m.start.startswith("INVITE")]
        if found and found[-1] is not None:
            self.ear.to = ("127.0.0.1", int(found[-1][1]))
        return bool(found)

    def has(self, sound: bytes) -> bool:
        self.is_rung()
        found = one_zero(self.ear.heard()).find(sound, self._from)
        self._from = max(self._from, found + 1)
        return found >= 0

    def hear(self, prompt: str, language: str = "en") -> None:
        assert self._sounds is not None
        sound = self._sounds.telling(prompt, language)
        eventually(lambda: self.has(sound), what=f"{prompt} in {language}, heard by the person")

    def let_go(self) -> bool:
        """We ended the call."""
        return self.sipp.saw("BYE")
