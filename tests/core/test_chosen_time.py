"""A time that is chosen by telephone, by example."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from civicline.core import callback_requests as cb
from civicline.core import measures
from civicline.core import requests as r
from civicline.core.lifecycle import DeclinedFor, HungUpBy
from core import packs
from core.kept import Line, with_policy
from core.laws import as_json, recovered

SLOT_S = 1800


class Choosing(Line):
    """Times may be chosen, round the clock; c1 waits."""

    def __init__(self, **policy):
        chosen = {"choose_time": True, "capacity": 1, "slot_s": SLOT_S, "hours": "always", **policy}
        super().__init__(with_policy(**chosen))
        self.contact = self.holds("c1")

    def told(self, contact="c1", after=0.0):
        """The times that the caller may choose from now."""
        self.do(cb.AskTimes(contact, after))
        return self.state.contacts[contact].times

    def chooses(self, contact, slot):
        said = self.do(cb.TakeTime(contact, slot))
        if self.state.contacts[contact].promise is not None:
            self.do(cb.PlayedHold(contact))
            self.do(r.LegHungUp(f"{contact}-c", HungUpBy.US))
        return said


def test_the_first_free_times_are_told_and_later_ones_for_the_asking():
    line = Choosing()
    assert line.contact.hold_times
    first = line.told()
    assert len(first) == 3 and first[0] > line.now
    assert {after - before for before, after in pairwise(first)} == {SLOT_S}
    later = line.told(after=first[-1])
    assert later[0] == first[-1] + SLOT_S
    assert line.told(after=first[-1] + 400 * SLOT_S) == first, "after the last ones come the first again"


def test_whoever_chooses_a_time_leaves_the_line_and_is_rung_then():
    line = Choosing()
    slot = line.told()[1]
    assert line.chooses("c1", slot) == ["TimeTaken"]
    contact = line.contact
    assert (contact.state, contact.place, contact.promise.slot, contact.times) == ("kept", None, slot, ())
    assert contact.came_at == slot and not contact.has_come, "it counts when its time comes"
    line.ann_is_free()
    assert not line.said("CallbackDue"), "nobody is rung before the time"
    line.wait(slot - line.now)
    assert contact.place[0] == slot and contact.state == "ringing_back"
    line.person_presses("c1")
    line.answer("c1")
    assert (contact.agent, contact.promise.attempts) == ("ann", 1)
    parts = measures.parts_of(contact, 20)
    assert (parts.hold_offered, parts.hold_accepted, parts.answered) == (1, 1, 1)
    assert parts.wait_answered_s < SLOT_S, "the wait is from the time on"


def test_a_time_that_somebody_else_took_meanwhile_is_declined_and_others_are_told():
    line = Choosing()
    line.holds("c2")
    slot = line.told("c1")[0]
    assert line.told("c2")[0] == slot
    line.chooses("c1", slot)
    assert line.chooses("c2", slot) == ["TimesTold"]
    other = line.state.contacts["c2"]
    assert (other.state, other.times_declined, slot in other.times) == ("waiting", DeclinedFor.FULL, False)
    line.chooses("c2", other.times[0])
    assert other.promise.slot != slot


def test_a_time_that_was_not_told_is_not_given():
    line = Choosing()
    assert line.do(cb.TakeTime("c1", line.now + 86_400)) == []
    times = line.told()
    assert line.do(cb.TakeTime("c1", times[0] + 60)) == []
    assert line.contact.promise is None


def test_whoever_goes_back_waits_on_at_the_same_place():
    line = Choosing()
    place = line.contact.place
    line.told()
    assert line.do(cb.LeaveTimes("c1")) == ["TimesLeft"]
    assert (line.contact.state, line.contact.place, line.contact.times) == ("waiting", place, ())
    assert line.do(cb.LeaveTimes("c1")) == []


def test_times_are_not_offered_where_there_are_none():
    for policy in ({"choose_time": False}, {"capacity": None}):
        line = Choosing(**policy)
        assert not line.contact.hold_times and line.do(cb.AskTimes("c1")) == [], policy


def test_whoever_withholds_the_number_is_not_offered_a_time():
    line = Choosing(other_numbers=True)
    withheld = line.call("c3", "income")
    assert withheld.hold_offered_at is not None and not withheld.hold_times
    assert line.do(cb.AskTimes("c3")) == []


def test_whoever_is_offered_to_somebody_meanwhile_is_taken_and_chooses_no_more():
    line = Choosing()
    slot = line.told()[0]
    line.ann_is_free()
    assert line.contact.state == "offered" and line.do(cb.TakeTime("c1", slot)) == []
    line.answer("c1")
    assert line.do(cb.TakeTime("c1", slot)) == [] and line.do(cb.AskTimes("c1")) == []


def test_a_new_pack_without_times_takes_them_back():
    line = Choosing()
    slot = line.told()[0]
    line.do(r.LoadAgency(with_policy(choose_time=False, hours="always")))
    assert line.do(cb.TakeTime("c1", slot)) == ["TimesLeft"]
    assert line.contact.state == "waiting"


def test_one_number_has_one_time_and_no_place_besides():
    line = Choosing(capacity=5)
    line.chooses("c1", line.told()[0])
    again = line.call("c4", "income", caller=line.contact.caller, may_ring=True)
    assert again.restored_from is None and not again.hold_here and not again.hold_times
    assert line.contact.state == "kept", "a call before the time leaves the promise as it is"


def test_the_times_survive_the_state_being_stored():
    line = Choosing()
    line.told()
    line.holds("c2")
    line.chooses("c2", line.told("c2")[0])
    again = recovered(as_json(line.state))
    assert again.contacts["c1"].times == line.contact.times
    assert again.derived.slots == line.state.derived.slots == {("tax", line.state.contacts["c2"].promise.slot): 1}


def test_days_are_those_of_the_agency():
    zone = ZoneInfo(packs.WHOLE.zone)
    line = Choosing(hours="office")
    hours = {datetime.fromtimestamp(slot, zone).hour for slot in line.told()}
    assert all(8 <= hour < 17 for hour in hours)
