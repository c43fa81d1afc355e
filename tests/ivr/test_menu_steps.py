"""The step of every node of the demonstration's menus, computed from a contact that the rules brought there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from civicline.agency import pack
from civicline.core import menu_requests as m
from civicline.core import requests as r
from civicline.core import told
from civicline.core.agency import Agency, Calendar
from civicline.core.decide import react
from civicline.core.lifecycle import TopicBy
from civicline.core.model import Contact, State
from civicline.voice.ivr.step import ENTERED, Spoken, Step
from civicline.voice.ivr.steps import step_of
from civicline.voice.playlist import said

AGENCY = pack.read(Path(__file__).parents[2] / "agencies" / "demo").agency
SUNDAY = 1_795_400_000.0  # 2026-11-22, the evening in the agency's zone
NOW = SUNDAY + 18 * 3600.0
PROMPTS = set(said(AGENCY))


class Call:
    """A contact on a line, and what it asks for."""

    def __init__(
        self, line: str = "100", language: str = "en", at: float = NOW, number: str = "", agency: Agency = AGENCY
    ) -> None:
        self.state = State()
        self.now = at
        self.agency = agency
        self.ask(r.LoadAgency(agency))
        self.ask(r.CallArrived("c", line, number, "c-c", "v", may_ring=bool(number)), r.PlayedNotice("c"))
        if self.contact.language is None:
            self.ask(r.ChooseLanguage("c", language))

    def ask(self, *asked: r.Request) -> None:
        for each in asked:
            react(self.state, each, self.now)

    @property
    def contact(self) -> Contact:
        return self.state.contacts["c"]

    def step(self) -> Step:
        found = step_of(self.contact, self.agency, self.state.urgent)
        assert found is not None
        missing = {each for each in (*found.first, *found.prompts, *found.rest) if each.name != ENTERED} - PROMPTS
        assert not {each for each in missing if not each.name.startswith("urgent.")}, "a prompt that nobody makes"
        return found

    def press(self, keys: str) -> None:
        for key in keys:
            self.ask(*self.step().keys[key])


@pytest.mark.parametrize("language", AGENCY.languages)
@pytest.mark.parametrize("menu", AGENCY.menus)
def test_every_menu(menu: str, language: str) -> None:
    call = Call(language=language)
    call.ask(m.EnterMenu("c", menu))
    entered, step = call.contact.menu, call.step()
    assert entered == menu
    back = [Spoken("menu_back", language)] if call.contact.trail else []
    assert [*step.prompts] == [Spoken(f"menu.{menu}", language), *back]
    topics = AGENCY.menus[menu].keys
    for key in step.keys:
        if key in topics:
            assert step.keys[key] == (r.ChooseTopic("c", topics[key], TopicBy.KEY),)
    shown = {k for k, way in AGENCY.menus[menu].ways.items() if not way.languages or language in way.languages}
    assert step.keys.keys() - {"0", "9", "*"} == topics.keys() | shown
    assert step.keys["0"] == (r.ChooseTopic("c", None, TopicBy.OPERATOR_KEY),)
    assert step.silence == (r.ChooseTopic("c", None, TopicBy.SILENCE),)
    assert step.invalid == (r.ChooseTopic("c", None, TopicBy.INVALID_KEYS),)
    assert "#" in step.again
    assert ("*" in step.keys) == bool(call.contact.trail)


@pytest.mark.parametrize("language", AGENCY.languages)
@pytest.mark.parametrize("message", AGENCY.messages)
def test_every_message(message: str, language: str) -> None:
    call = Call(language=language)
    call.press("7")
    call.ask(m.HearMessage("c", message))
    step = call.step()
    assert (step.prompts, step.rest) == (
        (Spoken(f"message.{message}", language),),
        (Spoken("message_choices", language),),
    )
    assert step.keys.keys() == {"0", "9", "*"} and step.again == {"#"}
    call.ask(*step.heard)
    assert call.contact.informed_at == NOW
    call.press("*")
    assert (call.contact.menu, call.contact.message) == ("information", None)


def test_digits_are_asked_for_read_back_and_confirmed() -> None:
    call = Call()
    call.press("13")
    step = call.step()
    assert step.prompts == (Spoken("digits.letter_number", "en"),)
    assert step.collected is not None and (step.collected.shortest, step.collected.longest) == (8, 8)
    assert not step.keys, "all keys are digits here"
    call.ask(*step.collected.entered)
    confirm = call.step()
    assert [each.name for each in confirm.prompts] == ["digits_entered", ENTERED, "digits_confirm"]
    call.ask(*confirm.keys["2"])
    assert call.step().collected is not None
    call.ask(*step.collected.entered)
    call.press("1")
    assert (call.contact.topic, call.contact.queue) == ("billing_notice", "notices")


@pytest.mark.parametrize("language", AGENCY.languages)
def test_a_time_is_chosen_while_the_line_is_closed(language: str) -> None:
    """Sunday evening: the soonest are the same day, since somebody is there day and night."""
    call = Call("140", language, SUNDAY, number="hash")
    call.press("4")
    told = call.step()
    names = [each.name for each in told.prompts]
    assert names[:4] == ["times_ask_menu", "day_today", "time.1930", "time_key.1"] and names[-1] == "times_more"
    assert told.silence == (r.ChooseTopic("c", None, TopicBy.SILENCE),) and not told.takes_ahead
    call.press("4")
    later = call.step()
    assert later.id != told.id and later.prompts[2] == Spoken("time.2100", language)
    call.press("*")
    assert call.step().id.startswith("menu-after_hours")
    call.press("42")
    kept = [each.name for each in call.step().prompts]
    assert kept[:4] == ["time_kept", "day_today", "time.2000", "time_code"]
    assert (call.contact.topic, call.contact.queue) == ("unclaimed_property", "collections")


def test_who_cannot_be_rung_hears_so_and_is_in_the_menu_again() -> None:
    call = Call("140", at=SUNDAY)
    call.press("4")
    none = call.step()
    assert (none.prompts, set(none.keys)) == ((Spoken("times_none", "en"),), {"9"})
    call.ask(*none.after)
    assert call.step().id.startswith("menu-after_hours")


def test_where_no_time_is_free_that_is_what_is_said() -> None:
    """Of a queue that rings people at no hour; the number might be promised a call."""
    queue = AGENCY.queues["collections"]
    assert queue.callback is not None
    never = replace(queue, callback=replace(queue.callback, hours="never"))
    calendars, queues = AGENCY.calendars | {"never": Calendar({})}, AGENCY.queues | {"collections": never}
    call = Call("140", "es", SUNDAY, "hash", replace(AGENCY, calendars=calendars, queues=queues))
    call.press("4")
    assert call.step().prompts == (Spoken("times_full", "es"),)
    call.ask(*call.step().after)
    assert call.step().id.startswith("menu-after_hours")


def test_going_back_and_round() -> None:
    call = Call()
    call.press("31")
    assert (call.contact.menu, call.contact.trail) == ("employers", ("main", "business"))
    call.press("*")
    assert (call.contact.menu, call.contact.trail) == ("business", ("main",))
    before = call.step().id
    call.press("6*")
    assert call.contact.menu == "business"
    assert call.step().id != before, "to come back is a step of its own"
    call.press("*")
    assert (call.contact.menu, call.contact.trail) == ("main", ())
    assert "*" in call.step().again, "nothing to go back to: it is said again"


def test_going_back_is_told_where_there_is_something_to_go_back_to() -> None:
    """The same menu is below another one on one line, and the first of another line."""
    below, first = Call("100"), Call("130")
    below.press("3")
    assert (below.contact.menu, first.contact.menu) == ("business", "business")
    assert below.step().prompts == (Spoken("menu.business", "en"), Spoken("menu_back", "en"))
    assert first.step().prompts == (Spoken("menu.business", "en"),)
    prompts = {name: text for name, text in AGENCY.prompts.items() if name != "menu_back"}
    older = Call("100", agency=replace(AGENCY, prompts=prompts))
    older.press("3")
    assert older.step().prompts == (Spoken("menu.business", "en"),), "of a pack whose menus say it themselves"


@pytest.mark.parametrize(
    ("how", "says"),
    [({"own_prompt": True}, True), ({"recorded": ("en",)}, True), ({"recorded": ("es",)}, False)],
    ids=["by hand", "a recording", "a recording in another language"],
)
def test_a_prompt_that_people_made_says_the_way_back_itself(how: dict[str, Any], says: bool) -> None:
    menus = AGENCY.menus | {"business": replace(AGENCY.menus["business"], **how)}
    call = Call("100", agency=replace(AGENCY, menus=menus))
    call.press("3")
    back = [] if says else [Spoken("menu_back", "en")]
    assert [*call.step().prompts] == [Spoken("menu.business", "en"), *back]
    assert call.step().keys["*"] == (m.GoBack("c"),)


def test_a_line_in_one_language_and_a_line_for_one_letter() -> None:
    spanish = Call("105")
    assert spanish.contact.language == "es"
    assert spanish.step().prompts == (Spoken("menu.main", "es"),)
    letter = Call("110")
    assert (letter.contact.topic, letter.contact.topic_by) == ("identity_letter", TopicBy.LINE)
    assert letter.contact.queue == "identity"


def test_the_hour_decides_the_menu() -> None:
    assert Call("140").contact.menu == "unclaimed"
    assert Call("140", at=SUNDAY).contact.menu == "after_hours"
    call = Call(at=SUNDAY)
    call.press("4")
    assert call.contact.menu == "licenses_weekend"
    call.now = NOW
    call.press("*4")
    assert call.contact.menu == "licenses"


def test_an_urgent_message_comes_first_and_once() -> None:
    call = Call()
    call.ask(m.PostUrgent("individual", {"en": "Late.", "es": "Tarde."}, "", NOW + 60, "sam"))
    assert call.step().first == ()
    call.press("1")
    assert call.step().first == (Spoken("urgent.individual", "en"),)
    call.ask(m.PostUrgent("individual", {}, "systems_down", NOW + 90, "sam"))
    assert call.step().first == (Spoken("message.systems_down", "en"),)
    call.now += 91
    call.ask(r.PlayedMessage("nobody"))
    assert call.step().first == ()


def test_who_waits_is_told_the_position_and_then_something_else() -> None:
    call = Call("110")
    first = call.step()
    assert [each.name for each in first.prompts] == ["please_wait", "position_first", "hold_offer_number"]
    call.now += 40
    react(call.state, None, call.now)
    second = call.step()
    assert second.id != first.id
    assert [each.name for each in second.prompts] == ["position_first", "message.online_account", "hold_offer_number"]


def test_who_waits_is_told_the_wait_after_the_position() -> None:
    """Every range and every reason, in both languages, is a prompt that is made beforehand."""
    ranges = [(each, reason) for each in told.ranges() for reason in (None, *told.WaitRose)]
    for language in AGENCY.languages:
        call = Call("110", language)
        for (low, high), reason in ranges:
            call.contact.wait_now = True
            basis = told.Basis(1, 600.0, "individual", 0)
            call.contact.wait = told.Told(100.0, low, high, basis, reason)
            *names, offer = [each.name for each in call.step().prompts]
            because = [f"wait_rose_{reason.value}"] if reason else []
            assert names == ["please_wait", "position_first", *because, f"wait.{low}-{high or 'more'}"]
            assert offer == "hold_offer_number"


def test_the_words_of_a_range() -> None:
    assert AGENCY.prompts["wait.5-10"] == {
        "en": "Your estimated wait is between 5 and 10 minutes.",
        "es": "Su espera estimada es de entre 5 y 10 minutos.",
    }
    assert AGENCY.prompts["wait.0-2"]["en"] == "Your estimated wait is less than 2 minutes."
    assert AGENCY.prompts["wait.60-more"]["en"] == "Your estimated wait is more than 60 minutes."


def test_a_real_estimate_is_said_and_a_rise_without_reason_is_not() -> None:
    call = Call("110")
    agent = next(name for name, each in AGENCY.staff.items() if call.contact.queue in each.queues)
    call.ask(r.RegisterPhone(agent), r.SignIn(agent), r.BecomeAvailable(agent))
    call.ask(r.CallArrived("d", "110", "", "d-c", "v"), r.PlayedNotice("d"), r.ChooseLanguage("d", "en"))
    waiting = next(each for each in call.state.contacts.values() if each.state == "waiting")
    step = step_of(waiting, AGENCY)
    assert step is not None and waiting.wait is not None
    low, high = waiting.wait.range
    assert f"wait.{low}-{high or 'more'}" in [each.name for each in step.prompts]
    waiting.wait_now = False
    again = step_of(waiting, AGENCY)
    assert again is not None and not any(each.name.startswith("wait.") for each in again.prompts)
