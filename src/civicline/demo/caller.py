"""One caller: listens, presses keys, waits, talks, hangs up. Knows only what can be heard."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from civicline.demo import sound
from civicline.demo.manner import Manner
from civicline.demo.talker import Talker

PAUSE_S = 0.9
"""A pause in what is said that means "your turn": the longest one within the prompts is 0.44 s."""
RECOGNIZED = 3
"""Frames of a representative's voice until the caller notices."""
PERSON_S = 3.0
"""Silence after the music that means that a person is there who says nothing yet (a visitor at a softphone)."""
MUSIC_FRAMES = 150
LONGEST_TALK_S = 600.0
MACHINE_FRAMES = 50
"""So much sound without the representative's voice in it is a machine again: the survey."""
LONGEST_SURVEY_S = 120.0
TAKE_KEY = "2"
LONGEST_GOODBYE_S = 60.0
"""Who asked to be called back listens so long to what is said of it."""


class Stage(StrEnum):
    """MENU -> LINE (no more keys to press) -> TALK -> SURVEY (the representative has gone, and a machine speaks).

    LINE -> KEPT (asked to be called back), from which some still come to TALK, when both happen at once.
    """

    MENU = "menu"
    LINE = "line"
    KEPT = "kept"
    TALK = "talk"
    SURVEY = "survey"


@dataclass
class Caller:
    """`tick` is called every 20 ms while the call is up, and says whether the caller stays."""

    manner: Manner
    talker: Talker
    number: int
    began_at: float = field(default_factory=time.monotonic)
    up_at: float | None = None
    stage: Stage = Stage.MENU
    stage_at: float = 0.0
    talked_at: float | None = None
    phone: str = ""
    rung: bool = False
    """Did not ring: asked before to be called back."""
    took_offer: bool = False
    _pressed: int = 0
    _last_at: float = 0.0
    _heard_something: int = 0
    _loud_in_line: int = 0
    _voice: int = 0
    _loud_at_voice: int = 0
    _replied: int = 0

    def answered(self, now: float) -> None:
        self.up_at = self._last_at = now
        self._enter(Stage.LINE if not self.manner.presses else Stage.MENU, now)

    def tick(self, now: float) -> bool:
        assert self.up_at is not None
        if self.manner.quits_s is not None and now - self.up_at > self.manner.quits_s and self.talked_at is None:
            return False
        if self.talked_at is None and self._is_answered():
            self.talked_at = now
            self.talker.say(sound.caller())
            self._enter(Stage.TALK, now)
        return _DO[self.stage](self, now)

    def _enter(self, stage: Stage, now: float) -> None:
        self.stage, self.stage_at = stage, now
        self._loud_in_line = self.talker.heard.loud

    def _is_answered(self) -> bool:
        heard = self.talker.heard
        if heard.voice >= RECOGNIZED:
            return True
        waited = self.stage is Stage.LINE and bool(self.manner.presses)
        return waited and heard.loud - self._loud_in_line > MUSIC_FRAMES and heard.quiet_s > PERSON_S

    def _in_menu(self, now: float) -> bool:
        press = self.manner.presses[self._pressed]
        heard = self.talker.heard
        asked = press.early or (heard.quiet_s > PAUSE_S + press.wait_s and heard.loud > self._heard_something)
        if asked and (not press.early or now - self._last_at > press.wait_s):
            self._press(press.key, now)
        return True

    def _press(self, key: str, now: float) -> None:
        self.talker.press(key)
        self._pressed, self._last_at = self._pressed + 1, now
        self._heard_something = self.talker.heard.loud
        if self._pressed == len(self.manner.presses):
            self._enter(Stage.LINE, now)

    def _in_line(self, now: float) -> bool:
        if self.manner.takes_offer and self.talker.heard.offer >= RECOGNIZED:
            self.talker.press(TAKE_KEY)
            self.took_offer = True
            self._enter(Stage.KEPT, now)
            return True
        return now - self.stage_at < self.manner.patience_s

    def _in_kept(self, now: float) -> bool:
        return now - self.stage_at < LONGEST_GOODBYE_S

    def _in_talk(self, now: float) -> bool:
        if self._is_machine():
            self.talker.say(None)
            self._heard_something = 0
            self._enter(Stage.SURVEY, now)
            return True
        return now - self.stage_at < (self.manner.talk_s if self.manner.hangs_up else LONGEST_TALK_S)

    def _is_machine(self) -> bool:
        """A visitor at a softphone has a voice that no caller knows: then there is no telling."""
        heard = self.talker.heard
        if heard.voice != self._voice:
            self._voice, self._loud_at_voice = heard.voice, heard.loud
        return heard.voice > 0 and heard.loud - self._loud_at_voice > MACHINE_FRAMES

    def _in_survey(self, now: float) -> bool:
        """Answers in the pauses; with no answer left, is silent or hangs up there."""
        heard, answers = self.talker.heard, self.manner.survey
        thinks_s = answers[self._replied].wait_s if self._replied < len(answers) else 0.0
        if heard.quiet_s > PAUSE_S + thinks_s and heard.loud > self._heard_something:
            if self._replied == len(answers):
                return self.manner.stays_silent
            self.talker.press(answers[self._replied].key)
            self._replied, self._heard_something = self._replied + 1, heard.loud
        return now - self.stage_at < LONGEST_SURVEY_S

    def account(self, how: str, now: float) -> dict[str, Any]:
        """What this caller would tell of the call. Seconds; frames of 20 ms."""
        heard = self.talker.heard
        return {
            "number": self.number,
            "kind": self.manner.kind,
            "how": how,
            "left_in": str(self.stage) if self.up_at is not None else "ringing",
            "connected_s": _since(self.up_at, now),
            "until_talk_s": None if self.talked_at is None else round(self.talked_at - self.began_at, 2),
            "talk_s": _since(self.talked_at, now),
            "survey_keys": self._replied,
            "rung": self.rung,
            "heard_offer": heard.offer >= RECOGNIZED,
            "took_offer": self.took_offer,
            "heard": heard.packets,
            "heard_sound": heard.loud,
            "heard_representative": heard.voice,
        }


_DO = {
    Stage.MENU: Caller._in_menu,
    Stage.LINE: Caller._in_line,
    Stage.KEPT: Caller._in_kept,
    Stage.TALK: Caller._in_talk,
    Stage.SURVEY: Caller._in_survey,
}


def _since(at: float | None, now: float) -> float | None:
    return None if at is None else round(now - at, 2)
