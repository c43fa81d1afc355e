"""The survey and first-contact resolution in the day's report, from a real journal."""

from contextlib import closing
from datetime import date, datetime, time, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from civicline.core import callback_requests as cb
from civicline.core import kinds
from civicline.core import requests as r
from civicline.core import ring_back_requests as rb
from civicline.core.lifecycle import HungUpBy
from civicline.core.survey import Replied
from civicline.journal.connect import connect
from civicline.journal.event import Draft
from civicline.journal.leader import lead
from civicline.measures import period, report
from core.floor import Floor

ZONE = ZoneInfo("America/Denver")
DAY = date(2031, 5, 14)
ANN, BEA, CAL = "a" * 32, "b" * 32, "c" * 32


def at(hour, minute=0, days=0):
    return datetime.combine(DAY + timedelta(days=days), time(hour, minute), ZONE).timestamp()


def store(journal, floor):
    drafts = [Draft(*kinds.to_body(fact)) for fact in floor.facts]
    with closing(lead(journal.urls.app, "test", Event())) as leader:
        leader.append(drafts)
    floor.facts.clear()


class Day:
    """ann serves one caller after another."""

    def __init__(self, days=0):
        self.floor = Floor(now=at(8, days=days))
        self.floor.ready("ann")

    def call(self, contact, when, caller="", topic="income", resolved=True, replies=None, leaves=False):
        """`replies` None: the caller hangs up; else the representative does, and these are the replies."""
        floor = self.floor
        floor.now = when
        floor.call(contact, topic, after=0, invited=True, caller=caller)
        floor.answer(contact)
        floor.wait(60)
        if replies is None:
            floor.caller_hangs_up(contact)
            floor.do(r.LegHungUp(floor.state.contacts[contact].offer, "us"))
        else:
            floor.phone_hangs_up("ann")
            floor.reply(contact, *replies)
        floor.do(r.WrapUp("ann", contact, "income", "done", resolved))
        if leaves:
            floor.caller_hangs_up(contact)
        elif replies is not None:
            floor.do(r.PlayedThanks(contact))
            floor.do(r.LegHungUp(f"{contact}-c", "us"))
        assert floor.state.contacts[contact].state == "closed"


@pytest.fixture
def day(journal):
    """Eight answered calls: six begin the survey, four end it."""
    one = Day()
    one.call("a1", at(9), ANN, replies=("1", "yes", "yes"))
    one.call("a2", at(10), ANN, replies=("2", "yes", "yes"))
    one.call("b1", at(11), BEA, replies=("1", "no", "no"), resolved=False)
    one.call("c1", at(12), CAL, replies=("1", Replied.INVALID, "yes"), resolved=False)
    one.call("w1", at(13), replies=("1", Replied.SILENCE))
    one.call("w2", at(14), replies=("3",), leaves=True)
    one.call("w3", at(15), resolved=False)
    one.call("w4", at(16), topic="sales")
    one.call("b2", at(9, days=9), BEA, replies=("2", "yes", "yes"))
    one.call("c2", at(9, days=40), CAL, replies=("2", "yes", "yes"))
    store(journal, one.floor)
    return report.day(journal.urls.app, DAY)


def test_each_result_stands_with_volume_offers_responses_and_mode(day):
    survey = day["total"]["survey"]
    assert (survey["volume"], survey["told"], survey["offered"], survey["begun"]) == (8, 8, 8, 6)
    assert (survey["responses"], survey["completed"], survey["broken_off"]) == (6, 4, 2)
    assert survey["mode"] == "keypad, after the call"
    assert survey["ends"] == {"completed": 4, "silence": 1, "hung_up": 1, "withdrawn": 0, "lost": 0}
    assert survey["response_rate"] == {"value": 0.75, "formula": "responses ÷ offered"}


def test_the_replies_to_each_question(day):
    questions = day["total"]["survey"]["questions"]["after_call"]
    none = {"silence": 0, "invalid": 0, "hung_up": 0}
    assert questions["times"] == none | {"asked": 6, "answers": {"1": 4, "2": 1, "3": 1}}
    assert questions["answered"] == {
        "asked": 6, "answers": {"no": 1, "yes": 2}, "silence": 1, "invalid": 1, "hung_up": 1,
    }  # fmt: skip
    assert questions["settled"] == none | {"asked": 4, "answers": {"no": 1, "yes": 3}}


def test_three_words_each_with_the_number_it_rests_on(day):
    found = day["total"]["first_contact_resolution"]
    said = {word: (each["resolved"], each["of"]) for word, each in found["words"].items()}
    assert said["representative"] == (5, 8)
    assert said["person"] == (2, 4), "a1 and c1; a2 had called before, b1 needs more"
    assert said["repeats_7d"] == (3, 4), "a1 was followed by a2"
    assert said["repeats_30d"] == (2, 4), "and b1 by b2; c2 came after 40 days"
    assert found["left_out_of_repeats"] == {"withheld": 4, "without_topic": 0}
    assert day["repeats_complete"] == {"repeats_7d": True, "repeats_30d": True}


def test_where_they_disagree(day):
    pairs = {tuple(each["between"]): each for each in day["total"]["first_contact_resolution"]["disagreement"]}
    words = pairs["representative", "person"]
    assert (words["of"], words["agree"]) == (4, 2)
    assert (words["resolved_only_by_representative"], words["resolved_only_by_person"]) == (1, 1), "a2; c1"
    repeats = pairs["person", "repeats_7d"]
    assert (repeats["resolved_only_by_person"], repeats["resolved_only_by_repeats_7d"]) == (1, 2), "a1; a2 and b1"
    assert ("repeats_7d", "repeats_30d") not in pairs


def test_by_line_topic_and_queue(day):
    topics = day["by"]["topic"]
    assert (topics["income"]["survey"]["offered"], topics["sales"]["survey"]["offered"]) == (7, 1)
    assert topics["sales"]["first_contact_resolution"]["words"]["representative"]["of"] == 1
    assert day["by"]["line"]["+1"]["survey"] == day["total"]["survey"] == day["by"]["queue"]["tax"]["survey"]
    assert "survey" not in day["by"]["half_hour"]["2031-05-14T09:00-06:00"]


def test_a_survey_does_not_lengthen_the_wrap_up(journal):
    floor = Floor(now=at(8))
    floor.ready("ann")
    floor.call("c1", "income", after=0, invited=True)
    floor.answer("c1")
    floor.wait(60)
    floor.phone_hangs_up("ann")
    floor.wait(10)
    floor.wrap_up("c1", "ann")
    floor.wait(50)
    floor.reply("c1", "1", "yes", "yes")
    floor.do(r.PlayedThanks("c1"))
    store(journal, floor)
    parts = report.day(journal.urls.app, DAY)["total"]["parts"]
    assert (parts["handled"], parts["talk_s"], parts["wrap_up_s"]) == (1, 60, 10)


def test_a_window_that_is_not_over_says_so(journal):
    one = Day()
    one.call("a1", at(9), ANN, replies=("1", "yes", "yes"))
    one.call("a2", at(9, days=8), CAL)
    store(journal, one.floor)
    got = report.day(journal.urls.app, DAY)
    assert got["repeats_complete"] == {"repeats_7d": True, "repeats_30d": False}
    assert "30 days without a repeat, so far" in report.render(got)


def test_another_topic_is_no_repeat_and_a_repeat_that_left_the_line_is_one(journal):
    one = Day()
    one.call("a1", at(9), ANN)
    one.call("b1", at(10), BEA)
    one.floor.do(r.SignOut("ann"))
    one.floor.call("a2", "sales", caller=ANN)
    one.floor.call("b2", "income", caller=BEA)
    for contact in ("a2", "b2"):
        one.floor.caller_hangs_up(contact)
    store(journal, one.floor)
    words = report.day(journal.urls.app, DAY)["total"]["first_contact_resolution"]["words"]
    assert (words["repeats_7d"]["resolved"], words["repeats_7d"]["of"]) == (1, 2)


def books(floor, contact, caller, slot, topic="income", replaces=""):
    floor.do(cb.PromiseCallback(contact, "+1", caller, "voice-1", slot, topic, "en", replaces))
    assert floor.state.contacts[contact].slot == slot


def comes(floor, contact):
    """Its slot has come."""
    floor.now = floor.state.contacts[contact].slot + 1
    floor.wait(0)
    assert floor.state.contacts[contact].has_come


def repeats(journal, date=DAY):
    words = report.day(journal.urls.app, date)["total"]["first_contact_resolution"]["words"]
    assert words["repeats_7d"]["of"]
    return {name: words[name]["of"] - words[name]["resolved"] for name in ("repeats_7d", "repeats_30d")}


NONE, BOTH = {"repeats_7d": 0, "repeats_30d": 0}, {"repeats_7d": 1, "repeats_30d": 1}


def test_a_booked_callback_about_the_same_is_a_repeat_once_it_has_come(journal):
    one = Day()
    one.call("a1", at(9), ANN)
    one.call("b1", at(10), BEA)
    books(one.floor, "a2", ANN, at(9, days=1))
    books(one.floor, "b2", BEA, at(10, days=1), "sales")
    store(journal, one.floor)
    assert repeats(journal) == NONE, "it may still be cancelled"
    comes(one.floor, "a2")
    comes(one.floor, "b2")
    store(journal, one.floor)
    assert repeats(journal) == BOTH


def test_one_that_was_booked_before_the_day_is_known(journal, monkeypatch):
    monkeypatch.setattr(period, "READ_AT_ONCE", 20)  # so that the window begins long after the promise
    one = Day(days=-3)
    books(one.floor, "a2", ANN, at(9, days=12))
    for days in range(-3, 1):
        one.call(f"other {days}", at(11, days=days))
    one.call("a1", at(12), ANN)
    comes(one.floor, "a2")
    store(journal, one.floor)
    assert repeats(journal) == NONE | {"repeats_30d": 1}


def test_a_callback_that_was_cancelled_or_changed_before_its_time_never_came(journal):
    one = Day()
    one.call("a1", at(9), ANN)
    books(one.floor, "cancelled", ANN, at(9, days=1))
    one.floor.do(cb.CancelCallback("cancelled"))
    books(one.floor, "early", ANN, at(9, days=2))
    books(one.floor, "changed", ANN, at(9, days=9), replaces="early")
    comes(one.floor, "changed")
    store(journal, one.floor)
    assert repeats(journal) == NONE | {"repeats_30d": 1}


def test_a_place_that_is_kept_is_the_same_contact_going_on(journal):
    one = Day()
    floor = one.floor
    floor.call("talks", "income", caller=BEA)
    floor.answer("talks")
    floor.call("a1", "income", caller=ANN, may_ring=True)
    floor.wait(70)
    floor.do(cb.TakeHold("a1"))
    floor.do(cb.PlayedHold("a1"))
    floor.do(r.LegHungUp("a1-c", HungUpBy.US))
    floor.phone_hangs_up("ann")
    floor.wrap_up("talks", "ann")
    floor.do(r.LegPickedUp(floor.state.contacts["a1"].leg))
    floor.do(r.PlayedNotice("a1"))
    floor.do(cb.ReachPerson("a1"))
    floor.served("a1", "ann")
    store(journal, floor)
    assert {fact[0] for fact in journalled(journal, "callback_ready")} == {"a1"}
    assert repeats(journal) == NONE


def test_what_a_representative_promised_is_about_the_same_whatever_the_word_for_it(journal):
    """It was promised about what the caller had chosen; the word at the wrap-up is another one."""
    one = Day()
    floor = one.floor
    floor.call("a1", "income", caller=ANN, may_ring=True)
    floor.answer("a1")
    floor.wait(60)
    floor.phone_hangs_up("ann")
    floor.do(rb.PromiseLater("ann", "a1", "a2", at(10, days=2)))
    floor.do(r.WrapUp("ann", "a1", "sales", "done", True))
    comes(floor, "a2")
    store(journal, floor)
    assert repeats(journal) == BOTH


def journalled(journal, kind):
    with connect(journal.urls.app) as conn:
        return conn.execute("SELECT body->>'contact' FROM journal_event WHERE kind = %s", (kind,)).fetchall()


def test_a_person_can_read_it(day):
    text = report.render(day)
    for part in (
        "Survey (keypad, after the call)",
        "1: 4, 2: 1, 3: 1",
        "the person's word",
        "Left out of repeat tracking: 4 with a withheld number",
        "Both known of 4: 2 agree; resolved only by the representative's word: 1",
    ):
        assert part in text, part
    assert max(len(line) for line in text.splitlines()) <= 110
