"""Promises to ring people, kept and broken in any order: the laws of laws.py hold throughout.

Callers wait for few representatives, so that there is something to be promised; the pack may change, the engine be
killed.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from civicline.core import callback_requests as cb
from civicline.core import menu_requests, slots
from civicline.core import requests as r
from civicline.core.lifecycle import Failure, HungUpBy
from civicline.core.ring_back_requests import PromiseLater, RingBack, StopRingingBack
from core import packs
from core.steps import WITHHELD, Steps
from core.thorough import thorough

ANSWERS = (
    "answers",
    "answers",
    "answers and presses",
    "answers and presses",
    "a machine answers",
    "fails",
    "rings on",
    "hangs up",
    "nothing",
)
SOONEST_S = 0.0
"""Stands for the first free slot, where there is one."""
topics = st.sampled_from(["income", "income", "sales", None])


class CallbackMachine(Steps):
    engine_is_killed = rule()(Steps.engine_is_killed)
    take_snapshot = rule()(Steps.take_snapshot)
    next_deadline_comes = rule()(Steps.next_deadline_comes)
    time_passes = rule(seconds=st.sampled_from([1.0, 26.0, 61.0, 130.0, 4000.0, 60_000.0, 700_000.0]))(
        Steps.time_passes
    )
    somebody_calls_and_chooses = rule(topic=topics, language=st.sampled_from([None, "es"]))(
        Steps.somebody_calls_and_chooses
    )
    become_ready = rule(agent=st.sampled_from(list(packs.WHOLE.staff)))(Steps.become_ready)

    @initialize(ready=st.sets(st.sampled_from(["ann", "bob", "cid", "dee"]), max_size=2))
    def open(self, ready):
        self.step(r.LoadAgency(packs.WHOLE))
        for agent in sorted(ready):
            self.become_ready(agent)
        for topic in ("income", "income", None, "income", None):
            self.somebody_calls_and_chooses(topic, None)
        self.somebody_has_the_place_kept(None)

    def in_state(self, *states):
        return [c for c in self.state.contacts.values() if c.state in states]

    def one(self, data, *states):
        found = self.in_state(*states)
        return (found[0] if data is None else data.draw(st.sampled_from(found))) if found else None

    @rule(data=st.data())
    def somebody_has_the_place_kept(self, data):
        """And hears so, or has hung up before."""
        offered = [c for c in self.in_state("waiting") if c.hold_offered_at is not None]
        if not offered:
            return
        contact = offered[-1] if data is None else data.draw(st.sampled_from(offered))
        self.step(cb.TakeHold(contact.id))
        if data is None or data.draw(st.booleans()):
            self.step(cb.PlayedHold(contact.id))
        if data is None or data.draw(st.sampled_from([True, True, False])):
            self.step(r.LegHungUp(contact.leg, HungUpBy.CALLER))

    @rule(
        slot_s=st.sampled_from([SOONEST_S, -1.0, 5.0, 90.0, 100_000.0, 1e9]),
        topic=topics,
        line=st.sampled_from(["+1", "+9"]),
    )
    def somebody_is_promised_a_call(self, slot_s, topic, line):
        self.calls += 1
        number = f"number of x{self.calls % 7}"
        free = slots.soon(self.state, "operator", self.now) if slot_s == SOONEST_S else []
        slot = free[0] if free else self.now + slot_s
        self.step(cb.PromiseCallback(f"p{self.calls}", line, number, "v", slot, topic))

    @rule(data=st.data(), how=st.sampled_from(ANSWERS), failure=st.sampled_from(Failure))
    def a_person_is_rung(self, data, how, failure):
        contact = self.one(data, "ringing_back")
        if contact is None:
            return
        leg = contact.leg
        self.step(r.LegRang(leg))
        if how == "fails":
            self.step(r.LegFailed(leg, failure))
        elif how == "rings on":
            self.time_passes(30.0)
        elif how != "nothing":
            self.step(r.LegPickedUp(leg))
            if how != "hangs up":
                self.step(r.PlayedNotice(contact.id))
            if how == "answers and presses":
                self.step(cb.ReachPerson(contact.id))
            elif how == "a machine answers":
                self.step(cb.NobodyPressed(contact.id))
            elif how == "hangs up":
                self.step(r.LegHungUp(leg, HungUpBy.CALLER))

    @rule(data=st.data(), number=st.sampled_from(["number of x1", "one more", ""]), how_far=st.integers(1, 4))
    def somebody_keys_in_a_number(self, data, number, how_far):
        contact = self.one(data, "waiting", "offered", "talking", "closed")
        if contact is not None:
            asked = (cb.AskNumber, cb.EnteredNumber, lambda id_: cb.GiveNumber(id_, number), cb.LeaveNumber)
            for each in asked[:how_far]:
                self.step(each(contact.id))

    @rule(data=st.data(), nth=st.integers(0, 2), back=st.booleans())
    def somebody_chooses_a_time(self, data, nth, back):
        contact = self.one(data, "menu", "waiting", "offered", "talking", "closed")
        if contact is not None:
            self.step(cb.AskTimes(contact.id))
            if contact.times and contact.times.slots and not back:
                self.step(cb.TakeTime(contact.id, contact.times.slots[min(nth, len(contact.times.slots) - 1)]))
            elif back:
                self.step(cb.LeaveTimes(contact.id))

    @rule(
        data=st.data(),
        number=st.sampled_from(["", "number of x1", WITHHELD]),
        nth=st.sampled_from([None, 0, 2]),
        back=st.booleans(),
    )
    def somebody_is_told_times_in_a_menu(self, data, number, nth, back):
        """And takes one, or stays in the menu, or goes back, from where a key that comes late takes none."""
        self.calls += 1
        contact = f"x{self.calls}"
        self.arrive(contact, "+4", number)
        self.step(r.LegPickedUp(f"{contact}-c"))
        self.step(r.PlayedNotice(contact))
        self.step(r.ChooseLanguage(contact, "en"))
        self.step(menu_requests.HearTimes(contact, "records"))
        found = self.state.contacts[contact]
        slots_told = found.times.slots if found.times else ()
        if back:
            self.step(menu_requests.GoBack(contact))
        if nth is not None and slots_told:
            self.step(cb.TakeTime(contact, slots_told[min(nth, len(slots_told) - 1)]))
            assert not back or found.promise is None
            if data.draw(st.booleans()):
                self.step(cb.PlayedHold(contact))

    @rule(data=st.data(), guesses=st.integers(0, 3), gives_up=st.booleans())
    def somebody_keys_in_a_code(self, data, guesses, gives_up):
        """From another telephone, after so many that are nobody's."""
        self.calls += 1
        contact = f"x{self.calls}"
        self.arrive(contact, "+1", "")
        self.step(r.LegPickedUp(f"{contact}-c"))
        self.step(r.PlayedNotice(contact))
        self.step(cb.AskCode(contact))
        for _ in range(guesses):
            self.step(cb.ClaimPlace(contact, ""))
        lost = self.one(data, "kept", "kept", "ringing_back", "closed")
        if lost is not None:
            self.step(cb.ClaimPlace(contact, lost.id))
            if gives_up:
                self.step(cb.GiveUpTime(contact))

    @rule(data=st.data(), kind=st.sampled_from([cb.ReachPerson, cb.NobodyPressed, cb.CancelCallback, cb.TakeHold]))
    def something_is_asked_of_any_contact(self, data, kind):
        contact = self.one(data, "menu", "waiting", "kept", "ringing_back", "ringing_back", "talking", "closed")
        if contact is not None:
            self.step(kind(contact.id))

    @rule(data=st.data(), by=st.sampled_from(HungUpBy))
    def any_leg_is_over(self, data, by):
        self.step(r.LegHungUp(self.leg(data), by))

    @rule(data=st.data(), goes=st.sampled_from(["on", "on", "on a break"]))
    def somebody_serves(self, data, goes):
        if not self.state.offers:
            return
        offer = data.draw(st.sampled_from(sorted(self.state.offers)))
        contact, agent = self.state.offers[offer].contact, self.state.offers[offer].agent
        self.step(r.LegPickedUp(offer))
        self.time_passes(100.0)
        self.step(r.HangUp(agent, contact))
        if goes == "on a break":
            self.step(r.TakeBreak(agent))
        if data.draw(st.booleans()):
            self.step(r.LegHungUp(offer, HungUpBy.US))
            self.step(r.WrapUp(agent, contact, "income", "done", True))

    @rule(data=st.data(), topic=topics, before=st.booleans())
    def somebody_is_cut_off_and_calls_again(self, data, topic, before):
        """Or who was so before."""
        contact = self.one(data, "closed") if before else self.one(data, "waiting", "offered", "talking", "wrapping")
        if contact is not None:
            self.step(r.LegHungUp(contact.leg, HungUpBy.LOST))
            self.now += data.draw(st.sampled_from([1.0, 100.0, 2000.0]))
            self.somebody_calls_and_chooses(topic, None, contact.caller)

    @rule(data=st.data())
    def somebody_answers(self, data):
        if self.state.offers:
            self.step(r.LegPickedUp(data.draw(st.sampled_from(sorted(self.state.offers)))))

    @rule(data=st.data(), resolved=st.booleans())
    def somebody_writes(self, data, resolved):
        contact = self.draw_contact(data, ("wrapping", "closed"))
        if contact is not None:
            self.step(r.WrapUp(contact.agent, contact.id, "income", "done", resolved))

    @rule(data=st.data(), cut=st.booleans(), then=st.sampled_from(["nothing", "break", "stop", "write"]))
    def somebody_is_rung_back_by_the_representative(self, data, cut, then):
        contact = self.draw_contact(data, ("talking",) if cut else ("wrapping", "talking"))
        if contact is None:
            return
        agent = contact.agent
        self.step(r.LegHungUp(contact.leg if data.draw(st.booleans()) else contact.offer, HungUpBy.LOST))
        self.step(RingBack(agent, contact.id))
        if data.draw(st.booleans()):
            self.step(r.LegHungUp(self.state.agents[agent].leg or "", HungUpBy.US))
        if then == "break":
            self.step(r.TakeBreak(agent))
        elif then == "stop":
            self.step(StopRingingBack(agent, contact.id))
        elif then == "write":
            self.step(r.WrapUp(agent, contact.id, "income", "done", data.draw(st.booleans())))

    @rule(data=st.data(), slot_s=st.sampled_from([-1.0, 5.0, 90.0, 100_000.0]))
    def a_representative_promises_a_call(self, data, slot_s):
        contact = self.draw_contact(data, ("talking", "wrapping", "closed"))
        if contact is not None:
            self.calls += 1
            self.step(PromiseLater(contact.agent, contact.id, f"p{self.calls}", self.now + slot_s))

    @rule(agent=st.sampled_from(["ann", "bob", "cid"]))
    def somebody_leaves(self, agent):
        self.step(r.SignOut(agent))

    @rule(pack=st.sampled_from(["whole", "no_callbacks", "sales_moved", "few_staff", "no_queues"]))
    def packs_come_and_go(self, pack):
        self.step(r.LoadAgency(packs.ALL[pack]))
        self.time_passes(1.0)
        self.step(r.LoadAgency(packs.WHOLE))


CallbackMachine.TestCase.settings = thorough(examples=20, steps=40)
TestCallbacks = CallbackMachine.TestCase
