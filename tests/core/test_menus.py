"""Menus by example: back and round, the hour, lines of one topic, digits, the told position, urgent messages."""

import json
from dataclasses import replace

from civicline.core import codec, measures
from civicline.core import menu_requests as m
from civicline.core import requests as r
from civicline.core.agency import Agency
from civicline.core.decide import react
from civicline.core.lifecycle import HungUpBy, TopicBy
from civicline.core.model import State
from core import packs

NIGHT, DAY = 1_767_600_000.0, 1_767_630_000.0
"""2026-01-05 01:00 and 09:20 in Denver."""


class Line:
    def __init__(self, at=DAY, pack=packs.WHOLE):
        self.state, self.now = State(), at
        self.said = []
        self.ask(r.LoadAgency(pack))

    def ask(self, *asked):
        for request in asked:
            self.said += react(self.state, request, self.now)

    def wait(self, seconds):
        self.now += seconds
        self.said += react(self.state, None, self.now)

    def call(self, name, line="+1", language="en"):
        self.ask(r.CallArrived(name, line, "", f"{name}-c", "v"), r.PlayedNotice(name))
        if self.state.contacts[name].language is None:
            self.ask(r.ChooseLanguage(name, language))
        return self.state.contacts[name]

    def told(self, contact):
        return [
            fact.position for fact in self.said if type(fact).__name__ == "PositionTold" and fact.contact == contact
        ]


def test_back_goes_the_way_that_was_come_and_a_round_is_cut():
    line = Line(NIGHT)
    contact = line.call("c")
    line.ask(m.EnterMenu("c", "more"), m.EnterMenu("c", "deep"))
    assert (contact.menu, contact.trail) == ("deep", ("main", "more"))
    line.ask(m.EnterMenu("c", "more"))
    assert (contact.menu, contact.trail) == ("more", ("main",))
    line.ask(m.HearMessage("c", "address"), m.GoBack("c"))
    assert (contact.menu, contact.message, contact.trail) == ("more", None, ("main",))
    line.ask(m.GoBack("c"), m.GoBack("c"))
    assert (contact.menu, contact.trail) == ("main", ())


def test_the_hour_is_that_of_entering():
    line = Line(DAY)
    contact = line.call("c")
    line.ask(m.EnterMenu("c", "more"))
    assert contact.menu == "day"
    line.now = NIGHT + 86_400
    line.ask(m.GoBack("c"), m.EnterMenu("c", "more"))
    assert contact.menu == "more"


def test_a_line_has_a_topic_or_a_closed_menu():
    line = Line(NIGHT)
    letter, closed = line.call("a", "+3"), line.call("b", "+4")
    assert (letter.language, letter.topic, letter.topic_by, letter.queue) == ("es", "driver", TopicBy.LINE, "licence")
    assert (closed.menu, closed.state) == ("night", "menu")
    assert line.call("c", "+2").turned_away == "closed"
    assert Line(DAY).call("d", "+4").menu == "main"


def test_digits_lead_on_only_when_they_are_confirmed():
    line = Line(NIGHT)
    contact = line.call("c")
    line.ask(m.AskDigits("c", "notice"), m.ConfirmDigits("c"))
    assert contact.digits == "notice"
    line.ask(m.EnteredDigits("c", "notice"), m.RejectDigits("c"))
    assert not contact.digits_entered
    line.ask(m.EnteredDigits("c", "notice"), m.ConfirmDigits("c"))
    assert (contact.topic, contact.queue, contact.digits) == ("income", "tax", None)


def test_who_chose_a_queue_follows_a_pack_without_it_to_the_operator():
    line = Line()
    contact = line.call("c")
    line.ask(m.ChooseQueue("c", "licence"))
    place = contact.place
    assert (contact.queue, contact.skill) == ("licence", "")
    line.ask(r.LoadAgency(packs.NO_LICENCE))
    assert (contact.queue, contact.place) == ("operator", place)


def test_a_pack_without_the_menu_begins_anew():
    line = Line(NIGHT)
    contact = line.call("c")
    line.ask(m.EnterMenu("c", "more"), m.HearMessage("c", "address"), r.LoadAgency(packs.NO_MENUS))
    assert (contact.menu, contact.trail, contact.message) == ("main", (), None)


def test_the_told_position_never_rises():
    line = Line()
    first, second = line.call("a"), line.call("b")
    for name in ("a", "b"):
        line.ask(r.ChooseTopic(name, "income", TopicBy.KEY))
    assert (first.position, second.position) == (1, 2)
    line.wait(25)
    line.ask(r.LegHungUp("a-c", HungUpBy.CALLER))
    line.wait(25)
    assert line.told("b") == [2, 2, 1]


def test_a_number_that_would_rise_is_not_told():
    """A new pack moves somebody who waits longer into the queue."""
    line = Line()
    line.call("a")
    contact = line.call("b")
    line.ask(r.ChooseTopic("a", "driver", TopicBy.KEY), r.ChooseTopic("b", "income", TopicBy.KEY))
    assert line.told("b") == [1]
    moved = packs.WHOLE.topics | {"driver": packs.topic("driver", "tax", "driver")}
    line.ask(r.LoadAgency(replace(packs.WHOLE, topics=moved)))
    line.wait(25)
    assert line.told("b") == [1, None]
    assert contact.position == 1


def test_an_urgent_message_holds_over_a_reload_and_ends_by_itself():
    line = Line()
    line.ask(m.PostUrgent("main", {"en": "Late."}, "", line.now + 60, "sam"))
    assert not line.state.urgent, "it is missing in one language"
    line.ask(
        m.PostUrgent("main", {"en": "Late.", "es": "Tarde."}, "", line.now + 60, "sam"), r.LoadAgency(packs.NO_MENUS)
    )
    assert line.state.urgent["main"].by == "sam"
    line.wait(60)
    assert not line.state.urgent


def test_who_heard_an_answer_and_hung_up_was_served():
    line = Line()
    served, left = line.call("a"), line.call("b")
    line.ask(m.HearMessage("a", "address"), m.HearMessage("b", "address"), m.HeardMessage("a", "address"))
    line.ask(r.LegHungUp("a-c", HungUpBy.CALLER), r.LegHungUp("b-c", HungUpBy.CALLER))
    assert (measures.outcome(served), measures.outcome(left)) == ("automated", "primary_abandon")


def test_a_pack_from_before_is_still_read():
    body = json.loads(json.dumps(codec.encode(packs.WHOLE)))
    for name in ("messages", "digits"):
        del body[name]
    for line in body["lines"].values():
        for name in ("topic", "language", "closed_menu"):
            del line[name]
    for menu in body["menus"].values():
        for name in ("label", "ways", "instead"):
            del menu[name]
    for queue in body["queues"].values():
        del queue["say_every_s"], queue["say"]
    old = codec.decode(Agency, body)
    assert old.menus["main"].keys == packs.WHOLE.menus["main"].keys
    contact = Line(pack=old).call("c")
    assert contact.menu == "main"
