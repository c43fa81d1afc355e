"""A small floor to act on: each method is one decision."""

from civicline.core import requests as r
from civicline.core.decide import react
from civicline.core.lifecycle import HungUpBy, TopicBy
from civicline.core.model import State
from civicline.core.survey import Replied, next_question
from core import packs

MONDAY = 1_767_625_200.0
"""2026-01-05 08:00 in Denver, when the office opens."""


class Floor:
    def __init__(self, pack=packs.WHOLE, now=MONDAY):
        self.state, self.now, self.facts = State(), now, []
        self.do(r.LoadAgency(pack))

    def do(self, request, after=0.0):
        self.now += after
        said = react(self.state, request, self.now)
        self.facts += said
        return [type(fact).__name__ for fact in said]

    def wait(self, seconds):
        return self.do(None, seconds)

    def ready(self, *agents):
        for agent in agents:
            self.do(r.RegisterPhone(agent))
            self.do(r.SignIn(agent))
            self.do(r.BecomeAvailable(agent))

    def call(self, contact, topic=None, language=None, line="+1", after=1.0, invited=False, caller="", may_ring=False):
        self.do(r.CallArrived(contact, line, caller, f"{contact}-c", "voice-1", may_ring), after)
        self.do(r.LegPickedUp(f"{contact}-c"))
        self.do(r.PlayedNotice(contact))
        if language:
            self.do(r.ChooseLanguage(contact, language))
        if invited:
            self.do(r.PlayedInvitation(contact))
        self.do(r.ChooseTopic(contact, topic, TopicBy.KEY))
        return self.state.contacts[contact]

    def answer(self, contact):
        return self.do(r.LegPickedUp(self.state.contacts[contact].offer))

    def caller_hangs_up(self, contact):
        return self.do(r.LegHungUp(f"{contact}-c", HungUpBy.CALLER))

    def phone_hangs_up(self, agent, by=HungUpBy.AGENT):
        return self.do(r.LegHungUp(self.state.agents[agent].leg, by))

    def wrap_up(self, contact, agent, resolved=True):
        return self.do(r.WrapUp(agent, contact, "income", "done", resolved))

    def reply(self, contact, *values):
        """To the next questions: a value, or how else the question ended."""
        survey = self.state.agency.surveys[self.state.contacts[contact].survey.survey]
        for value in values:
            asked = next_question(self.state.agency, self.state.contacts[contact].survey)
            assert asked in survey.questions
            how = value if isinstance(value, Replied) else Replied.ANSWERED
            self.do(r.AnswerSurvey(contact, asked.id, how, "" if how is value else value))

    def served(self, contact, agent, talk_s=60.0, wrap_s=10.0):
        self.answer(contact)
        self.wait(talk_s)
        self.phone_hangs_up(agent)
        self.wait(wrap_s)
        return self.wrap_up(contact, agent)

    def agent_of(self, contact):
        return self.state.contacts[contact].agent
