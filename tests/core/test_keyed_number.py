"""A number that is keyed in, to be rung there, by example."""

import pytest

from civicline.core import callback_requests as cb
from civicline.core import requests as r
from civicline.core.lifecycle import HungUpBy
from core.test_callback import Line, with_policy

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
    assert line.keys_in() == ["NumberAsked", "NumberEntered", "NumberGiven", "HoldTaken"]
    line.do(cb.PlayedHold("c1"))
    line.do(r.LegHungUp("c1-c", HungUpBy.US))
    assert (contact.state, contact.caller, contact.may_ring, contact.place) == ("kept", OTHER, True, place)
    line.ann_is_free()
    line.person_presses("c1")
    assert (contact.agent, contact.promise.attempts) == ("ann", 1)


def test_where_the_pack_does_not_say_so_nobody_keys_in_a_number():
    line = Line(with_policy())
    withheld = line.call("c1", "income")
    line.holds("c2")
    assert withheld.hold_offered_at is None and line.do(cb.AskNumber("c2")) == []


def test_somebody_whose_number_is_known_may_name_another():
    line = Keying()
    contact = line.holds("c2")
    assert contact.hold_here
    line.do(cb.AskNumber("c2"))
    line.do(cb.EnteredNumber("c2"))
    line.do(cb.GiveNumber("c2", OTHER))
    assert (contact.state, contact.caller) == ("kept", OTHER)
    assert line.call("c3", "income", caller=OTHER, may_ring=True).restored_from == "c2"


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
    assert line.do(cb.TakeHold("c1")) == [], "what is sealed is that number"
    assert other.state == ("kept" if why == "number_has_one" else "closed")
    assert line.keys_in("a third number")[-1] == "HoldTaken"


def test_whoever_goes_back_waits_on_and_may_ask_again():
    line = Keying()
    line.do(cb.AskNumber("c1"))
    assert line.do(cb.LeaveNumber("c1")) == ["NumberLeft"] and line.contact.number_step is None
    assert line.do(cb.EnteredNumber("c1")) == [] == line.do(cb.GiveNumber("c1", OTHER))
    assert line.keys_in()[-1] == "HoldTaken"


def test_whoever_is_taken_while_keying_talks_and_the_number_that_was_sealed_is_known():
    line = Keying()
    line.do(cb.AskNumber("c1"))
    line.do(cb.EnteredNumber("c1"))
    line.ann_is_free()
    assert line.agent_of("c1") == "ann"
    assert line.do(cb.GiveNumber("c1", OTHER)) == ["NumberGiven"]
    line.answer("c1")
    assert (line.contact.state, line.contact.caller, line.contact.promise) == ("talking", OTHER, None)
