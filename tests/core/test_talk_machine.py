"""Talks with hold, passing on, third parties and other offices, in any order: the laws of laws.py hold throughout.

Talks are begun by rules of their own, so that there is something to hold; the pack may change, the engine be
killed.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from civicline.core import requests as r
from civicline.core.lifecycle import ConsultState, Failure, HungUpBy, PassedOnFor
from core import packs
from core.steps import Steps
from core.thorough import thorough

ACTIONS = (
    "hold", "hold", "resume", "drop", "complete", "complete", "turn", "turn", "turn", "consult", "consult", "consult",
    "phone", "pass_on", "to_office", "third", "third", "holder", "caller", "wrap", "wrap", "wait",
)  # fmt: skip
agent_ids = st.sampled_from([*packs.WHOLE.staff, "stranger"])
fates = st.sampled_from(HungUpBy)
queues = st.sampled_from(["tax", "licence", "operator", "gone"])
fate_of_a_ring = st.sampled_from(["answered", "answered", "declined", "rings"])


class TalkMachine(Steps):
    engine_is_killed = rule()(Steps.engine_is_killed)
    take_snapshot = rule()(Steps.take_snapshot)
    next_deadline_comes = rule()(Steps.next_deadline_comes)

    @initialize()
    def open(self):
        self.step(r.LoadAgency(packs.WHOLE))
        for agent in packs.WHOLE.staff:
            self.become_ready(agent)
        for topic in ("income", "driver", None):
            self.somebody_calls_and_chooses(topic, None)
        self.everybody_answers()

    @rule(pack=st.sampled_from(list(packs.ALL)))
    def packs_come_and_go(self, pack):
        self.step(r.LoadAgency(packs.ALL[pack]))
        self.time_passes(1.0)
        self.step(r.LoadAgency(packs.WHOLE))

    def everybody_answers(self):
        for offer in sorted(self.state.offers):
            self.step(r.LegPickedUp(offer))

    @rule(topic=st.sampled_from(["income", "sales", None]))
    def a_talk_begins(self, topic):
        for agent in self.state.agents.values():
            if agent.state in {"break", "missed"}:
                self.become_ready(agent.id)
        self.somebody_calls_and_chooses(topic, None)
        self.everybody_answers()

    @rule(data=st.data(), actions=st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=8))
    def a_talk_goes_on(self, data, actions):
        for action in actions:
            found = [c for c in self.state.contacts.values() if c.state in {"talking", "outside"}]
            if found:
                getattr(self, f"do_{action}")(data, data.draw(st.sampled_from(found)))

    @rule(data=st.data(), stranger=agent_ids, to=st.sampled_from(ConsultState))
    def somebody_else_asks(self, data, stranger, to):
        contact = self.draw_contact(data, {"talking", "waiting", "wrapping"})
        if contact:
            for request in (r.HoldCaller, r.ResumeCaller, r.CompleteConsult, r.DropConsult):
                self.step(request(stranger, contact.id))
            self.step(r.TurnConsult(stranger, contact.id, to))

    def do_hold(self, data, contact):
        self.step(r.HoldCaller(contact.agent, contact.id))

    def do_resume(self, data, contact):
        self.step(r.ResumeCaller(contact.agent, contact.id))

    def do_drop(self, data, contact):
        self.step(r.DropConsult(contact.agent, contact.id))

    def do_complete(self, data, contact):
        self.step(r.CompleteConsult(contact.agent, contact.id))

    def do_turn(self, data, contact):
        self.step(r.TurnConsult(contact.agent, contact.id, data.draw(st.sampled_from(ConsultState))))

    def do_consult(self, data, contact):
        leg = f"{contact.id}-p{contact.parties + 1}"
        free = sorted(self.state.derived.free)
        whom = data.draw(
            st.fixed_dictionaries({"colleague": st.sampled_from([*free, "ann"])})
            | st.fixed_dictionaries({"queue": queues})
            | st.fixed_dictionaries({"office": st.just("vehicles"), "need": st.sampled_from(["plates", "plates", "?"])})
            | st.fixed_dictionaries({"office": st.sampled_from(["interpreter", "county"]), "need": st.just("")})
        )
        self.step(r.Consult(contact.agent, contact.id, **whom))
        self.ring_ends(data, leg)

    def do_phone(self, data, contact):
        kind = data.draw(st.sampled_from([r.PhoneHeld, r.PhoneResumed]))
        third = contact.consult.leg if contact.consult else "no-leg"
        self.step(kind(data.draw(st.sampled_from([contact.leg, contact.offer or "no-leg", third]))))

    def do_pass_on(self, data, contact):
        why, topic = data.draw(st.sampled_from(PassedOnFor)), data.draw(st.sampled_from(["", "income", "driver", "?"]))
        colleague = data.draw(st.just("") | agent_ids)
        self.step(r.PassOn(contact.agent, contact.id, why, topic, data.draw(queues), colleague))

    def do_to_office(self, data, contact):
        leg = f"{contact.id}-p{contact.parties + 1}"
        office, need = data.draw(st.sampled_from([("vehicles", "plates"), ("gone", ""), ("interpreter", "")]))
        self.step(r.SendToOffice(contact.agent, contact.id, office, need))
        self.ring_ends(data, leg)

    def ring_ends(self, data, leg):
        fate = data.draw(fate_of_a_ring)
        if fate == "answered":
            self.step(r.LegPickedUp(leg))
        elif fate == "declined":
            self.step(r.LegFailed(leg, Failure.DECLINED))

    def do_third(self, data, contact):
        third = contact.consult.leg if contact.consult else contact.referrals[-1].leg if contact.referrals else "none"
        self.step(r.LegHungUp(third, data.draw(fates)))

    def do_holder(self, data, contact):
        self.step(r.LegHungUp(contact.offer or "none", data.draw(fates)))

    def do_caller(self, data, contact):
        self.step(r.LegHungUp(contact.leg, HungUpBy.CALLER))

    def do_wrap(self, data, contact):
        found = [agent for agent in self.state.agents.values() if agent.state == "wrap_up"]
        if found:
            agent = data.draw(st.sampled_from(found))
            self.step(r.WrapUp(agent.id, agent.contact, "income", "done", True))
            self.step(r.LegHungUp(agent.leg or "none", HungUpBy.US))

    def do_wait(self, data, contact):
        self.time_passes(data.draw(st.sampled_from([1.0, 30.0, 61.0])))


TalkMachine.TestCase.settings = thorough(examples=15, steps=25)
TestTalks = TalkMachine.TestCase
