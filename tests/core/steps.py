"""A contact centre that is asked one thing after another, with every law looked at after each: for the machines."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from civicline.core import deadlines
from civicline.core import requests as r
from civicline.core.callback_facts import CallbackPromised, TimeTaken
from civicline.core.decide import react
from civicline.core.lifecycle import HungUpBy, TopicBy
from civicline.core.model import State
from core import laws

MONDAY = 1_767_625_200.0
"""2026-01-05 08:00 in Denver, when the office opens."""

WITHHELD = "withheld"


class Steps(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.state, self.follower, self.snapshot = State(), State(), State()
        self.store()
        self.now, self.places, self.known_legs, self.calls, self.told = MONDAY, {}, [], 0, {}
        self.surveyed = set()

    def step(self, request):
        said = react(self.state, request, self.now)
        assert react(self.again, request, self.now) == said, "a recovered engine decides otherwise"
        laws.fold(self.follower, said)
        assert self.follower == self.state, "a follower sees otherwise"
        for fact in said:
            laws.evolve(self.snapshot, laws.through_journal(fact))
        assert self.snapshot == self.state, "a snapshot's follower sees otherwise"
        for fact in said:
            key = (type(fact).__name__, getattr(fact, "contact", ""), getattr(fact, "question", ""))
            assert not key[0].startswith("Survey") or key not in self.surveyed, "surveyed twice"
            self.surveyed.add(key)
            if isinstance(fact, TimeTaken):
                self.places[fact.contact] = None  # given up for the time
            if isinstance(fact, (TimeTaken, CallbackPromised)):
                laws.check_slot(self.state, self.state.contacts[fact.contact])
        self.store()
        laws.check_all(self.state)
        laws.check_derived(self.state, self.again)
        due = deadlines.next_at(self.state)
        assert due is None or due > self.now, "something due was left undone"
        for contact in self.state.contacts.values():
            place = self.places.setdefault(contact.id, contact.place) or contact.place
            assert contact.place == place, "the place in line was lost"
            self.places[contact.id] = place
            laws.check_told(self.told.get(contact.id), contact)
            self.told[contact.id] = (contact.queue, contact.position)
        self.known_legs += [leg for leg in self.state.legs if leg not in self.known_legs]

    def store(self):
        """As the engine's snapshots are; `again` is what an engine makes of it that starts now."""
        self.stored = laws.as_json(self.state)
        self.again = laws.recovered(self.stored)

    def leg(self, data):
        return data.draw(st.sampled_from([*sorted(self.state.legs), *self.known_legs[-3:], "no-leg"]))

    def draw_contact(self, data, states):
        found = [c for c in self.state.contacts.values() if c.agent and c.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def become_ready(self, agent):
        for request in (r.RegisterPhone(agent), r.SignIn(agent), r.BecomeAvailable(agent)):
            self.step(request)

    def arrive(self, contact, line, number=""):
        number = number or f"number of {contact}"
        known = number != WITHHELD
        self.step(r.CallArrived(contact, line, number if known else "", f"{contact}-c", "voice-1", may_ring=known))

    def somebody_calls_and_chooses(self, topic, language, number=""):
        self.calls += 1
        contact = f"x{self.calls}"
        self.arrive(contact, "+1", number)
        self.step(r.LegPickedUp(f"{contact}-c"))
        self.step(r.PlayedNotice(contact))
        if language:
            self.speak(contact, language)
        self.step(r.PlayedInvitation(contact))
        self.choose(contact, topic)

    def speak(self, contact, language):
        self.step(r.ChooseLanguage(contact, language))

    def choose(self, contact, topic):
        self.step(r.ChooseTopic(contact, topic, TopicBy.KEY))

    def time_passes(self, seconds):
        self.now += seconds
        self.step(None)

    def next_deadline_comes(self):
        self.now = max(self.now, deadlines.next_at(self.state) or 0.0)
        self.step(None)

    def engine_is_killed(self):
        self.state = laws.recovered(self.stored)

    def take_snapshot(self):
        self.snapshot = laws.recovered(self.stored)

    def teardown(self):
        """Nobody is stuck: callers hang up, no phone ever says another word, time passes: everybody is free."""
        for contact in list(self.state.contacts.values()):
            if contact.state not in {"wrapping", "closed"}:
                self.step(r.LegHungUp(contact.leg, HungUpBy.CALLER))
        for _ in range(200):
            if deadlines.next_at(self.state) is None:
                break
            self.next_deadline_comes()
        assert all(agent.leg is None and agent.contact is None for agent in self.state.agents.values())
        assert all(contact.state == "closed" for contact in self.state.contacts.values())
        assert not self.state.offers and not self.state.legs and not self.state.derived.in_queue
