"""A number that is keyed in, to be rung there, by example."""

from dataclasses import replace

import pytest

from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.lifecycle import HungUpBy
from civicline.core.ring_back_requests import RingBack
from core import packs
from core.kept import Line, with_policy

OTHER = "another number"


class Keying(Line):
    """Callers may key in a number; c1 waits, from a withheld one."""

    def __init__(self, **policy):
        super().__init__(with_policy(other_numbers=True, **policy))
        self.contact = self.call("c1", "income")

    def keys_in(self, number=OTHER):
        """And confirms it."""
        said = self.do(cb.AskNumber("c1")) + self.do(cb.EnteredNumber("c1"))
        return said + self.do(cb.GiveNumber("c1", number))


def test_whoever_withholds_the_number_keys_one_in_and_is_rung_there():
    line = Keying()
    contact, place = line.contact, line.contact.place
    assert contact.hold_offered_at is not None and not contact.hold_here
    assert line.do(cb.TakeHold("c1")) == [], "we have no number to ring"
    assert line.keys_in() == ["NumberAsked", "NumberEntered", "HoldTaken"]
    line.do(cb.PlayedHold("c1"))
    line.do(r.LegHungUp("c1-c", HungUpBy.US))
    assert (contact.state, contact.promise.number, contact.caller, contact.place) == ("kept", OTHER, "", place)
    line.ann_is_free()
    line.person_presses("c1")
    assert (contact.agent, contact.promise.attempts) == ("ann", 1)


def test_where_the_pack_does_not_say_so_nobody_keys_in_a_number():
    line = Line(with_policy())
    withheld = line.call("c1", "income")
    line.holds("c2")
    assert withheld.hold_offered_at is None and line.do(cb.AskNumber("c2")) == []


@pytest.mark.parametrize("number", ["number of c2", OTHER])
def test_somebody_whose_number_is_known_may_name_another_and_is_known_by_both(number):
    line = Keying()
    contact = line.holds("c2")
    assert contact.hold_here
    line.do(cb.AskNumber("c2"))
    line.do(cb.EnteredNumber("c2"))
    line.do(cb.GiveNumber("c2", OTHER))
    assert (contact.state, contact.caller, contact.promise.number) == ("kept", "number of c2", OTHER)
    assert line.call("c3", "income", caller=number, may_ring=True).restored_from == "c2"
    assert line.state.derived.promises == {}


@pytest.mark.parametrize("why", ["number_has_one", "day_is_full"])
def test_nobody_can_have_others_rung_on_and_on(why):
    line = Keying(limit_a_day=1)
    other = line.call("c2", "income", caller=OTHER, may_ring=True)
    line.do(cb.TakeHold("c2"))
    if why == "day_is_full":
        line.do(cb.PlayedHold("c2"))
        line.do(cb.CancelCallback("c2"))
    assert line.keys_in()[-1] == "NumberDeclined"
    contact = line.contact
    assert (contact.state, contact.number_step, contact.number_declined) == ("waiting", "asked", why)
    assert other.state == ("kept" if why == "number_has_one" else "closed")
    assert line.keys_in("a third number")[-1] == "HoldTaken"


def test_one_telephone_does_not_have_many_numbers_rung():
    line = Keying(limit_a_day=1)
    for contact, number in (("c2", "one"), ("c3", "two")):
        caller = line.call(contact, "income", caller="a telephone", may_ring=True)
        for asked in (cb.AskNumber(contact), cb.EnteredNumber(contact), cb.GiveNumber(contact, number)):
            line.do(asked)
    assert (caller.state, caller.number_declined) == ("waiting", "day_is_full")


def test_when_the_calling_hours_are_over_the_caller_waits_on():
    line = Keying()
    line.do(cb.AskNumber("c1"))
    pack = with_policy(other_numbers=True, hours="never")
    never = replace(packs.ALWAYS, weekly={})
    line.do(r.LoadAgency(replace(pack, calendars=pack.calendars | {"never": never})))
    assert line.do(cb.EnteredNumber("c1")) == ["NumberLeft"] and line.contact.number_step is None


def test_whoever_is_cut_off_after_that_is_rung_back_there():
    line = Keying()
    line.keys_in()
    line.do(cb.PlayedHold("c1"))
    line.do(r.LegHungUp("c1-c", HungUpBy.US))
    line.ann_is_free()
    line.person_presses("c1")
    line.answer("c1")
    line.do(r.LegHungUp("c1-b1", HungUpBy.LOST))
    line.do(RingBack("ann", "c1"))
    assert (line.contact.state, line.contact.promise.number) == ("ringing_back", OTHER)


def test_whoever_goes_back_waits_on_and_may_ask_again():
    line = Keying()
    line.do(cb.AskNumber("c1"))
    assert line.do(cb.LeaveNumber("c1")) == ["NumberLeft"] and line.contact.number_step is None
    assert line.do(cb.EnteredNumber("c1")) == [] == line.do(cb.GiveNumber("c1", OTHER))
    assert line.keys_in()[-1] == "HoldTaken"


def test_whoever_is_taken_while_keying_talks_and_is_promised_nothing():
    line = Keying()
    line.do(cb.AskNumber("c1"))
    line.do(cb.EnteredNumber("c1"))
    line.ann_is_free()
    assert line.agent_of("c1") == "ann"
    assert line.do(cb.GiveNumber("c1", OTHER)) == []
    line.answer("c1")
    assert (line.contact.state, line.contact.promise) == ("talking", None)
