"""Which step a caller is at, with a survey before and after the talk: computed from the contact alone."""

from dataclasses import replace

import pytest

from civicline.core import requests as r
from civicline.core.survey import Replied
from civicline.voice.ivr.present import step_of
from core import packs
from core.floor import Floor

NOBODY = replace(packs.WHOLE, surveys={"after_call": replace(packs.SURVEY, share=0.0)})


def step(floor, contact="c1"):
    found = step_of(floor.state.contacts[contact], floor.state.agency)
    return found.id if found else None


@pytest.fixture
def floor():
    floor = Floor()
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    floor.do(r.LegPickedUp("c1-c"))
    return floor


def test_the_invitation_comes_after_the_language_and_before_the_topics(floor):
    seen = [step(floor)]
    told = [r.PlayedNotice("c1"), r.ChooseLanguage("c1", "es"), r.PlayedInvitation("c1")]
    for request in told:
        floor.do(request)
        seen.append(step(floor))
    assert seen == ["notice", "language", "invitation", "menu-main-1"]


def test_the_invitation_is_said_in_the_callers_language_and_takes_a_refusal_only(floor):
    floor.do(r.PlayedNotice("c1"))
    floor.do(r.ChooseLanguage("c1", "es"))
    found = step_of(floor.state.contacts["c1"], floor.state.agency)
    assert found.prompts == (("survey.after_call.invitation", "es"),)
    assert found.keys == {"9": (r.RefuseRecording("c1"),)} and found.after == (r.PlayedInvitation("c1"),)


def test_who_came_past_the_menu_is_told_in_the_line(floor):
    floor.do(r.PlayedNotice("c1"))
    floor.do(r.ChooseTopic("c1", None, "operator_key"))
    assert step(floor) == "invitation"
    floor.do(r.PlayedInvitation("c1"))
    assert step(floor) == "line-1"


@pytest.mark.parametrize("pack", [packs.NO_SURVEY, NOBODY])
def test_nobody_is_told_without_a_survey_or_outside_its_share(floor, pack):
    floor.do(r.LoadAgency(pack))
    floor.do(r.PlayedNotice("c1"))
    floor.do(r.ChooseLanguage("c1", "en"))
    assert step(floor) == "menu-main-1"


def test_the_questions_in_their_order_and_the_thanks():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    assert step(floor) is None, "they talk"
    floor.phone_hangs_up("ann")
    seen = []
    for reply in ("3", Replied.INVALID, "yes"):
        seen.append(step(floor))
        floor.reply("c1", reply)
    assert seen == ["survey.times", "survey.answered", "survey.settled"]
    assert step(floor) == "survey"
    floor.do(r.PlayedThanks("c1"))
    assert step(floor) is None


def test_what_the_keys_of_a_question_mean():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    floor.phone_hangs_up("ann")
    floor.reply("c1", "9")
    found = step_of(floor.state.contacts["c1"], floor.state.agency)
    assert found.keys == {
        "1": (r.AnswerSurvey("c1", "answered", Replied.ANSWERED, "yes"),),
        "2": (r.AnswerSurvey("c1", "answered", Replied.ANSWERED, "no"),),
    }
    assert found.silence == (r.AnswerSurvey("c1", "answered", Replied.SILENCE),)
    assert found.invalid == (r.AnswerSurvey("c1", "answered", Replied.INVALID),)
    assert not found.takes_ahead, "a key counts once the question is being asked"
