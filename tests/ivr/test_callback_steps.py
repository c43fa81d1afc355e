"""Virtual hold as steps: offered with the position, taken by 2, and only the key 1 counts as a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from civicline.agency import pack
from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.agency import CallbackPolicy
from civicline.core.decide import react
from civicline.core.lifecycle import TopicBy
from civicline.core.model import CALLBACK, Contact, State
from civicline.voice.dialable import canonical, line_called, number_to_ring
from civicline.voice.ivr.present import step_of
from civicline.voice.ivr.step import ENTERED, Spoken, Step

DEMO = pack.read(Path(__file__).parents[1] / "packs" / "small").agency
POLICY = CallbackPolicy(offer_after_s=0)
AGENCY = replace(
    DEMO,
    surveys={},
    queues={id_: replace(each, say_every_s=30, callback=POLICY) for id_, each in DEMO.queues.items()},
)
NOON = 1_795_633_200.0  # 2026-11-25 12:00 in the agency's zone


class Line:
    def __init__(self, may_ring: bool = True, in_menu: bool = False, policy: CallbackPolicy = POLICY) -> None:
        self.state, self.now = State(), NOON
        queues = {id_: replace(each, callback=policy) for id_, each in AGENCY.queues.items()}
        self.agency = replace(AGENCY, queues=queues, prompts=dict(AGENCY.prompts))
        self.ask(
            r.LoadAgency(self.agency), r.CallArrived("c", "100", "hash", "c-c", "v", may_ring), r.LegPickedUp("c-c")
        )
        self.ask(r.PlayedNotice("c"), r.ChooseLanguage("c", "es"))
        if not in_menu:
            self.ask(r.ChooseTopic("c", None, TopicBy.OPERATOR_KEY))

    def ask(self, *asked: r.Request) -> None:
        for each in asked:
            react(self.state, each, self.now)

    @property
    def contact(self) -> Contact:
        return self.state.contacts["c"]

    def step(self) -> Step:
        found = step_of(self.contact, self.agency)
        assert found is not None
        return found

    def ring(self) -> None:
        """The place is kept, and its turn comes."""
        self.ask(cb.TakeHold("c"), cb.PlayedHold("c"), r.LegHungUp("c-c", r.HungUpBy.US))
        name = next(id_ for id_, each in AGENCY.staff.items() if "operator" in each.queues and "es" in each.languages)
        self.ask(r.RegisterPhone(name), r.SignIn(name), r.BecomeAvailable(name))


def test_the_offer_follows_the_position() -> None:
    step = Line().step()
    assert step.prompts[-1] == Spoken("hold_offer", "es") and step.music
    assert step.keys["2"] == (cb.TakeHold("c"),) and "9" in step.keys
    assert not step.takes_ahead, "nobody takes what was not offered yet"


def test_another_number_is_keyed_in_and_confirmed() -> None:
    line = Line(may_ring=False, policy=replace(POLICY, other_numbers=True))
    offer = line.step()
    assert offer.prompts[-1] == Spoken("hold_offer_number", "es") and "2" not in offer.keys
    line.ask(*offer.keys["3"])
    asked = line.step()
    assert asked.collected is not None and asked.collected.longest == 15
    assert asked.silence == asked.invalid == asked.collected.back == (cb.LeaveNumber("c"),)
    line.ask(*asked.collected.entered)
    confirm = line.step()
    assert [each.name for each in confirm.prompts] == ["digits_entered", ENTERED, "digits_confirm"]
    line.ask(*confirm.keys["2"])
    again = line.step()
    assert (again.prompts, again.id != asked.id) == (asked.prompts, True)
    line.ask(*asked.collected.entered, cb.GiveNumber("c", "a hash"))
    assert line.step().id == "kept"


def test_a_time_is_chosen_from_those_that_are_told() -> None:
    policy = replace(POLICY, choose_time=True, capacity=1)
    line = Line(policy=policy)
    line.agency.prompts["day_today"] = {}
    for minute in range(0, 24 * 60, 30):
        line.agency.prompts[f"time.{minute // 60:02}{minute % 60:02}"] = {}
    offer = line.step()
    assert offer.prompts[-1] == Spoken("hold_offer_time", "es")
    line.ask(*offer.keys["4"])
    told = line.step()
    names = [each.name for each in told.prompts]
    assert names[:4] == ["times_ask", "day_today", "time.1230", "time_key.1"] and names[-1] == "times_more"
    assert told.silence == told.invalid == told.keys["*"] == (cb.LeaveTimes("c"),)
    line.ask(*told.keys["4"])
    later = line.step()
    assert later.id != told.id and later.prompts[2] == Spoken("time.1400", "es")
    line.ask(*later.keys["3"])
    kept = [each.name for each in line.step().prompts]
    assert kept[:4] == ["time_kept", "day_today", "time.1500", "time_code"] and kept[-1] == "hold_goodbye"


def test_a_time_is_given_up_only_by_who_heard_when_it_is() -> None:
    line = Line(policy=replace(POLICY, choose_time=True, capacity=1))
    line.agency.prompts.update({"time_found": {}, "day_today": {}, "time.1230": {}})
    line.ask(r.LoadAgency(line.agency), cb.AskTimes("c"), cb.TakeTime("c", NOON + 1800))
    line.ask(r.CallArrived("d", "100", "", "d-c", "v", False), r.LegPickedUp("d-c"), r.PlayedNotice("d"))
    line.ask(r.ChooseLanguage("d", "es"), cb.AskCode("d"), cb.ClaimPlace("d", "c"))
    other = line.state.contacts["d"]
    found = step_of(other, line.agency)
    assert found is not None and not found.takes_ahead, "no key that was pressed before it was said"
    assert [each.name for each in found.prompts] == ["time_found", "day_today", "time.1230", "time_cancel"]
    line.ask(*found.keys["1"])
    gone = step_of(other, line.agency)
    assert gone is not None and gone.prompts == (Spoken("time_cancelled", "es"),) and gone.after == found.keys["*"]
    assert line.contact.state == "closed"


def test_no_offer_where_we_may_not_ring() -> None:
    step = Line(may_ring=False).step()
    assert "2" not in step.keys and Spoken("hold_offer", "es") not in step.prompts


def test_whoever_took_it_hears_the_code_and_is_let_go() -> None:
    line = Line()
    line.ask(*line.step().keys["2"])
    assert line.contact.promise is not None
    said = [each.name for each in line.step().prompts]
    assert said == ["hold_kept", *(f"digit.{digit}" for digit in line.contact.promise.code), "hold_goodbye"]
    line.ask(*line.step().after)
    assert line.state.legs["c-c"].state == "ending"


def test_the_code_is_asked_for_and_asked_for_again() -> None:
    line = Line(in_menu=True)
    line.ask(cb.AskCode("c"))
    first = line.step()
    assert first.collected is not None and (first.collected.shortest, first.collected.longest) == (6, 6)
    assert (first.prompts, first.first) == ((Spoken("code_ask", "es"),), ())
    line.ask(cb.ClaimPlace("c", ""))
    again = line.step()
    assert again.first == (Spoken("code_unknown", "es"),) and again.id != first.id
    line.ask(cb.AskCode("c"))
    assert line.contact.code_unknown, "it was asked already"


def test_only_the_key_counts() -> None:
    line = Line()
    line.ring()
    step = line.step()
    assert step.prompts == (Spoken("ringing_back", "es"),) and not step.takes_ahead
    assert (step.silence, step.invalid, step.tries) == ((cb.NobodyPressed("c"),), (cb.NobodyPressed("c"),), 2)
    line.ask(r.LegPickedUp("c-b1"), *step.keys["1"])
    assert line.contact.promise is not None and line.contact.promise.reached_at == NOON


def test_whoever_no_longer_needs_us_says_so() -> None:
    line = Line()
    line.ring()
    line.ask(r.LegPickedUp("c-b1"), *line.step().keys["3"])
    assert line.contact.promise is not None and line.contact.promise.end == "cancelled"
    assert (line.contact.state, line.state.legs["c-b1"].state) == ("closed", "ending")


def test_whoever_never_heard_the_notice_hears_it_to_its_end_before_any_key_puts_them_through() -> None:
    line = Line()
    line.ring()
    line.contact.notice_at = None
    line.ask(r.LegPickedUp("c-b1"))
    notice = line.step()
    assert [each.name for each in notice.prompts] == ["notice"] and not notice.takes_ahead
    assert set(notice.keys) == {"9", "3"} and notice.keys["9"][-1] == r.PlayedNotice("c")
    line.ask(*notice.after)
    greeting = line.step()
    assert [each.name for each in greeting.prompts] == ["ringing_back"] and greeting.id != notice.id
    assert greeting.keys["1"] == (cb.ReachPerson("c"),)


def test_a_notice_that_only_a_machine_heard_is_said_again_at_the_next_attempt() -> None:
    line = Line()
    line.ring()
    line.contact.notice_at, line.contact.channel = None, CALLBACK
    line.ask(r.LegPickedUp("c-b1"), *line.step().after)
    line.ask(*line.step().silence)
    assert line.contact.state == "kept" and line.contact.notice_at is None


def test_whoever_heard_the_notice_in_the_first_call_need_not_hear_it_again() -> None:
    line = Line()
    line.ring()
    line.ask(r.LegPickedUp("c-b1"), *line.step().silence)
    assert line.contact.state == "kept" and line.contact.notice_at is not None


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("2025550143", "+12025550143"),
        ("+1 (202) 555-0143", "+12025550143"),
        ("8005550100", "+18005550100"),
        ("9005551234", None),
        ("+442079460000", None),
        ("911", None),
        ("anonymous", None),
        ("", None),
        ("3035550100", None),
        ("3035550123", None),
    ],
)
def test_whom_we_ring(number: str, dialled: str | None) -> None:
    """The last two are a line and an office of the agency."""
    line = replace(next(iter(AGENCY.lines.values())), number="+13035550100")
    offices = {"x": replace(next(iter(AGENCY.offices.values())), number="3035550123")} if AGENCY.offices else {}
    agency = replace(AGENCY, lines=AGENCY.lines | {line.number: line}, offices=offices)
    assert offices, "the pack has an office"
    assert number_to_ring(agency, number) == dialled


@pytest.mark.parametrize("written", ["2025550143", "+12025550143", "12025550143", "+1 (202) 555-0143", "202.555.0143"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert canonical(AGENCY, written) == "+12025550143"


@pytest.mark.parametrize("written", ["3035550100", "+13035550100", "13035550100"])
def test_a_line_is_called_however_the_carrier_writes_it(written: str) -> None:
    line = replace(next(iter(AGENCY.lines.values())), number="+13035550100")
    agency = replace(AGENCY, lines={"100": AGENCY.lines["100"], line.number: line})
    assert line_called(agency, written) == "+13035550100"
    assert (line_called(agency, "100"), line_called(agency, "999")) == ("100", None)


@pytest.mark.parametrize("none", ["", "anonymous", "100", "+999123"])
def test_what_is_no_number_stays_as_it_is(none: str) -> None:
    assert canonical(AGENCY, none) == none


def test_numbers_are_read_as_of_the_agencys_country() -> None:
    agency = replace(AGENCY, country="GB")
    assert number_to_ring(agency, "020 7946 0000") == "+442079460000"
    assert number_to_ring(agency, "+12025550143") is None
