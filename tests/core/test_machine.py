"""Every kind of request in any order, late, doubled or senseless: the laws hold after each decision."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from civicline.core import menu_requests as m
from civicline.core import requests as r
from civicline.core.decide import react
from civicline.core.lifecycle import Failure, HungUpBy
from civicline.core.survey import Replied, SurveyEnd
from core import laws, packs
from core.steps import MONDAY, Steps
from core.thorough import thorough

contact_ids = st.sampled_from([f"c{n}" for n in range(9)] + ["nobody"])
agent_ids = st.sampled_from([*packs.WHOLE.staff, "stranger"])
topics = st.sampled_from([*packs.WHOLE.topics, None, "unheard-of"])
menus = st.sampled_from([*packs.WHOLE.menus, "unheard-of"])
in_menus = st.one_of(
    st.builds(m.EnterMenu, contact_ids, menus),
    st.builds(m.GoBack, contact_ids),
    st.builds(m.HearMessage, contact_ids, st.sampled_from(["address", "unheard-of"])),
    st.builds(m.HeardMessage, contact_ids, st.just("address")),
    st.builds(m.AskDigits, contact_ids, st.just("notice")),
    st.builds(m.EnteredDigits, contact_ids, st.just("notice")),
    st.builds(m.ConfirmDigits, contact_ids),
    st.builds(m.RejectDigits, contact_ids),
    st.builds(m.ChooseQueue, contact_ids, st.sampled_from(["licence", "unheard-of"])),
    st.builds(m.HearTimes, contact_ids, st.sampled_from(["records", "income", "unheard-of"])),
)
fates = st.sampled_from(HungUpBy)
questions = st.sampled_from(["times", "answered", "settled", "unheard-of"])
values = st.sampled_from(["", "1", "9", "yes", "no"])


class CoreMachine(Steps):
    become_ready = rule(agent=agent_ids)(Steps.become_ready)
    arrive = rule(contact=contact_ids, line=st.sampled_from(["+1", "+1", "+2", "+3", "+4", "+9"]))(Steps.arrive)
    somebody_calls_and_chooses = rule(topic=topics, language=st.sampled_from([None, "es", "xx"]))(
        Steps.somebody_calls_and_chooses
    )
    time_passes = rule(seconds=st.sampled_from([0.0, 1.0, 11.0, 29.0, 61.0, 95.0, 700.0, 4000.0, 40_000.0]))(
        Steps.time_passes
    )
    next_deadline_comes = rule()(Steps.next_deadline_comes)
    engine_is_killed = rule()(Steps.engine_is_killed)
    take_snapshot = rule()(Steps.take_snapshot)

    @initialize(
        ready=st.sets(st.sampled_from(list(packs.WHOLE.staff)), min_size=2),
        callers=st.lists(topics, max_size=4),
        surveyed=st.booleans(),
        data=st.data(),
    )
    def open(self, ready, callers, surveyed, data):
        self.step(r.CallArrived("c0", "+1", "", "c0-c", "voice-1"))
        self.step(r.LoadAgency(packs.WHOLE))
        for topic in callers:
            self.somebody_calls_and_chooses(topic, None)
        for agent in sorted(ready):
            self.become_ready(agent)
        if surveyed:
            self.become_ready("ann")
            self.a_told_caller_is_answered_and_stays(data, [])

    @precondition(lambda self: self.calls > 3)
    @rule(pack=st.sampled_from(list(packs.ALL)))
    def reload(self, pack):
        """Now and then: a reload takes so much away that little else would be seen."""
        self.step(r.LoadAgency(packs.ALL[pack]))

    @precondition(lambda self: self.state.agency is not packs.WHOLE)
    @rule()
    def the_whole_pack_comes_back(self):
        self.step(r.LoadAgency(packs.WHOLE))

    @rule(data=st.data(), pack=st.sampled_from(list(packs.ALL)))
    def a_pack_comes_while_a_phone_rings_in_vain(self, data, pack):
        if self.state.offers:
            offer = data.draw(st.sampled_from(sorted(self.state.offers)))
            self.reload(pack)
            self.step(r.LegFailed(offer, Failure.NO_ANSWER))

    @rule(
        contact=contact_ids,
        kind=st.sampled_from([r.PlayedNotice, r.RefuseRecording, r.PlayedMessage, r.PlayedInvitation]),
        topic=topics,
    )
    def hear_and_choose(self, contact, kind, topic):
        self.step(kind(contact))
        self.choose(contact, topic)

    @rule(contact=contact_ids, node=st.sampled_from(["voice-1", "voice-2"]))
    def an_invite_comes_again(self, contact, node):
        self.step(r.CallArrived(contact, "+1", "", f"{contact}-c", node))

    @rule(asked=st.lists(in_menus, min_size=1, max_size=4))
    def somebody_goes_about_in_the_menus(self, asked):
        for request in asked:
            self.step(request)

    @rule(asked=st.lists(in_menus, min_size=1, max_size=6), language=st.sampled_from(["en", "es"]))
    def somebody_calls_and_goes_about(self, asked, language):
        self.calls += 1
        contact = f"x{self.calls}"
        self.arrive(contact, "+1")
        self.step(r.PlayedNotice(contact))
        self.speak(contact, language)
        for request in asked:
            self.step(replace(request, contact=contact))

    @rule(
        menu=menus,
        texts=st.sampled_from([{}, {"en": "Late."}, {"en": "Late.", "es": "Tarde."}]),
        message=st.sampled_from(["", "address"]),
        seconds=st.sampled_from([-1.0, 5.0, 90.0, 1e8]),
    )
    def a_supervisor_says_something_urgent(self, menu, texts, message, seconds):
        self.step(m.PostUrgent(menu, texts, message, self.now + seconds, "sam"))

    @rule(menu=menus)
    def a_supervisor_lifts_it(self, menu):
        self.step(m.LiftUrgent(menu, "sam"))

    @rule(data=st.data(), kind=st.sampled_from([r.LegRang, r.LegPickedUp]))
    def any_leg_does(self, data, kind):
        self.step(kind(self.leg(data)))

    @precondition(lambda self: self.state.offers)
    @rule(data=st.data())
    def a_phone_answers(self, data):
        if self.state.offers:
            self.step(r.LegPickedUp(data.draw(st.sampled_from(sorted(self.state.offers)))))

    @precondition(lambda self: self.state.offers or any(c.state == "talking" for c in self.state.contacts.values()))
    @rule(data=st.data(), resolved=st.booleans(), pause=st.sampled_from([0.0, 3.0, 650.0]))
    def a_contact_runs_its_course(self, data, resolved, pause):
        """One waiting or ringing contact goes as far as it can."""
        self.a_phone_answers(data)
        contact = self.draw_contact(data, {"talking"})
        if contact:
            agent, leg = contact.agent, contact.offer
            self.step(r.HangUp(agent, contact.id))
            self.now += pause
            self.step(r.WrapUp(agent, contact.id, "income", "done", resolved))
            self.step(r.LegHungUp(leg, HungUpBy.US))
            self.step(r.BecomeAvailable(agent))

    @rule(data=st.data(), question=questions, how=st.sampled_from(Replied), value=values, heard=st.booleans())
    def somebody_answers_a_question(self, data, question, how, value, heard):
        contact = self.draw_contact(data, {"talking", "wrapping", "surveying", "closed"})
        if contact:
            self.step(r.AnswerSurvey(contact.id, question, how, value))
            if heard:
                self.step(r.PlayedThanks(contact.id))

    @rule(data=st.data(), replies=st.lists(st.sampled_from([Replied.ANSWERED, Replied.INVALID]), max_size=2))
    def a_told_caller_is_answered_and_stays(self, data, replies):
        """Up to a question of the survey, where the other rules find it."""
        if not any(self.state.derived.free):
            return
        self.somebody_calls_and_chooses("income", None)
        self.a_phone_answers(data)
        contact = self.draw_contact(data, {"talking"})
        if contact:
            self.step(r.HangUp(contact.agent, contact.id))
            for how in replies if laws.is_asked(contact) else ():
                self.the_question_is_answered(data, how)

    @precondition(lambda self: any(laws.is_asked(c) for c in self.state.contacts.values()))
    @rule(data=st.data(), how=st.sampled_from([Replied.ANSWERED] * 3 + [Replied.INVALID, Replied.SILENCE]))
    def the_question_is_answered(self, data, how):
        """A survey that is going on goes on by one question, and to its end when that was the last."""
        found = [c for c in self.state.contacts.values() if laws.is_asked(c)]
        if not found:
            return
        contact = data.draw(st.sampled_from(found))
        asked = next(
            (q for q in self.state.agency.surveys["after_call"].questions if q.id not in contact.survey.replies), None
        )
        if asked:
            value = data.draw(st.sampled_from(sorted(asked.keys.values()))) if how is Replied.ANSWERED else ""
            self.step(r.AnswerSurvey(contact.id, asked.id, how, value))
        self.step(r.PlayedThanks(contact.id))
        silent = any(reply.how is Replied.SILENCE for reply in contact.survey.replies.values())
        assert not silent or contact.survey.end is SurveyEnd.SILENCE

    @rule(data=st.data(), failure=st.sampled_from(Failure))
    def leg_fails(self, data, failure):
        self.step(r.LegFailed(self.leg(data), failure))

    @rule(data=st.data(), by=fates)
    def leg_hangs_up(self, data, by):
        self.step(r.LegHungUp(self.leg(data), by))

    @rule(agent=agent_ids, kind=st.sampled_from([r.RegisterPhone, r.UnregisterPhone, r.SignIn, r.SignOut]))
    def agent_does(self, agent, kind):
        self.step(kind(agent))

    @precondition(lambda self: any(a.state == "wrap_up" for a in self.state.agents.values()))
    @rule(data=st.data())
    def somebody_writes_how_it_ended(self, data):
        found = [a for a in self.state.agents.values() if a.state == "wrap_up"]
        if found:
            agent = data.draw(st.sampled_from(found))
            self.step(r.WrapUp(agent.id, agent.contact, "income", "done", True))

    @rule(agent=agent_ids, kind=st.sampled_from([r.BecomeAvailable, r.TakeBreak]))
    def agent_says(self, agent, kind):
        self.step(kind(agent))

    @precondition(lambda self: any(c.agent for c in self.state.contacts.values()))
    @rule(
        data=st.data(),
        kind=st.sampled_from([r.PauseRecording, r.ResumeRecording, r.RefuseRecording]),
        stranger=st.none() | agent_ids,
    )
    def agent_says_of_the_recording(self, data, kind, stranger):
        contact = self.draw_contact(data, {"offered", "talking", "wrapping", "closed"})
        if contact:
            self.step(kind(agent=stranger or contact.agent, contact=contact.id))

    @rule(data=st.data(), stranger=st.none() | agent_ids)
    def agent_hangs_up(self, data, stranger):
        contact = self.draw_contact(data, {"offered", "talking", "wrapping"})
        if contact:
            self.step(r.HangUp(stranger or contact.agent, contact.id))

    @rule(data=st.data(), stranger=st.none() | agent_ids, topic=topics, resolved=st.booleans())
    def agent_wraps_up(self, data, stranger, topic, resolved):
        contact = self.draw_contact(data, {"talking", "wrapping", "closed"})
        if contact:
            agent = stranger or contact.agent
            self.step(r.WrapUp(agent, contact.id, topic or "income", "done", resolved))

    @rule(seconds=st.sampled_from([1.0, 30.0]), data=st.data())
    def something_late_comes_with_time(self, seconds, data):
        self.now += seconds
        self.step(r.LegPickedUp(self.leg(data)))

    @rule(seconds=st.sampled_from([-5.0, 45.0]))
    def clock_steps(self, seconds):
        self.now = max(MONDAY, self.now + seconds)
        said = react(self.state, None, self.now)
        self.now = max(self.now, self.state.now)
        laws.fold(self.follower, said)
        laws.fold(self.snapshot, said)
        self.store()


CoreMachine.TestCase.settings = thorough(examples=25, steps=50)
TestCore = CoreMachine.TestCase
