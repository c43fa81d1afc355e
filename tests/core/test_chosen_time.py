"""A time that is chosen by telephone, by example."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from civicline.core import callback_requests as cb
from civicline.core import claiming, measures, menu_requests, slots
from civicline.core import requests as r
from civicline.core.lifecycle import DeclinedFor, HungUpBy, TopicBy
from core import laws, packs
from core.floor import MONDAY, Floor
from core.kept import Line, with_policy
from core.laws import as_json, recovered

SLOT_S = 1800


class Choosing(Line):
    """Times may be chosen, round the clock; c1 waits."""

    def __init__(self, **policy):
        chosen = {"choose_time": True, "capacity": 1, "slot_s": SLOT_S, "hours": "always", **policy}
        pack = with_policy(**chosen)
        super().__init__(replace(pack, prompts=pack.prompts | {"time_found": {}}))
        self.contact = self.holds("c1")

    def told(self, contact="c1", after=0.0):
        """The times that the caller may choose from now."""
        self.do(cb.AskTimes(contact, after))
        told = self.state.contacts[contact].times
        return told.slots if told is not None else ()

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
    assert line.contact.times.more
    later = line.told(after=first[-1])
    assert later[0] == first[-1] + SLOT_S
    last = [slot for slot in slots.soon(line.state, "tax", line.now) if slot > later[-1]][-2:]
    assert line.told(after=last[0] - 1) == tuple(last) and not line.contact.times.more
    assert line.told(after=last[-1]) == first, "after the last ones come the first again"


def test_whoever_chooses_a_time_leaves_the_line_and_is_rung_then():
    line = Choosing()
    slot = line.told()[1]
    assert line.chooses("c1", slot) == ["TimeTaken"]
    contact = line.contact
    assert (contact.state, contact.place, contact.promise.slot, contact.times) == ("kept", None, slot, None)
    assert contact.came_at == contact.arrived_at and contact.has_come, "the call counts when it came"
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
    assert (other.state, other.times.why, slot in other.times.slots) == ("waiting", DeclinedFor.FULL, False)
    line.chooses("c2", other.times.slots[0])
    assert other.promise.slot != slot


def test_a_time_that_was_not_told_is_not_given():
    line = Choosing()
    assert line.do(cb.TakeTime("c1", line.now + 86_400)) == []
    times = line.told()
    assert line.do(cb.TakeTime("c1", times[0] + 60)) == []
    assert line.contact.promise is None


def test_whoever_waited_long_and_took_a_time_begins_anew_when_it_comes():
    pack = with_policy(choose_time=True, capacity=1, hours="always")
    wide = replace(pack.queues["tax"], overflow=packs.WHOLE.queues["tax"].overflow)
    line = Choosing()
    line.do(r.LoadAgency(replace(pack, queues=pack.queues | {"tax": wide})))
    line.wait(70)
    assert line.contact.step == 2
    line.chooses("c1", line.told()[0])
    assert line.contact.step == 0


def test_of_two_calls_from_one_number_only_one_takes_a_time():
    """As from an office. The other one is told that there is none for it, and waits on."""
    line = Choosing(capacity=5)
    other = line.call("c2", "income", caller=line.contact.caller, may_ring=True)
    assert other.hold_times
    line.told("c2")
    slot = line.told("c1")[0]
    line.chooses("c1", slot)
    assert line.chooses("c2", slot) == ["TimesTold"]
    assert (other.times.slots, other.times.why, other.hold_times) == ((), DeclinedFor.NUMBER_HAS_ONE, False)
    assert line.do(cb.LeaveTimes("c2")) == ["TimesLeft"] and other.times is None
    assert line.do(cb.AskTimes("c2")) == [] and other.state == "waiting"


def test_when_all_slots_are_gone_times_are_offered_no_more():
    line = Choosing()
    line.do(r.LoadAgency(with_policy(choose_time=True, capacity=1, slot_s=SLOT_S, hours="office")))
    free = slots.soon(line.state, "tax", line.now)
    for n, slot in enumerate(free):
        line.do(cb.PromiseCallback(f"p{n}", "+1", f"number {n}", "v", slot, "income"))
    assert slots.soon(line.state, "tax", line.now) == []
    assert line.do(cb.AskTimes("c1")) == ["TimesTold"]
    assert (line.contact.times.slots, line.contact.times.why) == ((), DeclinedFor.FULL) and not line.contact.hold_times


def test_who_goes_from_one_question_to_the_other_has_left_the_first():
    line = Choosing(other_numbers=True)
    line.told()
    line.do(cb.AskNumber("c1"))
    assert (line.contact.number_step, line.contact.times) == ("asked", None)
    line.told()
    assert line.contact.number_step is None and line.contact.times.slots
    line.do(cb.TakeHold("c1"))
    assert (line.contact.state, line.contact.times) == ("kept", None)


def test_a_place_that_was_given_back_may_be_given_up_for_a_time():
    line = Choosing()
    line.caller_hangs_up("c1")
    again = line.call("c2", "income", caller=line.contact.caller, may_ring=True)
    assert again.restored_from == "c1"
    line.chooses("c2", line.told("c2")[0])
    assert again.place is None


def test_whoever_goes_back_waits_on_at_the_same_place():
    line = Choosing()
    place = line.contact.place
    line.told()
    assert line.do(cb.LeaveTimes("c1")) == ["TimesLeft"]
    assert (line.contact.state, line.contact.place, line.contact.times) == ("waiting", place, None)
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
    assert line.do(cb.TakeTime("c1", slot)) == ["TimesTold"]
    assert (line.contact.state, line.contact.times.slots) == ("waiting", ()) and not line.contact.hold_times


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
    """Asked for at 16:15 on a Friday."""
    zone = ZoneInfo(packs.WHOLE.zone)
    line = Choosing(hours="office")
    line.caller_hangs_up("c1")
    line.wait(datetime(2026, 1, 9, 16, 15, tzinfo=zone).timestamp() - line.now)
    line.holds("c2")
    told = [datetime.fromtimestamp(slot, zone).strftime("%a %H:%M") for slot in line.told("c2")]
    assert told == ["Fri 16:30", "Mon 08:00", "Mon 08:30"]


def rings_with_the_code(line):
    """From another telephone, as voice asks."""
    line.do(r.CallArrived("c9", "+1", "", "c9-c", "voice-1", False))
    line.do(r.LegPickedUp("c9-c"))
    line.do(r.PlayedNotice("c9"))
    line.do(r.ChooseLanguage("c9", "en"))
    line.do(cb.AskCode("c9"))
    return line.do(cb.ClaimPlace("c9", claiming.whose(line.state, line.contact.promise.code, line.now)))


def test_the_code_of_a_time_tells_when_it_is_and_gives_it_up():
    line = Choosing()
    slot = line.told()[0]
    line.chooses("c1", slot)
    assert rings_with_the_code(line) == ["TimeFound"]
    caller = line.state.contacts["c9"]
    assert (caller.state, caller.found.promised, caller.found.slot) == ("menu", "c1", slot)
    assert line.do(cb.GiveUpTime("c9")) == ["CallbackCancelled", "TimeGivenUp"]
    assert (line.contact.state, line.contact.promise.end, caller.found.given_up) == ("closed", "cancelled", True)
    assert line.do(cb.GiveUpTime("c9")) == []
    assert line.do(menu_requests.GoBack("c9")) == ["MenuEntered"] and caller.found is None
    line.holds("c2")
    assert line.told("c2")[0] == slot, "somebody else can have it"


def test_whoever_goes_back_leaves_the_time_as_it_is():
    line = Choosing()
    line.chooses("c1", line.told()[0])
    rings_with_the_code(line)
    assert line.do(menu_requests.GoBack("c9")) == ["MenuEntered"]
    assert line.do(cb.GiveUpTime("c9")) == [] and line.contact.state == "kept"


def test_a_time_that_comes_meanwhile_is_given_up_until_the_person_is_reached():
    line = Choosing()
    slot = line.told()[0]
    line.chooses("c1", slot)
    line.wait(slot - line.now - 5)
    rings_with_the_code(line)
    line.wait(10)
    assert line.contact.place[0] == slot
    assert line.do(cb.GiveUpTime("c9")) == ["CallbackCancelled", "TimeGivenUp"]
    reached = Choosing()
    slot = reached.told()[0]
    reached.chooses("c1", slot)
    rings_with_the_code(reached)
    reached.ann_is_free()
    reached.wait(slot - reached.now)
    reached.person_presses("c1")
    assert reached.do(cb.GiveUpTime("c9")) == ["MenuEntered"]
    assert reached.contact.promise.end is None


def test_whoever_gives_a_time_up_may_have_another_the_same_day():
    line = Choosing(limit_a_day=1)
    line.chooses("c1", line.told()[0])
    rings_with_the_code(line)
    line.do(cb.GiveUpTime("c9"))
    again = line.call("c2", "income", caller=line.contact.caller, may_ring=True)
    assert again.hold_times
    line.chooses("c2", line.told("c2")[0])
    assert again.promise is not None and recovered(as_json(line.state)).derived.promised == line.state.derived.promised


def test_whoever_gave_the_time_up_was_in_line_all_the_same():
    line = Choosing()
    line.chooses("c1", line.told()[0])
    parts = measures.parts_of(line.contact, 20)
    assert (parts.received, parts.routed, parts.hold_accepted) == (1, 1, 1)
    rings_with_the_code(line)
    line.do(cb.GiveUpTime("c9"))
    parts = measures.parts_of(line.contact, 20)
    assert (parts.received, parts.routed, parts.callback_cancelled) == (1, 1, 1)


def test_nobody_was_told_the_code_of_a_booking_so_it_opens_nothing():
    line = Choosing()
    slot = line.told()[0]
    line.do(cb.PromiseCallback("p1", "+1", "a number", "v", slot, "income"))
    assert claiming.whose(line.state, line.state.contacts["p1"].promise.code, line.now) == ""


class AtNight(Floor):
    """A line that is closed, whose menu offers times in a queue that rings people at office hours."""

    def __init__(self, pack=packs.WHOLE):
        super().__init__(pack, now=MONDAY - 3600)
        self.contact = self.rings("c1")

    def rings(self, contact, caller="", may_ring=True):
        self.do(
            r.CallArrived(contact, "+4", caller or f"number of {contact}", f"{contact}-c", "voice-1", may_ring), 1.0
        )
        self.do(r.LegPickedUp(f"{contact}-c"))
        self.do(r.PlayedNotice(contact))
        self.do(r.ChooseLanguage(contact, "en"))
        return self.state.contacts[contact]

    def hears(self, contact="c1"):
        said = self.do(menu_requests.HearTimes(contact, "records"))
        laws.check_all(self.state)
        return said

    def takes(self, slot, contact="c1"):
        said = self.do(cb.TakeTime(contact, slot))
        laws.check_all(self.state)
        return said


def test_whoever_rings_a_closed_line_may_choose_a_time():
    line = AtNight()
    assert line.contact.menu == "night" and line.hears() == ["TimesTold"]
    first = line.contact.times.slots
    assert first[0] == MONDAY and len(first) == 3, "when the office opens"
    assert line.do(cb.AskTimes("c1", first[-1])) == ["TimesTold"] and line.contact.times.slots[0] > first[-1]
    slot = line.contact.times.slots[1]
    assert line.takes(slot) == ["TopicChosen", "TimeTaken"]
    contact = line.contact
    assert (contact.state, contact.topic, contact.queue, contact.skill) == ("kept", "records", "operator", "records")
    assert (contact.place, contact.promise.slot, len(contact.promise.code)) == (None, slot, 6)
    line.do(cb.PlayedHold("c1"))
    line.do(r.LegHungUp("c1-c", HungUpBy.US))
    line.ready("cid")
    line.wait(slot - line.now)
    assert (contact.state, contact.place[0]) == ("ringing_back", slot)
    line.do(r.LegPickedUp(contact.leg))
    line.do(cb.ReachPerson("c1"))
    line.answer("c1")
    assert contact.agent == "cid"


def test_it_was_in_no_line_before_the_time():
    line = AtNight()
    line.hears()
    line.takes(line.contact.times.slots[0])
    parts = measures.parts_of(line.contact, 20)
    assert (parts.received, parts.routed, parts.hold_offered, parts.hold_accepted, parts.callbacks) == (1, 0, 0, 0, 1)
    line.do(cb.CancelCallback("c1"))
    parts = measures.parts_of(line.contact, 20)
    assert (parts.received, parts.routed, parts.callback_cancelled) == (1, 0, 1)


def test_whoever_goes_back_from_the_times_is_in_the_menu_again():
    line = AtNight()
    line.hears()
    slot = line.contact.times.slots[0]
    assert line.do(menu_requests.GoBack("c1")) == ["MenuEntered"]
    assert (line.contact.menu, line.contact.times) == ("night", None)
    assert line.takes(slot) == [] and line.do(cb.AskTimes("c1")) == []


def test_whoever_asks_for_the_operator_instead_waits_in_line_and_chooses_nothing():
    line = AtNight()
    line.hears()
    slot = line.contact.times.slots[0]
    line.do(r.ChooseTopic("c1", None, TopicBy.OPERATOR_KEY))
    assert (line.contact.state, line.contact.times) == ("waiting", None)
    assert line.takes(slot) == []


def test_a_withheld_number_and_one_that_has_a_promise_hear_that_there_is_no_time():
    line = AtNight()
    withheld = line.rings("c2", may_ring=False)
    line.hears("c2")
    assert (withheld.times.slots, withheld.times.why) == ((), DeclinedFor.NO_NUMBER)
    line.hears()
    line.takes(line.contact.times.slots[0])
    again = line.rings("c3", caller=line.contact.caller)
    line.hears("c3")
    assert (again.times.slots, again.times.why) == ((), DeclinedFor.NUMBER_HAS_ONE)
    assert line.do(menu_requests.GoBack("c3")) == ["MenuEntered"]


def test_of_two_who_choose_the_last_place_of_a_slot_one_gets_it():
    line = AtNight()
    other = line.rings("c2")
    line.hears()
    line.hears("c2")
    slot = line.contact.times.slots[0]
    line.takes(slot)
    assert line.takes(slot, "c2") == ["TimesTold"]
    assert (other.state, other.times.topic, other.times.why) == ("menu", "records", DeclinedFor.FULL)
    assert slot not in other.times.slots and line.takes(other.times.slots[0], "c2") == ["TopicChosen", "TimeTaken"]


def test_a_pack_that_lets_nobody_choose_leads_back_to_the_menu():
    line = AtNight()
    line.hears()
    slot = line.contact.times.slots[0]
    line.do(r.LoadAgency(packs.NO_CALLBACKS))
    assert (line.contact.menu, line.contact.times) == ("night", None) and line.takes(slot) == []
    assert line.hears() == [] and line.contact.menu == "night", "a key that comes late"


def test_times_in_a_menu_survive_the_state_being_stored():
    line = AtNight()
    line.hears()
    again = recovered(as_json(line.state)).contacts["c1"]
    assert again.times == line.contact.times and again.times.topic == "records"
