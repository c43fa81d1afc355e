"""Who was cut off in the talk and comes back: the old place, and the same representative first."""

from dataclasses import replace

import pytest

from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import HungUpBy
from core import laws, packs
from core.floor import Floor

SAME_S = 40
POLICY = CallbackPolicy(600, keep_place_s=300, same_agent_s=SAME_S)


def pack_with(**more):
    tax = replace(packs.WHOLE.queues["tax"], callback=replace(POLICY, **more), overflow=())
    return replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": tax})


class Cut(Floor):
    """The caller of c1 talks to bob, who is the only one at work, and is cut off; then ann comes to work, too."""

    def __init__(self, pack=None, by=HungUpBy.CALLER):
        super().__init__(pack or pack_with())
        self.ready("bob")
        self.ring("c1")
        self.answer("c1")
        self.wait(30)
        self.do(r.LegHungUp("c1-c", by))
        self.do(r.LegHungUp(self.state.agents["bob"].leg, HungUpBy.US))

    def do(self, request, after=0.0):
        said = super().do(request, after)
        laws.check_all(self.state)
        return said

    def ring(self, contact, topic="income", number="a number", **more):
        return self.call(contact, topic, caller=number, **more)


@pytest.mark.parametrize("by", [HungUpBy.CALLER, HungUpBy.LOST])
def test_the_same_representative_comes_first_though_another_is_free(by):
    cut = Cut(by=by)
    cut.ready("ann")
    back = cut.ring("c2")
    first = cut.state.contacts["c1"]
    assert (back.place, back.restored_from, back.for_agent, back.state) == (first.place, "c1", "bob", "waiting")
    assert first.state == "wrapping" and cut.state.agents["ann"].state == "available"
    cut.wrap_up("c1", "bob", resolved=False)
    assert back.agent == "bob"
    cut.answer("c2")
    assert back.for_agent is None


def test_the_old_place_is_the_first_in_line():
    cut = Cut()
    cut.ring("other", number="another number")
    back = cut.ring("c2")
    cut.wrap_up("c1", "bob", resolved=False)
    assert back.agent == "bob" and cut.agent_of("other") is None


def test_after_the_time_anybody_may_take_it():
    cut = Cut()
    cut.ready("ann")
    back = cut.ring("c2")
    cut.wait(SAME_S - 1)
    assert back.agent is None
    cut.wait(1)
    assert back.agent == "ann"


@pytest.mark.parametrize(
    "how", ["break after", "sign-out after", "ran out", "phone gone", "other call", "left the staff"]
)
def test_who_does_not_come_next_is_not_waited_for(how):
    cut = Cut(pack_with(same_agent_s=600))
    if how == "other call":
        cut.ring("urgent", "driver", number="another number", after=0.0)
    back = cut.ring("c2")
    cut.ready("ann")
    assert back.agent is None
    if how == "break after":
        cut.do(r.TakeBreak("bob"))
    elif how == "sign-out after":
        cut.do(r.SignOut("bob"))
    elif how == "ran out":
        cut.wait(600)
    elif how == "phone gone":
        cut.do(r.UnregisterPhone("bob"))
    elif how == "other call":
        cut.wrap_up("c1", "bob", resolved=False)
        assert cut.agent_of("urgent") == "bob", "of a higher priority"
    else:
        pack = cut.state.agency
        cut.do(r.LoadAgency(replace(pack, staff=packs.without(pack.staff, "bob"))))
    assert back.agent == "ann" and back.for_agent is None


def test_another_language_is_for_others():
    cut = Cut()
    cut.ready("ann")
    assert cut.ring("c2", language="es").agent == "ann"


@pytest.mark.parametrize(
    "why", ["representative hung up", "resolved", "too late", "another number", "withheld", "no policy"]
)
def test_who_was_not_cut_off(why):
    cut = Cut(
        packs.NO_CALLBACKS if why == "no policy" else None,
        by=HungUpBy.AGENT if why == "representative hung up" else HungUpBy.CALLER,
    )
    if why == "resolved":
        cut.wrap_up("c1", "bob", resolved=True)
    cut.wait(300 if why == "too late" else 10)
    back = cut.ring("c2", number={"another number": "another", "withheld": ""}.get(why, "a number"))
    assert (back.restored_from, back.for_agent) == (None, None) and back.place[0] == cut.now


def test_a_word_that_comes_too_late_takes_nothing_back():
    cut = Cut()
    cut.wrap_up("c1", "bob", resolved=False)
    assert cut.ring("c2").restored_from == "c1"
    assert cut.ring("c3").restored_from is None, "given back once"


def test_the_place_is_also_given_back_after_the_wrap_up():
    cut = Cut()
    cut.wrap_up("c1", "bob", resolved=False)
    cut.do(r.TakeBreak("bob"))
    cut.ready("ann")
    assert cut.ring("c2").agent == "ann"


def test_a_call_that_was_passed_on_comes_back_by_the_first_queue():
    cut = Floor(pack_with())
    cut.ready("ann")
    cut.call("c1", "income", caller="a number")
    cut.answer("c1")
    cut.do(r.PassOn("ann", "c1", r.PassedOnFor.EXPERT, topic="driver"))
    cut.ready("bob")
    cut.answer("c1")
    cut.caller_hangs_up("c1")
    assert cut.call("c2", "income", caller="a number").for_agent == "bob"


def sent_on(cut, how):
    """What becomes of c1 in its talk with Bob, until the caller's line drops."""
    if how == "passed on":
        cut.do(r.PassOn("bob", "c1", r.PassedOnFor.EXPERT, queue="tax"))
    elif how == "passed on, and rings":
        cut.do(r.PassOn("bob", "c1", r.PassedOnFor.EXPERT, queue="tax"))
        cut.ready("ann")
    elif how == "the phone left":
        cut.do(r.HoldCaller("bob", "c1"))
        cut.phone_hangs_up("bob")
    else:
        cut.do(r.SendToOffice("bob", "c1", "vehicles", "plates"))
    if how == "an office did not answer":
        cut.wait(60)
    elif how == "an office answered":
        cut.do(r.LegPickedUp("c1-p1"))


@pytest.mark.parametrize(
    ("how", "kept"),
    [
        ("passed on", True),
        ("passed on, and rings", True),
        ("the phone left", True),
        ("an office did not answer", True),
        ("an office rings", True),
        ("an office answered", False),
    ],
)
def test_who_was_passed_on_and_is_cut_off_has_the_place_again(how, kept):
    cut = Floor(pack_with())
    cut.ready("bob")
    cut.call("c1", "income", caller="a number")
    cut.answer("c1")
    cut.wait(30)
    sent_on(cut, how)
    cut.do(r.LegHungUp("c1-c", HungUpBy.LOST))
    laws.check_all(cut.state)
    assert cut.state.contacts["c1"].state == "closed"
    back = cut.call("c2", "income", caller="a number")
    laws.check_all(cut.state)
    assert (back.restored_from, back.place == cut.state.contacts["c1"].place) == (
        ("c1", True) if kept else (None, False)
    )


@pytest.mark.parametrize(("topic", "kept"), [("income", False), ("records", True)])
def test_who_leaves_the_line_they_were_passed_on_to_has_the_place_there_alone(topic, kept):
    """In the line where they were served, the old place would be ahead of everybody."""
    cut = Floor(pack_with())
    cut.ready("ann")
    cut.call("c1", "income", caller="a number")
    cut.answer("c1")
    cut.do(r.PassOn("ann", "c1", r.PassedOnFor.OTHER_TOPIC, topic="records"))
    cut.caller_hangs_up("c1")
    back = cut.call("c2", topic, caller="a number")
    assert (back.restored_from == "c1", back.place == cut.state.contacts["c1"].place) == (kept, kept)


def test_who_was_served_after_an_office_that_did_not_answer_comes_anew():
    cut = Floor(pack_with())
    cut.ready("bob")
    cut.call("c1", "income", caller="a number")
    cut.answer("c1")
    sent_on(cut, "an office did not answer")
    cut.wrap_up("c1", "bob")
    assert "OfferAccepted" in cut.answer("c1")
    cut.caller_hangs_up("c1")
    cut.wrap_up("c1", "bob", resolved=True)
    assert cut.call("c2", "income", caller="a number").restored_from is None
