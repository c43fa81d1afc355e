"""A caller decides by ear alone: pauses, voices, patience."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from civicline.demo import caller as callers
from civicline.demo import manner, sound
from civicline.demo.caller import Caller, Stage
from civicline.demo.routes import Route
from civicline.demo.talker import Talker

ROUTES = [Route("100", ("3",), 1.0)]


class Ear:
    """A clock of 20 ms and what is heard in each; the talker is real, but agrees with nobody, so nothing is sent."""

    def __init__(self, kind: str, **changed) -> None:
        how = replace(manner.draw(random.Random(7), ROUTES, kind), **{"hangs_up": True, "quits_s": None} | changed)
        self.talker = Talker("127.0.0.1", how.laws, how.dtmf, sound.representative())
        self.pressed: list[str] = []
        self.talker.press = self.pressed.append
        self.caller = Caller(how, self.talker, 1, began_at=0.0)
        self.now = 0.0
        self.caller.answered(0.0)

    def hear(self, seconds: float, loud: bool = True, voice: bool = False, offer: bool = False) -> bool:
        """Whether the caller stayed."""
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            heard = self.talker.heard
            heard.loud += loud
            heard.voice += voice
            heard.offer += offer
            heard.quiet_run = 0 if loud else heard.quiet_run + 1
            if not self.caller.tick(self.now):
                return False
        return True


@pytest.fixture
def ear():
    made = []

    def make(kind: str, **changed) -> Ear:
        made.append(Ear(kind, **changed))
        return made[-1]

    yield make
    for one in made:
        one.talker.close()


def test_keys_are_pressed_in_the_pauses_and_not_before(ear):
    one = ear(manner.USUAL)
    one.hear(40)
    assert one.pressed == []
    one.hear(4, loud=False)
    assert len(one.pressed) == 1
    one.hear(4, loud=False)
    assert len(one.pressed) == 1, "nothing was said since: it is not the caller's turn"
    one.hear(10)
    one.hear(4, loud=False)
    assert one.pressed[1:] == ["3"]
    assert one.caller.stage is Stage.LINE


def test_who_is_in_a_hurry_does_not_wait_for_pauses(ear):
    one = ear(manner.HURRIED)
    one.hear(13)
    assert one.pressed[0] == manner.REFUSE_KEY
    assert one.pressed[-1] == "3"


def test_a_representative_is_known_by_voice(ear):
    one = ear(manner.SILENT, talk_s=5.0)
    one.hear(60)
    assert one.caller.talked_at is None
    one.hear(1, voice=True)
    assert one.caller.stage is Stage.TALK
    assert not one.hear(6, voice=True), "the caller hangs up when all is said"


def test_who_leaves_it_to_the_representative_stays(ear):
    one = ear(manner.SILENT, talk_s=5.0, hangs_up=False)
    assert one.hear(60, voice=True)


def test_patience_ends(ear):
    one = ear(manner.HURRIED, patience_s=20.0)
    one.hear(13)
    assert one.hear(15)
    assert not one.hear(20)
    assert one.caller.account("left", one.now)["left_in"] == "line"


def in_line(ear, **changed) -> Ear:
    one = ear(manner.HURRIED, patience_s=20.0, **changed)
    one.hear(14)
    assert one.caller.stage is Stage.LINE
    one.pressed.clear()
    return one


def test_an_offer_to_be_called_back_is_taken_once_and_the_goodbye_waited_for(ear):
    one = in_line(ear, takes_offer=True)
    assert one.hear(2) and one.pressed == []
    assert one.hear(3, offer=True)
    assert one.pressed == ["2"]
    assert one.hear(30), "patience for the line does not count any more"
    said = one.caller.account("they hung up", one.now)
    assert (said["heard_offer"], said["took_offer"], said["left_in"]) == (True, True, "kept")


def test_some_hear_the_offer_and_stay(ear):
    one = in_line(ear, takes_offer=False)
    assert one.hear(3, offer=True) and one.pressed == []
    assert not one.hear(20)
    assert one.caller.account("left", one.now)["took_offer"] is False


def test_a_representative_who_comes_at_the_same_moment_is_talked_to(ear):
    one = in_line(ear, takes_offer=True)
    one.hear(1, offer=True)
    assert one.hear(2, voice=True)
    assert one.caller.stage is Stage.TALK


@pytest.mark.parametrize(("how", "presses"), [(manner.PICKS_UP, ["1"]), (manner.PRESSES_NOTHING, [])])
def test_who_is_called_back_listens_first(ear, how: str, presses: list[str]):
    drawn = manner.rung(random.Random(7), manner.draw(random.Random(7), ROUTES), how)
    one = ear(manner.USUAL, **{name: getattr(drawn, name) for name in ("presses", "takes_offer")})
    assert one.hear(8) and one.pressed == []
    one.hear(4, loud=False)
    assert one.pressed == presses
    assert one.caller.stage is Stage.LINE


def test_silence_after_the_music_is_a_person(ear):
    one = ear(manner.HURRIED, patience_s=600.0)
    one.hear(30)
    one.hear(callers.PERSON_S + 0.5, loud=False)
    assert one.caller.stage is Stage.TALK


def test_some_leave_in_the_menu(ear):
    one = ear(manner.QUITTER, quits_s=10.0)
    assert one.hear(9.5)
    assert not one.hear(1)
    assert one.caller.account("left", one.now)["left_in"] == "menu"


def test_every_kind_of_caller_is_drawn():
    chance = random.Random(1)
    drawn = [manner.draw(chance, ROUTES) for _ in range(600)]
    assert {how.kind for how in drawn} == set(manner.KINDS)
    assert {how.dtmf for how in drawn} == {96, 101}
    assert {press.key for how in drawn for press in how.presses} >= {"9", "0", "1", "2", "3", manner.WRONG_KEY}


def surveyed(ear, keys: str, silent: bool = False) -> Ear:
    """The representative has hung up, and the first question is being asked."""
    answers = tuple(manner.Press(key, 0.5) for key in keys)
    one = ear(manner.SILENT, hangs_up=False, survey=answers, stays_silent=silent)
    one.hear(10, voice=True)
    assert one.caller.stage is Stage.TALK
    one.hear(2)
    assert one.caller.stage is Stage.SURVEY
    return one


def test_a_machine_after_the_voice_is_the_survey_and_is_answered_in_its_pauses(ear):
    one = surveyed(ear, "212")
    for asked in range(3):
        assert one.hear(4)
        assert len(one.pressed) == asked
        assert one.hear(2, loud=False)
    assert one.pressed == ["2", "1", "2"]


def test_some_leave_half_way_and_some_say_nothing(ear):
    one = surveyed(ear, "1")
    assert one.hear(2, loud=False) and one.hear(3)
    assert not one.hear(2, loud=False)
    assert one.caller.account("left", one.now)["left_in"] == "survey"
    mute = surveyed(ear, "", silent=True)
    assert mute.hear(20, loud=False)
    assert mute.pressed == []
