"""Hold, passing on, third parties and other offices, one example each; the machine does the rest."""

import pytest

from civicline.core import requests as r
from civicline.core.handling import by_agent, needs
from civicline.core.in_call import refer_to
from civicline.core.lifecycle import ConsultState, Failure, HeldBy, HungUpBy, PassedOnFor
from civicline.core.measures import OUTCOMES, parts_of
from core.floor import Floor

A = ConsultState


@pytest.fixture
def floor():
    """Bob talks about income tax to c1 for a minute."""
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.wait(60)
    return floor


def contact(floor, name="c1"):
    return floor.state.contacts[name]


def consult(floor, **whom):
    floor.do(r.Consult("bob", "c1", **whom))
    return floor.do(r.LegPickedUp("c1-p1"))


def test_hold_is_not_talk(floor):
    assert floor.do(r.HoldCaller("bob", "c1")) == ["CallerHeld"]
    assert floor.do(r.HoldCaller("bob", "c1")) == [], "a second press does nothing"
    floor.wait(20)
    assert floor.do(r.ResumeCaller("bob", "c1")) == ["CallerResumed"]
    floor.wait(40)
    floor.caller_hangs_up("c1")
    floor.wait(15)
    floor.wrap_up("c1", "bob")
    work = by_agent([contact(floor)])["bob"]
    assert (work.talk_s, work.hold_s, work.wrap_up_s, work.handle_time_s) == (100, 20, 15, 135)


def test_somebody_else_cannot_hold(floor):
    floor.ready("ann")
    assert floor.do(r.HoldCaller("ann", "c1")) == []


def test_a_phones_own_hold(floor):
    assert floor.do(r.PhoneHeld("c1-1")) == ["LegHeld", "CallerHeld"]
    assert contact(floor).hears_music
    assert floor.do(r.PhoneResumed("c1-c")) == [], "it was not the caller's phone"
    assert floor.do(r.PhoneResumed("c1-1")) == ["LegResumed", "CallerResumed"]
    floor.do(r.PhoneHeld("c1-c"))
    assert (contact(floor).held_by, contact(floor).hears_music) == (HeldBy.CALLER, False)
    assert floor.do(r.HoldCaller("bob", "c1")) == ["CallerHeld"], "the desk's hold takes its place"


def test_a_phones_own_hold_ends_at_the_phone(floor):
    floor.do(r.PhoneHeld("c1-1"))
    assert floor.do(r.ResumeCaller("bob", "c1")) == [], "the phone would send nothing"
    assert contact(floor).hears_music
    floor.do(r.PhoneResumed("c1-1"))
    assert contact(floor).held_at is None


def test_a_desks_hold_that_ends_while_the_phone_holds_is_the_phones(floor):
    floor.do(r.HoldCaller("bob", "c1"))
    assert floor.do(r.PhoneHeld("c1-1")) == ["LegHeld"]
    assert floor.do(r.ResumeCaller("bob", "c1")) == ["CallerHeld"]
    assert (contact(floor).held_by, contact(floor).holds) == (HeldBy.PHONE, 1)
    assert floor.do(r.PhoneResumed("c1-1")) == ["LegResumed", "CallerResumed"]


@pytest.mark.parametrize("ends", ["third leaves", "dropped", "taken back from aside"])
def test_a_phone_that_held_while_three_talked_holds_afterwards(floor, ends):
    floor.ready("ann")
    consult(floor, colleague="ann")
    floor.do(r.TurnConsult("bob", "c1", A.JOINED))
    floor.do(r.PhoneHeld("c1-1"))
    assert contact(floor).held_at is None, "the other two hear each other"
    if ends == "taken back from aside":
        floor.do(r.TurnConsult("bob", "c1", A.ASIDE))
    if ends == "third leaves":
        floor.phone_hangs_up("ann")
    else:
        floor.do(r.DropConsult("bob", "c1"))
    assert (contact(floor).held_by, contact(floor).hears_music) == (HeldBy.PHONE, True)
    floor.do(r.PhoneResumed("c1-1"))
    assert contact(floor).held_at is None


def test_a_colleague_whose_phone_holds_has_the_caller_on_hold(floor):
    floor.ready("ann")
    consult(floor, colleague="ann")
    floor.do(r.PhoneHeld("c1-p1"))
    floor.do(r.CompleteConsult("bob", "c1"))
    assert (contact(floor).agent, contact(floor).held_by) == ("ann", HeldBy.PHONE)


def test_the_callers_own_hold_outlasts_the_phones(floor):
    floor.do(r.PhoneHeld("c1-c"))
    floor.do(r.PhoneHeld("c1-1"))
    assert contact(floor).hears_music
    floor.do(r.PhoneResumed("c1-1"))
    assert (contact(floor).held_by, contact(floor).holds) == (HeldBy.CALLER, 1)


def test_passed_on_to_a_queue_at_the_old_place(floor):
    floor.call("c2", None)
    assert floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))[0] == "ContactPassedOn"
    floor.ready("dee")
    assert floor.agent_of("c1") == "dee", "c2 waited in that queue before, but called later"
    assert (contact(floor).topic, contact(floor).passed_on.agent) == ("income", "bob")
    floor.do(r.LoadAgency(floor.state.agency))
    assert contact(floor).queue == "operator", "a reload does not undo it"


def test_passed_on_to_a_topic_takes_its_queue_and_skill(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.OTHER_TOPIC, topic="driver"))
    assert (contact(floor).queue, contact(floor).skill, contact(floor).topic) == ("licence", "driver", "driver")


def test_passed_on_to_a_colleague_who_is_asked_first(floor):
    floor.ready("ann", "cid")
    said = floor.do(r.PassOn("bob", "c1", PassedOnFor.OTHER, colleague="cid"))
    assert said[:2] == ["ContactPassedOn", "OfferMade"]
    assert floor.agent_of("c1") == "cid"
    floor.do(r.LegFailed("c1-2", Failure.DECLINED))
    assert floor.agent_of("c1") == "ann", "back at its place, the queue's next is asked"


def test_passed_on_to_a_colleague_after_the_queue_has_closed():
    """The person called in time, and keeps the place there if the colleague does not answer."""
    floor = Floor()
    floor.ready("dee")
    floor.call("c1", "building", "es")
    floor.answer("c1")
    floor.ready("cid")
    floor.wait(10 * 3600)
    said = floor.do(r.PassOn("dee", "c1", PassedOnFor.OTHER, colleague="cid"))
    assert said[:2] == ["ContactPassedOn", "OfferMade"] and floor.agent_of("c1") == "cid"
    floor.do(r.LegFailed("c1-2", Failure.DECLINED))
    floor.ready("eve")
    assert floor.agent_of("c1") == "eve"


@pytest.mark.parametrize(
    "asked",
    [{"queue": "gone"}, {"topic": "gone"}, {"colleague": "ann"}, {"queue": "permits"}, {}],
    ids=["no queue", "no topic", "nobody free", "closed", "nowhere"],
)
def test_nowhere_to_pass_on_to(floor, asked):
    floor.do(None, after=16 * 3600)
    floor.ready("bob")
    before = contact(floor).state
    assert floor.do(r.PassOn("bob", "c1", PassedOnFor.OTHER, **asked)) == []
    assert contact(floor).state == before


def test_both_write_about_it_and_it_counts_once(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    floor.ready("dee")
    floor.answer("c1")
    floor.wait(30)
    assert floor.wrap_up("c1", "bob", resolved=False)[:1] == ["SegmentWrapped"]
    floor.caller_hangs_up("c1")
    floor.wait(10)
    floor.wrap_up("c1", "dee")
    assert contact(floor).resolved is True, "the last word counts"
    parts = parts_of(contact(floor), 20)
    assert (parts.received, parts.handled, parts.passed_on) == (1, 1, 1)
    assert (parts.talk_s, parts.wrap_up_s) == (90, 40)
    assert {name: work.talk_s for name, work in by_agent([contact(floor)]).items()} == {"bob": 60, "dee": 30}


def test_the_next_one_writes_too_when_the_first_word_came_while_the_caller_waited(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    floor.wrap_up("c1", "bob", resolved=True)
    floor.ready("dee")
    floor.answer("c1")
    assert contact(floor).resolved is None
    floor.caller_hangs_up("c1")
    assert floor.wrap_up("c1", "dee", resolved=False)[:1] == ["ContactWrapped"]
    assert contact(floor).resolved is False and floor.state.agents["dee"].state == "available"


def test_a_refusal_is_taken_from_whoever_still_writes(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    assert floor.do(r.RefuseRecording("c1", "dee")) == [], "not theirs"
    assert floor.do(r.RefuseRecording("c1", "bob")) == ["RecordingRefused"]


def test_the_queue_that_was_named_outlasts_a_phone_that_leaves(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    floor.ready("dee")
    floor.answer("c1")
    floor.do(r.HoldCaller("dee", "c1"))
    floor.do(r.LegHungUp(contact(floor).offer, HungUpBy.AGENT))
    assert (contact(floor).state, contact(floor).queue) == ("waiting", "operator")


def test_whoever_leaves_after_being_passed_on_was_answered(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    floor.caller_hangs_up("c1")
    parts = parts_of(contact(floor), 20)
    assert [name for name in OUTCOMES if getattr(parts, name)] == ["answered"]
    assert (parts.left_after_answer, parts.secondary_abandon, parts.abandoned_in_time, parts.with_event) == (1, 0, 0, 1)


def test_a_wrap_up_after_passing_on_runs_out(floor):
    floor.do(r.PassOn("bob", "c1", PassedOnFor.EXPERT, queue="operator"))
    assert "SegmentWrapUpRanOut" in floor.wait(601)
    assert (floor.state.agents["bob"].state, floor.state.agents["bob"].contact) == ("break", None)
    assert contact(floor).state == "waiting"


def test_attended_transfer_splits_the_time(floor):
    floor.ready("ann")
    consult(floor, colleague="ann")
    assert contact(floor).hears_music
    floor.wait(10)
    floor.do(r.CompleteConsult("bob", "c1"))
    assert (floor.agent_of("c1"), floor.state.agents["bob"].state) == ("ann", "wrap_up")
    floor.wait(50)
    floor.caller_hangs_up("c1")
    floor.wrap_up("c1", "bob")
    floor.wrap_up("c1", "ann")
    work = by_agent([contact(floor)])
    assert (work["bob"].talk_s, work["bob"].hold_s) == (60, 10)
    assert (work["ann"].talk_s, work["ann"].beside_s, work["ann"].asked) == (50, 10, 1)


def test_the_three_turn(floor):
    floor.ready("ann")
    consult(floor, queue="tax")
    for to, held in ((A.WITH_CALLER, False), (A.ASIDE, True), (A.JOINED, False)):
        assert floor.do(r.TurnConsult("bob", "c1", to)) == ["ConsultTurned"]
        assert (contact(floor).held_at is not None) is held
    assert floor.do(r.TurnConsult("bob", "c1", A.JOINED)) == []
    assert floor.do(r.DropConsult("bob", "c1")) == ["ConsultEnded"]
    assert contact(floor).state == "talking" and floor.state.agents["ann"].state == "available"


def test_a_colleague_who_does_not_answer_leaves_the_caller_on_hold(floor):
    floor.ready("ann")
    floor.do(r.Consult("bob", "c1", colleague="ann"))
    assert "ConsultMissed" in floor.wait(30)
    assert contact(floor).hears_music and floor.state.agents["ann"].state == "missed"


@pytest.mark.parametrize("answered", [True, False])
def test_the_phone_of_whoever_consults_hangs_up(floor, answered):
    floor.ready("ann")
    floor.do(r.Consult("bob", "c1", colleague="ann"))
    if answered:
        floor.do(r.LegPickedUp("c1-p1"))
    floor.phone_hangs_up("bob")
    assert floor.state.agents["bob"].state == "wrap_up"
    assert (contact(floor).state, contact(floor).agent) == (("talking", "ann") if answered else ("waiting", None))


def test_another_office_is_counted_by_what_for(floor):
    assert floor.do(r.SendToOffice("bob", "c1", "vehicles", "towing")) == [], "not a need of that office"
    floor.do(r.SendToOffice("bob", "c1", "vehicles", "plates"))
    assert contact(floor).state == "outside" and floor.state.agents["bob"].state == "wrap_up"
    floor.do(r.LegPickedUp("c1-p1"))
    floor.do(r.LegHungUp("c1-p1", HungUpBy.OFFICE))
    assert (contact(floor).state, contact(floor).ended_by) == ("closed", HungUpBy.OFFICE)
    assert needs([contact(floor)]) == [("vehicles", "plates", 1, 1)]
    assert floor.wrap_up("c1", "bob")[:1] == ["SegmentWrapped"]
    assert contact(floor).resolved is True and parts_of(contact(floor), 20).handled == 1


def test_an_office_that_does_not_answer_sends_the_caller_back_to_their_place(floor):
    place = contact(floor).place
    floor.do(r.SendToOffice("bob", "c1", "vehicles", "plates"))
    assert "OfficeMissed" in floor.wait(60)
    assert (contact(floor).state, contact(floor).place) == ("waiting", place)
    assert contact(floor).passed_on.why is PassedOnFor.OFFICE_MISSED
    assert needs([contact(floor)]) == [("vehicles", "plates", 1, 0)]


def test_a_line_to_an_office_that_is_lost_sends_the_caller_back_to_their_place(floor):
    place = contact(floor).place
    floor.do(r.SendToOffice("bob", "c1", "vehicles", "plates"))
    floor.do(r.LegPickedUp("c1-p1"))
    assert floor.do(r.LegHungUp("c1-p1", HungUpBy.LOST))[:2] == ["LegEnded", "OfficeMissed"]
    assert (contact(floor).state, contact(floor).place) == ("waiting", place)
    assert floor.state.legs["c1-c"].state == "answered"
    assert needs([contact(floor)]) == [("vehicles", "plates", 1, 1)], "it had answered"


def test_a_line_to_an_office_that_is_lost_after_closing_time_sends_nobody_back():
    """Nobody would take them there, and nothing ends a wait in a queue that has closed."""
    floor = Floor()
    floor.ready("dee")
    floor.call("c1", "building", "es")
    floor.answer("c1")
    floor.do(r.SendToOffice("dee", "c1", "vehicles", "plates"))
    floor.do(r.LegPickedUp("c1-p1"))
    floor.wait(10 * 3600)
    assert "ReferralEnded" in floor.do(r.LegHungUp("c1-p1", HungUpBy.LOST))
    assert (contact(floor).state, contact(floor).ended_by) == ("closed", HungUpBy.LOST)
    assert floor.state.legs["c1-c"].state == "ending"


def test_a_word_on_a_referral_that_failed_does_not_count(floor):
    floor.do(r.SendToOffice("bob", "c1", "vehicles", "plates"))
    floor.wrap_up("c1", "bob", resolved=True)
    floor.wait(60)
    floor.caller_hangs_up("c1")
    parts = parts_of(contact(floor), 20)
    assert (parts.wrapped, parts.resolved, parts.left_after_answer, parts.passed_on) == (0, 0, 1, 1)


def test_an_office_may_be_asked_and_left_with_the_caller(floor):
    consult(floor, office="vehicles", need="plates")
    floor.do(r.TurnConsult("bob", "c1", A.JOINED))
    floor.do(r.CompleteConsult("bob", "c1"))
    assert contact(floor).state == "outside" and contact(floor).referrals[-1].answered_at == floor.now
    floor.caller_hangs_up("c1")
    assert contact(floor).state == "closed"


@pytest.mark.parametrize("office", ["vehicles", "interpreter"])
@pytest.mark.parametrize("state", ["ringing", A.ASIDE, A.WITH_CALLER, A.JOINED])
def test_a_line_that_is_lost_hands_nobody_over(floor, office, state):
    """The representative's, with an office as the third party: the caller is back in line, and Bob may still write."""
    place = contact(floor).place
    floor.do(r.Consult("bob", "c1", office=office))
    if state != "ringing":
        floor.do(r.LegPickedUp("c1-p1"))
        floor.do(r.TurnConsult("bob", "c1", state))
    floor.phone_hangs_up("bob", HungUpBy.LOST)
    assert (contact(floor).state, contact(floor).place) == ("waiting", place)
    assert contact(floor).passed_on.why is PassedOnFor.PHONE_LEFT and needs([contact(floor)]) == []
    assert floor.state.legs["c1-p1"].state == "ending" and floor.state.legs["c1-c"].state == "answered"
    assert floor.state.agents["bob"].state == "wrap_up"


@pytest.mark.parametrize("state", [A.ASIDE, A.WITH_CALLER, A.JOINED])
def test_whoever_hangs_up_beside_an_office_leaves_the_two_together(floor, state):
    consult(floor, office="vehicles")
    floor.do(r.TurnConsult("bob", "c1", state))
    floor.phone_hangs_up("bob")
    assert contact(floor).state == "outside" and needs([contact(floor)]) == [("vehicles", "", 1, 1)]


def test_whoever_hangs_up_while_an_office_rings_sends_nobody_there(floor):
    floor.do(r.Consult("bob", "c1", office="vehicles"))
    floor.phone_hangs_up("bob")
    assert contact(floor).state == "waiting" and needs([contact(floor)]) == []


@pytest.mark.parametrize("state", [A.WITH_CALLER, A.JOINED])
@pytest.mark.parametrize("by_key", [True, False])
def test_a_talk_with_an_interpreter_ends_when_the_representative_hangs_up(state, by_key):
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "income", invited=True)
    floor.answer("c1")
    consult(floor, office="interpreter")
    floor.do(r.TurnConsult("bob", "c1", state))
    said = floor.phone_hangs_up("bob") if by_key else floor.do(r.HangUp("bob", "c1"))
    assert {"ConsultEnded", "SurveyBegan", "TalkEnded"} <= set(said)
    assert (contact(floor).state, contact(floor).ended_by) == ("wrapping", HungUpBy.AGENT)
    assert floor.state.legs["c1-p1"].state == "ending" and needs([contact(floor)]) == []


def test_nobody_is_left_alone_with_an_interpreter(floor):
    assert floor.do(r.SendToOffice("bob", "c1", "interpreter", "other")) == []
    leg, office = floor.state.legs["c1-1"], floor.state.agency.offices["interpreter"]
    assert refer_to(floor.state, leg, office.number, floor.now) is None
    assert refer_to(floor.state, leg, "vehicles", floor.now) is not None
    consult(floor, office="interpreter")
    assert floor.do(r.CompleteConsult("bob", "c1")) == []
    floor.phone_hangs_up("bob")
    assert (contact(floor).state, contact(floor).passed_on.why) == ("waiting", PassedOnFor.PHONE_LEFT)
