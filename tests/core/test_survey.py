"""The survey after the call, by example."""

import pytest

from civicline.core import deadlines, survey
from civicline.core import requests as r
from civicline.core.lifecycle import HeldBy, HungUpBy
from civicline.core.survey import Replied, SurveyEnd, SurveyState
from core import packs
from core.floor import Floor


@pytest.fixture
def floor():
    """ann has just hung up; the caller of c1, who was told of the survey, stays on the line."""
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    floor.wait(60)
    floor.phone_hangs_up("ann")
    return floor


def of(floor, contact="c1"):
    return floor.state.contacts[contact]


def test_the_callers_leg_stays_and_the_representatives_does_not(floor):
    assert of(floor).survey.state is SurveyState.ASKING
    assert floor.state.legs["c1-c"].state == "answered"
    assert floor.state.agents["ann"].state == "wrap_up" and floor.state.agents["ann"].leg is None


def test_from_the_first_question_to_the_thanks(floor):
    floor.reply("c1", "2", "yes", "no")
    assert of(floor).survey.state is SurveyState.ASKING, "the thanks are still to be heard"
    assert floor.do(r.PlayedThanks("c1")) == ["SurveyEnded"]
    assert {name: reply.value for name, reply in of(floor).survey.replies.items()} == {
        "times": "2",
        "answered": "yes",
        "settled": "no",
    }
    assert of(floor).survey.end is SurveyEnd.COMPLETED
    assert floor.state.legs["c1-c"].state == "ending"
    assert of(floor).state == "wrapping"
    assert floor.wrap_up("c1", "ann") == ["ContactWrapped", "AgentAvailable"]
    assert of(floor).state == "closed"


@pytest.mark.parametrize("first", ["the phone", "the desk"])
def test_a_phone_on_hold_is_not_asked(first):
    """Nobody would hear the questions, whoever else holds the call."""
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    held = [r.PhoneHeld("c1-c"), r.HoldCaller("ann", "c1")]
    for each in held if first == "the phone" else held[::-1]:
        floor.do(each)
    assert of(floor).held_by is HeldBy.DESK
    floor.do(r.HangUp("ann", "c1"))
    assert of(floor).survey.state is SurveyState.OFFERED


def test_the_representative_takes_the_next_call_meanwhile(floor):
    floor.reply("c1", "1")
    floor.wrap_up("c1", "ann")
    assert of(floor).state == "surveying" and of(floor).closed_at is None
    assert floor.call("c2", "income").agent == "ann"
    floor.answer("c2")
    floor.reply("c1", "yes", "yes")
    floor.do(r.PlayedThanks("c1"))
    assert of(floor).state == "closed" and of(floor, "c2").state == "talking"
    assert of(floor).wrap_up_ended_at < of(floor, "c2").connected_at <= of(floor).closed_at


def test_a_wrap_up_that_ran_out_and_its_late_word(floor):
    floor.reply("c1", Replied.INVALID)
    floor.wait(250)
    floor.reply("c1", "yes")
    floor.wait(250)
    floor.reply("c1", "yes")
    assert "WrapUpRanOut" in floor.wait(200)
    assert of(floor).state == "surveying"
    assert floor.wrap_up("c1", "ann") == ["ContactWrapped"]
    floor.do(r.PlayedThanks("c1"))
    assert (of(floor).state, of(floor).resolved, of(floor).survey.end) == ("closed", True, SurveyEnd.COMPLETED)
    assert of(floor).survey.replies["times"].how is Replied.INVALID


def test_silence_ends_it_after_the_thanks(floor):
    floor.reply("c1", "3", Replied.SILENCE)
    assert survey.next_question(floor.state.agency, of(floor).survey) is None
    floor.do(r.PlayedThanks("c1"))
    assert of(floor).survey.end is SurveyEnd.SILENCE
    assert [reply.how for reply in of(floor).survey.replies.values()] == [Replied.ANSWERED, Replied.SILENCE]


def test_hanging_up_half_way(floor):
    floor.reply("c1", "1")
    assert floor.caller_hangs_up("c1") == ["LegEnded", "SurveyAnswered", "SurveyEnded"]
    assert of(floor).survey.replies["answered"].how is Replied.HUNG_UP
    assert of(floor).survey.end is SurveyEnd.HUNG_UP
    floor.wrap_up("c1", "ann")
    assert of(floor).state == "closed"


def test_hanging_up_during_the_thanks_is_no_breaking_off(floor):
    floor.reply("c1", "1", "yes", "yes")
    assert floor.caller_hangs_up("c1") == ["LegEnded", "SurveyEnded"]
    assert of(floor).survey.end is SurveyEnd.COMPLETED


@pytest.mark.parametrize("by", [HungUpBy.LOST, HungUpBy.US])
def test_a_lost_line_is_not_the_persons_doing(floor, by):
    floor.do(r.LegHungUp("c1-c", by))
    assert of(floor).survey.end is SurveyEnd.LOST and of(floor).survey.replies == {}


def test_a_voice_that_is_gone_holds_nobody(floor):
    floor.wrap_up("c1", "ann")
    assert floor.wait(deadlines.QUESTION_S - 1) == []
    assert floor.wait(1) == ["SurveyEnded"]
    assert of(floor).survey.end is SurveyEnd.LOST and of(floor).state == "closed"


@pytest.mark.parametrize(
    ("question", "how", "value"),
    [
        ("answered", Replied.ANSWERED, "yes"),
        ("times", Replied.ANSWERED, "0"),
        ("times", Replied.ANSWERED, ""),
        ("times", Replied.SILENCE, "1"),
        ("times", Replied.HUNG_UP, ""),
        ("unheard-of", Replied.SILENCE, ""),
    ],
)
def test_what_does_not_answer_the_question_changes_nothing(floor, question, how, value):
    assert floor.do(r.AnswerSurvey("c1", question, how, value)) == []
    assert floor.do(r.PlayedThanks("c1")) == []


def test_an_answer_counts_once(floor):
    floor.reply("c1", "1")
    assert floor.do(r.AnswerSurvey("c1", "times", Replied.ANSWERED, "9")) == []


@pytest.mark.parametrize("by", [HungUpBy.CALLER, HungUpBy.LOST])
def test_only_who_stays_after_the_representative_hung_up_is_asked(by):
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    assert "SurveyBegan" not in floor.do(
        r.LegHungUp("c1-c" if by is HungUpBy.CALLER else floor.state.agents["ann"].leg, by)
    )
    assert of(floor).survey.state is SurveyState.OFFERED


def test_the_desk_hangs_up():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    assert floor.do(r.HangUp("ann", "c1")) == ["SurveyBegan", "TalkEnded"]
    assert floor.state.legs["c1-c"].state == "answered"


def test_nobody_is_asked_who_was_not_told():
    floor = Floor()
    floor.ready("ann", "dee")
    floor.call("c1", "income")
    floor.answer("c1")
    assert floor.do(r.PlayedInvitation("c1")) == [], "too late: they talk"
    assert "SurveyBegan" not in floor.phone_hangs_up("ann")
    floor.call("c2", None, line="+2", invited=True)
    assert of(floor, "c2").survey is None, "that line has no survey"


def test_nobody_is_told_twice():
    floor = Floor()
    floor.call("c1", "income", invited=True)
    assert floor.do(r.PlayedInvitation("c1")) == []


def test_a_pack_without_the_survey_ends_it(floor):
    assert floor.do(r.LoadAgency(packs.NO_SURVEY)) == ["AgencyLoaded", "SurveyEnded"]
    assert of(floor).survey.end is SurveyEnd.WITHDRAWN


def test_a_pack_with_other_questions_goes_on_with_what_is_not_asked_yet(floor):
    floor.reply("c1", "1")
    floor.do(r.LoadAgency(packs.FEW_QUESTIONS))
    floor.reply("c1", "yes")
    floor.do(r.PlayedThanks("c1"))
    assert list(of(floor).survey.replies) == ["times", "settled"]


def test_the_share_is_drawn_from_the_contact_alone():
    names = [f"contact-{number}" for number in range(2000)]
    chosen = {name for name in names if survey.is_chosen(name, 0.25)}
    assert 400 < len(chosen) < 600
    assert chosen < {name for name in names if survey.is_chosen(name, 0.5)}, "a larger share keeps who was chosen"
    assert all(survey.is_chosen(name, 1.0) and not survey.is_chosen(name, 0.0) for name in names)
