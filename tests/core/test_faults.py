"""What goes wrong in contact centres, one story each."""

from dataclasses import replace

import pytest

from civicline.core import deadlines
from civicline.core import requests as r
from civicline.core.lifecycle import Failure, HungUpBy, TopicBy
from core import packs
from core.floor import Floor


def test_caller_hangs_up_as_the_phone_answers():
    floor = Floor()
    floor.ready("ann")
    offer = floor.call("c1", "income").offer
    assert floor.caller_hangs_up("c1") == ["LegEnded", "ContactAbandoned"]
    assert floor.do(r.LegPickedUp(offer)) == []
    assert floor.state.agents["ann"].state == "available"
    floor.call("c2", "income")
    assert floor.agent_of("c2") is None, "her phone is still up"
    assert floor.do(r.LegHungUp(offer, HungUpBy.US)) == ["LegEnded", "OfferMade"]


def test_phone_answers_as_the_caller_hangs_up():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    floor.answer("c1")
    assert floor.caller_hangs_up("c1") == ["LegEnded", "TalkEnded"]
    assert floor.state.agents["ann"].state == "wrap_up"


def test_a_phone_that_never_answers_our_bye_does_not_hold_its_agent():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.do(r.HangUp("ann", "c1"))
    floor.wrap_up("c1", "ann")
    floor.call("c2", "income")
    assert floor.state.contacts["c2"].state == "waiting"
    assert "OfferMade" in floor.wait(deadlines.LEG_END_S)
    assert not [leg for leg in floor.state.legs if leg.startswith("c1")]


@pytest.mark.parametrize("failure", Failure)
def test_a_callers_line_that_fails_ends_the_contact(failure):
    floor = Floor()
    waiting = floor.call("c1", "income")
    assert floor.do(r.LegFailed("c1-c", failure)) == ["LegEnded", "ContactAbandoned"]
    assert waiting.state == "closed"


def test_a_line_that_fails_in_a_talk_ends_the_talk():
    floor = Floor()
    floor.ready("ann")
    talk = floor.call("c1", "income")
    floor.answer("c1")
    assert floor.do(r.LegFailed(talk.offer, Failure.UNREACHABLE)) == ["LegEnded", "TalkEnded"]
    assert talk.ended_by == "lost"


def test_break_asked_while_ringing_holds_after_a_miss_and_after_an_abandon():
    for end in ("miss", "abandon"):
        floor = Floor()
        floor.ready("ann")
        offer = floor.call("c1", "income").offer
        floor.do(r.TakeBreak("ann", "lunch"))
        assert floor.do(r.TakeBreak("ann", "lunch")) == [], "said once"
        floor.caller_hangs_up("c1") if end == "abandon" else floor.do(r.LegFailed(offer, Failure.BUSY))
        ann = floor.state.agents["ann"]
        assert (ann.state, ann.reason, ann.next) == ("break", "lunch", "")


def test_break_asked_in_a_talk_is_taken_back_by_available():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.do(r.TakeBreak("ann", "lunch"))
    floor.do(r.BecomeAvailable("ann"))
    floor.phone_hangs_up("ann")
    assert floor.wrap_up("c1", "ann") == ["ContactWrapped", "AgentAvailable"]


def test_missed_agent_knows_why_until_available_again():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    floor.wait(22.0)
    ann = floor.state.agents["ann"]
    assert (ann.state, ann.reason) == ("missed", "no_answer") and type(ann.reason) is str
    floor.do(r.LegHungUp(ann.leg, HungUpBy.US))
    assert floor.do(r.BecomeAvailable("ann")) == ["AgentAvailable", "OfferMade"]
    assert ann.reason == ""


def test_missed_by_everybody_waits_at_its_place_and_widens():
    floor = Floor()
    floor.ready("ann", "bob")
    first, second = floor.call("c1", "income"), floor.call("c2", "income")
    place = first.place
    floor.wait(22.0)
    assert (first.state, second.state, first.missed) == ("waiting", "waiting", 1)
    floor.ready("cid")
    floor.wait(38.0)
    assert (first.agent, first.place, first.step) == ("cid", place, 2), "tier 2 came after 60 s"


def test_overflow_that_fell_due_while_a_phone_rang_holds_at_once_after_the_miss():
    floor = Floor()
    floor.ready("ann")
    contact = floor.call("c1", "income")
    floor.wait(10)
    floor.phone_hangs_up("ann")
    floor.do(r.BecomeAvailable("ann"), 15.0)
    floor.wait(10)
    assert contact.step == 0
    assert "ContactWidened" in floor.phone_hangs_up("ann")
    assert (contact.step, contact.missed) == (1, 2)


def test_full_turns_away_only_whom_nobody_free_can_take():
    floor = Floor()
    assert [floor.call(f"c{n}", "driver", "en").state for n in range(3)] == ["waiting", "waiting", "turned_away"]
    floor.ready("eve")
    assert floor.call("s1", "driver", "es").state == "offered", "Spanish has nobody in line and eve is free"
    assert floor.call("s2", "driver", "es").turned_away == "full"


def test_offered_contacts_count_as_waiting_until_answered():
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "driver")
    assert floor.state.derived.in_queue == {"licence": 1}
    floor.answer("c1")
    assert floor.state.derived.in_queue == {}


def test_wrap_up_after_the_time_ran_out_is_kept_and_moves_nobody():
    floor = Floor()
    floor.ready("ann")
    contact = floor.call("c1", "income")
    floor.answer("c1")
    floor.phone_hangs_up("ann")
    assert floor.wait(600.0)[-2:] == ["WrapUpRanOut", "AgentOnBreak"]
    assert floor.state.agents["ann"].reason == "wrap-up ran out"
    assert floor.wrap_up("c1", "ann") == ["ContactWrapped"]
    assert (contact.resolved, floor.state.agents["ann"].state) == (True, "break")
    assert floor.wrap_up("c1", "ann", resolved=False) == [], "said once"


def test_nobody_wraps_up_anothers_contact_nor_an_abandoned_one():
    floor = Floor()
    floor.ready("ann", "bob")
    offered = floor.call("c1", "income")
    assert offered.agent == "ann"
    floor.caller_hangs_up("c1")
    assert floor.wrap_up("c1", "ann") == []
    floor.phone_hangs_up("ann")
    floor.call("c2", "sales")
    floor.answer("c2")
    floor.phone_hangs_up("ann")
    assert floor.wrap_up("c2", "cid") == []


def test_a_pack_without_the_queue_sends_its_people_to_the_operator_with_their_place():
    floor = Floor()
    contact = floor.call("c1", "driver")
    place = contact.place
    floor.do(r.LoadAgency(packs.NO_LICENCE), 30)
    assert (contact.queue, contact.skill, contact.place) == ("operator", "", place)
    floor.ready("dee")
    assert contact.agent == "dee"


def test_a_pack_without_the_queue_of_a_ringing_contact():
    floor = Floor()
    floor.ready("bob")
    contact = floor.call("c1", "driver")
    floor.do(r.LoadAgency(packs.NO_LICENCE))
    assert contact.state == "offered"
    assert "ContactQueued" in floor.wait(deadlines.RING_S + deadlines.RING_GRACE_S)
    assert (contact.state, contact.queue) == ("waiting", "operator")


def test_a_pack_without_the_queue_of_a_wrap_up():
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "driver")
    floor.answer("c1")
    floor.phone_hangs_up("bob")
    floor.do(r.LoadAgency(packs.NO_LICENCE))
    assert "WrapUpRanOut" in floor.wait(deadlines.WRAP_UP_S)


def test_a_topic_that_moved_takes_its_people_along():
    floor = Floor()
    contact = floor.call("c1", "sales")
    floor.wait(10)
    floor.do(r.LoadAgency(packs.SALES_MOVED))
    assert (contact.queue, contact.skill) == ("operator", "sales")


def test_a_new_priority_keeps_the_overflow_steps_reached():
    floor = Floor()
    contact = floor.call("c1", "income")
    floor.wait(31)
    urgent = packs.WHOLE.queues | {"tax": replace(packs.WHOLE.queues["tax"], priority=5)}
    floor.do(r.LoadAgency(replace(packs.WHOLE, queues=urgent)))
    assert (contact.priority, contact.step) == (5, 1)
    assert contact.queued_at == contact.place[0]


def test_a_pack_without_the_line_of_a_caller_in_the_menu():
    floor = Floor()
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    floor.do(r.PlayedNotice("c1"))
    floor.do(r.LoadAgency(packs.NO_MAIN_LINE))
    floor.do(r.ChooseTopic("c1", None, TopicBy.SILENCE))
    assert floor.state.contacts["c1"].state == "waiting"
    floor.do(r.LoadAgency(packs.NO_QUEUES))
    assert floor.state.contacts["c1"].state == "waiting", "kept, though the pack has nowhere to put it"


def test_staff_whom_the_pack_no_longer_names_finish_and_leave_for_good():
    floor = Floor()
    floor.ready("ann", "dee")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.do(r.LoadAgency(packs.FEW_STAFF))
    assert "dee" not in floor.state.agents
    assert floor.do(r.BecomeAvailable("ann")) == floor.do(r.TakeBreak("ann")) == []
    floor.do(r.HangUp("ann", "c1"))
    assert floor.wrap_up("c1", "ann") == ["ContactWrapped", "AgentSignedOut"]
    assert floor.do(r.SignIn("ann")) == []
    floor.phone_hangs_up("ann")
    assert "ann" not in floor.state.agents


def test_unknown_staff_and_contacts_are_passed_over():
    floor = Floor()
    for request in (r.SignIn("x"), r.SignOut("x"), r.BecomeAvailable("x"), r.TakeBreak("x"), r.RegisterPhone("x")):
        assert floor.do(request) == []
    for request in (r.UnregisterPhone("x"), r.HangUp("x", "c"), r.WrapUp("x", "c", "income", "done", True)):
        assert floor.do(request) == []
    for request in (r.PlayedNotice("c"), r.ChooseTopic("c", None, TopicBy.KEY), r.LegHungUp("l", HungUpBy.LOST)):
        assert floor.do(request) == []


def test_without_an_agency_nothing_happens():
    floor = Floor()
    floor.state = type(floor.state)()
    assert floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1")) == []
    assert floor.do(r.SignIn("ann")) == [] and floor.wait(1e6) == []


def test_closed_line_and_closed_queue_turn_away_and_let_go():
    floor = Floor(now=1_767_625_200.0 - 3600)
    floor.do(r.CallArrived("c1", "+2", "", "c1-c", "voice-1"))
    assert floor.state.contacts["c1"].turned_away == "closed"
    assert floor.do(r.PlayedMessage("c1")) == ["ContactReleased"]
    assert floor.call("c2", "building").turned_away == "closed"
    assert floor.caller_hangs_up("c2") == ["LegEnded", "ContactReleased"]


def test_a_call_that_comes_to_another_node_before_it_was_answered_is_that_nodes():
    floor = Floor()
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    assert floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1")) == []
    assert floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-2")) == ["CallMoved"]
    contact, leg = floor.state.contacts["c1"], floor.state.legs["c1-c"]
    assert (contact.node, leg.node) == ("voice-2", "voice-2")
    floor.do(r.LegPickedUp("c1-c"))
    assert floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1")) == [], "it was answered"


def test_refused_before_the_notice_stays_refused():
    floor = Floor()
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    floor.do(r.RefuseRecording("c1"))
    floor.do(r.PlayedNotice("c1"))
    assert floor.state.contacts["c1"].recording == "refused"


def test_closed_contacts_leave_after_an_hour():
    floor = Floor()
    floor.call("c1", "income")
    floor.caller_hangs_up("c1")
    floor.call("c2", "income", after=3601)
    floor.caller_hangs_up("c2")
    assert list(floor.state.closed) == ["c2"] and list(floor.state.contacts) == ["c2"]


def test_nobody_is_offered_before_the_notice_was_heard():
    floor = Floor()
    floor.ready("ann")
    floor.do(r.CallArrived("c1", "+1", "", "c1-c", "voice-1"))
    assert floor.do(r.ChooseTopic("c1", "income", TopicBy.KEY)) == []
    assert floor.do(r.ChooseLanguage("c1", "es")) == []
    floor.do(r.PlayedNotice("c1"))
    assert "OfferMade" in floor.do(r.ChooseTopic("c1", "income", TopicBy.KEY))


def test_one_decision_makes_every_offer_that_it_made_possible():
    floor = Floor()
    first, second = floor.call("c1", "driver"), floor.call("c2", "driver")
    floor.ready("cid", "dee")
    assert floor.do(r.LoadAgency(packs.NO_LICENCE)).count("OfferMade") == 2
    assert (first.agent, second.agent) == ("cid", "dee")
