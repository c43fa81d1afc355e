"""A line in which places are kept: one representative, who is in a talk, and callers who would wait long."""

from dataclasses import replace

from civicline.core import announcing, wait
from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import HungUpBy
from core import laws, packs
from core.floor import Floor

POLICY = CallbackPolicy(60, attempts=2, gap_s=120, ring_s=20, lead_s=15)


def with_policy(**more):
    tax = replace(packs.WHOLE.queues["tax"], callback=replace(POLICY, **more), overflow=())
    return replace(packs.WHOLE, queues=packs.WHOLE.queues | {"tax": tax})


class Line(Floor):
    """ann alone takes income tax, and is in a talk; each decision is looked at by the laws."""

    def __init__(self, pack=None):
        super().__init__(pack or with_policy())
        self.ready("ann")
        self.call("busy", "income")
        self.answer("busy")
        self.wait(300)

    def do(self, request, after=0.0):
        said = super().do(request, after)
        laws.check_all(self.state)
        return said

    def holds(self, contact):
        return self.call(contact, "income", caller=f"number of {contact}", may_ring=True)

    def keeps(self, contact):
        found = self.holds(contact)
        self.do(cb.TakeHold(contact))
        self.do(cb.PlayedHold(contact))
        self.do(r.LegHungUp(f"{contact}-c", HungUpBy.US))
        return found

    def ann_is_free(self):
        """Her wrap-up begins and ends."""
        contact = self.state.agents["ann"].contact
        said = self.phone_hangs_up("ann")
        return said + self.wrap_up(contact, "ann")

    def ann_takes(self, contact):
        self.holds(contact)
        self.answer(contact)

    def person_presses(self, contact):
        self.do(r.LegPickedUp(self.state.contacts[contact].leg))
        return self.do(cb.ReachPerson(contact))

    def position(self, contact):
        return announcing.position(contact, wait.before(self.state, self.state.agency, contact, self.now))

    def said(self, kind):
        return [fact for fact in self.facts if type(fact).__name__ == kind]
