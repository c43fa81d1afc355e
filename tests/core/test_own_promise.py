"""A representative promises to ring the person another time."""

from dataclasses import replace

import pytest

from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import HungUpBy
from civicline.core.ring_back_requests import PromiseLater
from core import laws, packs
from core.floor import Floor

POLICY = CallbackPolicy(6000, capacity=1, slot_s=1800, same_agent_s=40)
SLOT_S = 3600.0


class Wrapping(Floor):
    """ann wraps up the contact c1; bob is at work, too."""

    def __init__(self, may_ring=True, **more):
        tax = replace(packs.WHOLE.queues["tax"], callback=replace(POLICY, **more), overflow=())
        super().__init__(replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": tax}))
        self.slot = self.now + SLOT_S
        self.ready("ann", "bob")
        self.contact = self.call("c1", "income", caller="a number", may_ring=may_ring, after=0.0)
        self.answer("c1")
        self.phone_hangs_up("ann")
        self.do(r.LegHungUp("c1-c", HungUpBy.US))

    def do(self, request, after=0.0):
        said = super().do(request, after)
        laws.check_all(self.state)
        return said

    def promise(self, agent="ann", slot=None):
        return self.do(PromiseLater(agent, "c1", "p1", slot or self.slot))

    def presses(self):
        self.do(r.LegPickedUp("p1-b1"))
        self.do(r.PlayedNotice("p1"))
        self.do(cb.ReachPerson("p1"))
        return self.agent_of("p1")


def test_it_is_a_callback_for_that_representative_first():
    floor = Wrapping()
    assert floor.promise() == ["CallbackPromised"]
    promised = floor.state.contacts["p1"]
    assert (promised.topic, promised.queue, promised.skill, promised.caller) == ("income", "tax", "income", "a number")
    assert (promised.state, promised.for_agent, floor.contact.promised_to) == ("kept", "ann", "p1")
    floor.wrap_up("c1", "ann", resolved=False)
    floor.wait(SLOT_S)
    assert promised.leg == "p1-b1" and floor.presses() == "ann"


@pytest.mark.parametrize("why", ["on a break", "talks too long"])
def test_else_it_is_for_anybody(why):
    floor = Wrapping()
    floor.promise()
    floor.wrap_up("c1", "ann", resolved=False)
    if why == "on a break":
        floor.do(r.TakeBreak("ann"))
    else:
        floor.wait(SLOT_S - 60)
        floor.call("c2", "income", caller="another")
        floor.answer("c2")
        assert floor.agent_of("c2") == "ann"
    floor.wait(floor.slot - floor.now)
    if why == "talks too long":
        assert floor.state.contacts["p1"].state == "kept"
        floor.wait(POLICY.same_agent_s)
    assert floor.presses() == "bob"


@pytest.mark.parametrize("why", ["full", "no_slot", "number_has_one"])
def test_what_cannot_be_promised(why):
    floor = Wrapping()
    if why == "full":
        floor.do(cb.PromiseCallback("p0", "+1", "another", "v", floor.slot, "income"))
    elif why == "number_has_one":
        floor.do(cb.PromiseCallback("p0", "+1", "a number", "v", floor.slot + 1800, "income"))
    assert floor.promise(slot=floor.slot + 1 if why == "no_slot" else None) == ["CallbackDeclined"]
    assert floor.facts[-1].why == why and floor.contact.promised_to is None


@pytest.mark.parametrize("why", ["somebody else's", "number not rung", "twice", "over"])
def test_who_has_nothing_to_promise(why):
    floor = Wrapping(may_ring=why != "number not rung")
    if why == "twice":
        floor.promise()
        assert floor.do(PromiseLater("ann", "c1", "p2", floor.slot + 1800)) == []
        return
    if why == "over":
        floor.wrap_up("c1", "ann")
    assert floor.promise("bob" if why == "somebody else's" else "ann") == []
