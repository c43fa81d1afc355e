"""Who may be recorded when: the notice, a refusal at any moment, a pause that reminds."""

import pytest

from civicline.core import requests as r
from civicline.core.consent import Wanted, recording_now
from civicline.core.deadlines import PAUSE_REMIND_S
from civicline.core.lifecycle import ConsultState
from core.floor import Floor


@pytest.fixture
def floor():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    return floor


def now(floor):
    return recording_now(floor.state.contacts["c1"])


def talking(floor):
    floor.answer("c1")
    return floor.agent_of("c1")


def test_only_the_talk_is_recorded(floor):
    assert now(floor) is Wanted.NOTHING
    agent = talking(floor)
    assert now(floor) is Wanted.RECORD
    floor.phone_hangs_up(agent)
    assert now(floor) is Wanted.NOTHING


def test_without_the_notice_nothing_is_recorded(floor):
    contact = floor.state.contacts["c1"]
    talking(floor)
    contact.notice_at = None
    assert now(floor) is Wanted.NOTHING


def test_a_notice_of_which_there_is_no_sound_allows_nothing():
    floor = Floor()
    floor.ready("ann")
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    floor.do(r.LegPickedUp("c1-c"))
    assert floor.do(r.PlayedNotice("c1", said=False)) == ["NoticePlayed"]
    floor.do(r.ChooseLanguage("c1", "en"))
    floor.do(r.ChooseTopic("c1", "income", "key"))
    assert talking(floor) == "ann" and now(floor) is Wanted.NOTHING


@pytest.mark.parametrize("when", ["waiting", "talking"])
def test_a_refusal_by_key_holds_at_any_moment(floor, when):
    if when == "talking":
        talking(floor)
    assert floor.do(r.RefuseRecording("c1")) == ["RecordingRefused"]
    assert now(floor) is Wanted.DESTROY
    assert floor.do(r.RefuseRecording("c1")) == []


@pytest.mark.parametrize("over", [False, True])
def test_a_refusal_in_words_holds_until_the_wrap_up_is_over(floor, over):
    agent = talking(floor)
    if over:
        floor.phone_hangs_up(agent)
    assert floor.do(r.RefuseRecording("c1", "zoe")) == [], "another representative has no word in it"
    assert floor.do(r.RefuseRecording("c1", agent)) == ["RecordingRefused"]
    assert now(floor) is Wanted.DESTROY


def test_a_pause_holds_until_it_is_ended(floor):
    agent = talking(floor)
    assert floor.do(r.PauseRecording(agent, "c1")) == ["RecordingPaused"]
    assert now(floor) is Wanted.PAUSE
    assert floor.do(r.PauseRecording(agent, "c1")) == []
    assert floor.do(r.ResumeRecording("zoe", "c1")) == []
    assert floor.do(r.ResumeRecording(agent, "c1")) == ["RecordingResumed"]
    assert now(floor) is Wanted.RECORD


def test_a_pause_reminds_again_and_again(floor):
    agent = talking(floor)
    floor.do(r.PauseRecording(agent, "c1"))
    assert floor.wait(PAUSE_REMIND_S - 1) == []
    assert floor.wait(2) == ["RecordingPauseReminded"]
    assert floor.wait(PAUSE_REMIND_S + 1) == ["RecordingPauseReminded"]
    floor.do(r.ResumeRecording(agent, "c1"))
    assert floor.wait(10 * PAUSE_REMIND_S) == []


def test_the_end_of_the_talk_ends_the_pause(floor):
    agent = talking(floor)
    floor.do(r.PauseRecording(agent, "c1"))
    floor.phone_hangs_up(agent)
    assert floor.state.contacts["c1"].recording_paused_at is None
    assert floor.wait(PAUSE_REMIND_S + 1) == []


def test_who_refused_is_not_asked_to_pause(floor):
    agent = talking(floor)
    floor.do(r.RefuseRecording("c1", agent))
    assert floor.do(r.PauseRecording(agent, "c1")) == []


@pytest.mark.parametrize(("office", "told"), [("vehicles", False), ("interpreter", False), ("county", True)])
def test_an_office_that_has_not_been_told_is_not_recorded(floor, office, told):
    agent = talking(floor)
    floor.do(r.Consult(agent, "c1", office=office))
    floor.do(r.LegPickedUp("c1-p1"))
    floor.do(r.TurnConsult(agent, "c1", ConsultState.JOINED))
    assert now(floor) is (Wanted.RECORD if told else Wanted.PAUSE)
    assert floor.wait(10 * PAUSE_REMIND_S) == [], "nobody is reminded of a pause that nobody made"
    floor.do(r.TurnConsult(agent, "c1", ConsultState.WITH_CALLER))
    assert now(floor) is Wanted.RECORD


def test_a_colleague_who_joins_is_recorded(floor):
    agent = talking(floor)
    floor.ready("bob")
    floor.do(r.Consult(agent, "c1", colleague="bob"))
    floor.do(r.LegPickedUp("c1-p1"))
    floor.do(r.TurnConsult(agent, "c1", ConsultState.JOINED))
    assert now(floor) is Wanted.RECORD


def test_a_pause_that_begins_while_an_office_listens_outlasts_it(floor):
    agent = talking(floor)
    floor.do(r.Consult(agent, "c1", office="vehicles"))
    floor.do(r.LegPickedUp("c1-p1"))
    floor.do(r.TurnConsult(agent, "c1", ConsultState.JOINED))
    assert floor.do(r.PauseRecording(agent, "c1")) == ["RecordingPaused"]
    floor.do(r.DropConsult(agent, "c1"))
    assert now(floor) is Wanted.PAUSE
