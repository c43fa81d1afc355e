"""A representative rings back somebody whose talk was cut."""

from dataclasses import replace

import pytest

from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import Failure, HungUpBy
from civicline.core.measures import total
from civicline.core.ring_back_requests import RingBack, StopRingingBack
from core import laws, packs
from core.floor import Floor

POLICY = CallbackPolicy(600, attempts=2, gap_s=120, ring_s=20, same_agent_s=40, limit_a_day=2)


def pack_with(**more):
    tax = replace(packs.WHOLE.queues["tax"], callback=replace(POLICY, **more), overflow=())
    return replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": tax})


class Cut(Floor):
    """ann talks to the caller of c1, who is cut off."""

    def __init__(self, pack=None, by=HungUpBy.CALLER, may_ring=True):
        super().__init__(pack or pack_with())
        self.ready("ann")
        self.call("c1", "income", caller="a number", may_ring=may_ring)
        self.answer("c1")
        self.wait(30)
        self.do(r.LegHungUp("c1-c", by))
        self.do(r.LegHungUp("c1-1", HungUpBy.US))
        self.contact = self.state.contacts["c1"]

    def do(self, request, after=0.0):
        said = super().do(request, after)
        laws.check_all(self.state)
        return said

    def ring_back(self):
        return self.do(RingBack("ann", "c1"))

    def presses(self):
        self.do(r.LegPickedUp(self.contact.leg))
        return self.do(cb.ReachPerson("c1"))


def test_the_person_is_rung_at_once_and_joined_to_the_representative():
    cut = Cut()
    place = cut.contact.place
    assert cut.ring_back() == ["RingBackPromised", "CallbackReady", "CallbackDue"]
    assert (cut.contact.state, cut.contact.leg, cut.state.agents["ann"].state) == ("ringing_back", "c1-b1", "wrap_up")
    cut.wait(10)
    assert "OfferMade" in cut.presses()
    assert (cut.contact.agent, cut.contact.place, cut.contact.offer) == ("ann", place, "c1-2")
    cut.answer("c1")
    cut.wait(60)
    cut.phone_hangs_up("ann")
    cut.wrap_up("c1", "ann")
    assert (cut.contact.state, cut.contact.resolved, cut.state.agents["ann"].state) == ("closed", True, "available")
    assert [each.wrapped_up_at is not None for each in cut.contact.segments] == [True, True]
    parts = total([cut.contact], {})
    assert (parts.received, parts.answered, parts.handled, parts.callbacks, parts.attempts) == (1, 1, 1, 1, 1)
    assert (parts.answered_holding, parts.hold_accepted, parts.reconnected, parts.rung_back_by_agent) == (1, 0, 0, 1)


def test_nobody_else_is_put_to_whoever_awaits_a_person():
    cut = Cut()
    cut.ring_back()
    other = cut.call("c2", "income", caller="another")
    cut.wait(5)
    assert other.agent is None
    cut.presses()
    assert (cut.contact.agent, other.agent) == ("ann", None)


def test_a_break_that_was_asked_for_comes_after_the_second_talk():
    cut = Cut()
    cut.do(r.TakeBreak("ann"))
    cut.ring_back()
    cut.presses()
    cut.served("c1", "ann")
    assert cut.state.agents["ann"].state == "break"


def test_it_does_not_wait_for_the_calling_hours():
    cut = Cut(
        replace(pack_with(hours="never"), calendars=packs.WHOLE.calendars | {"never": replace(packs.ALWAYS, weekly={})})
    )
    assert "CallbackDue" in cut.ring_back()


def test_not_before_the_first_call_is_over():
    cut = Floor(pack_with())
    cut.ready("ann")
    contact = cut.call("c1", "income", caller="a number", may_ring=True)
    cut.answer("c1")
    cut.phone_hangs_up("ann", by=HungUpBy.LOST)
    cut.do(RingBack("ann", "c1"))
    assert contact.state == "kept" and cut.state.legs["c1-c"].state == "ending"
    cut.do(r.LegHungUp("c1-c", HungUpBy.US))
    assert contact.state == "ringing_back"


@pytest.mark.parametrize(
    "why", ["no number to ring", "representative hung up", "no policy", "somebody else's", "came back", "wrapped up"]
)
def test_who_is_not_rung_back(why):
    cut = Cut(
        packs.NO_CALLBACKS if why == "no policy" else None,
        by=HungUpBy.AGENT if why == "representative hung up" else HungUpBy.CALLER,
        may_ring=why != "no number to ring",
    )
    if why == "came back":
        cut.call("c2", "income", caller="a number")
    elif why == "wrapped up":
        cut.wrap_up("c1", "ann", resolved=False)
    assert cut.do(RingBack("bob" if why == "somebody else's" else "ann", "c1")) == []


@pytest.mark.parametrize("why", ["number_has_one", "day_is_full"])
def test_the_limits_hold_and_the_representative_is_told(why):
    cut = Cut()
    for number in range(1 if why == "number_has_one" else 2):
        cut.do(cb.PromiseCallback(f"p{number}", "+1", "a number", "v", cut.now + 6000, "income"))
        if why == "day_is_full":
            cut.do(cb.CancelCallback(f"p{number}"))
    assert cut.ring_back() == ["RingBackDeclined"]
    assert (cut.contact.ring_back_declined, cut.contact.state) == (why, "wrapping")


def test_after_a_failed_attempt_the_others_go_on_for_the_same_representative_first():
    cut = Cut()
    cut.ring_back()
    cut.do(r.LegFailed("c1-b1", Failure.BUSY))
    assert cut.contact.state == "kept" and cut.contact.promise.failed == ["busy"]
    cut.wrap_up("c1", "ann", resolved=False)
    cut.ready("bob")
    cut.wait(120)
    assert cut.contact.leg == "c1-b2"
    cut.presses()
    assert cut.contact.agent == "ann"


def test_the_others_are_for_anybody_where_that_one_is_not_at_work():
    cut = Cut()
    cut.ring_back()
    cut.do(r.LegFailed("c1-b1", Failure.BUSY))
    cut.wrap_up("c1", "ann", resolved=False)
    cut.do(r.SignOut("ann"))
    cut.ready("bob")
    cut.wait(120)
    cut.presses()
    assert (cut.contact.agent, cut.contact.for_agent) == ("bob", None)


def test_the_representative_says_no_more():
    cut = Cut()
    cut.ring_back()
    cut.do(r.LegFailed("c1-b1", Failure.BUSY))
    assert cut.do(StopRingingBack("bob", "c1")) == []
    assert cut.do(StopRingingBack("ann", "c1")) == ["CallbackCancelled"]
    assert (cut.contact.state, cut.state.agents["ann"].state) == ("closed", "wrap_up")
    cut.wrap_up("c1", "ann", resolved=False)
    assert cut.state.agents["ann"].state == "available" and cut.contact.resolved is False


def test_who_rings_again_meanwhile_is_not_rung():
    cut = Cut()
    cut.ring_back()
    cut.do(r.LegFailed("c1-b1", Failure.BUSY))
    back = cut.call("c2", "income", caller="a number")
    assert (cut.contact.state, cut.contact.promise.end) == ("closed", "overtaken")
    assert (back.restored_from, back.for_agent, back.place) == ("c1", "ann", cut.contact.place)


def test_who_was_passed_on_before_rings_again_by_the_first_queue():
    cut = Floor(pack_with())
    cut.ready("ann", "cid")
    cut.call("c1", "income", caller="a number", may_ring=True)
    cut.answer("c1")
    cut.do(r.PassOn("ann", "c1", r.PassedOnFor.OTHER_TOPIC, topic="records"))
    cut.answer("c1")
    cut.caller_hangs_up("c1")
    cut.do(r.LegHungUp("c1-2", HungUpBy.US))
    assert "RingBackPromised" in cut.do(RingBack("cid", "c1"))
    back = cut.call("c2", "income", caller="a number")
    assert (back.restored_from, cut.state.contacts["c1"].promise.end) == ("c1", "overtaken")


def test_who_was_cut_off_twice_is_rung_by_another_name():
    cut = Cut()
    cut.ring_back()
    cut.presses()
    cut.answer("c1")
    cut.do(r.LegHungUp("c1-b1", HungUpBy.CALLER))
    cut.do(r.LegHungUp("c1-2", HungUpBy.US))
    cut.ring_back()
    assert cut.contact.leg == "c1-b2"
