"""Virtual hold, attempts and scheduled callbacks, by example."""

import sys
from dataclasses import replace

import pytest

from civicline.core import callback_requests as cb
from civicline.core import deadlines
from civicline.core import requests as r
from civicline.core.lifecycle import Failure, HungUpBy
from civicline.core.measures import measures, total
from core import packs
from core.floor import MONDAY, Floor
from core.kept import POLICY, Line, with_policy


def test_whoever_would_wait_long_is_offered_to_have_the_place_kept():
    line = Line()
    assert line.holds("c1").hold_offered_at is not None
    kept = line.keeps("c2")
    assert kept.state == "kept" and kept.promise.ready and kept.agent is None
    assert len(kept.promise.code) == 6 and kept.promise.code.isdigit()


@pytest.mark.parametrize(
    "why", ["withheld number", "no policy", "short wait", "calling hours", "somebody is free", "spoken to before"]
)
def test_whoever_may_not_is_not_offered(why):
    packs_ = {
        "no policy": packs.NO_CALLBACKS,
        "short wait": with_policy(offer_after_s=10_000),
        "calling hours": with_policy(hours="never"),
    }
    pack = packs_.get(why, with_policy())
    never = replace(packs.ALWAYS, weekly={})
    line = Line(replace(pack, calendars=pack.calendars | {"never": never}))
    if why == "somebody is free":
        line.ann_is_free()
    number = "" if why == "withheld number" else "a number"
    contact = line.call("c1", "income", caller=number, may_ring=True)
    if why == "spoken to before":
        line.state.contacts["c1"].hold_offered_at = None
        line.ann_is_free()
        line.answer("c1")
        line.do(r.PassOn("ann", "c1", r.PassedOnFor.OTHER, queue="tax"))
    assert contact.hold_offered_at is None
    assert line.do(cb.TakeHold("c1")) == [] and contact.state != "kept"


def test_a_kept_place_counts_and_is_offered_to_nobody():
    line = Line()
    line.keeps("c1")
    last = line.holds("c2")
    assert line.position(last) == 2
    line.do(r.SignOut("ann"))
    line.ready("bob")
    assert last.agent == "bob", "who holds is served; the kept one is rung"
    assert line.state.contacts["c1"].state == "ringing_back"


def test_the_person_is_rung_at_the_turn_and_served_at_the_old_place():
    line = Line()
    line.holds("c1")
    kept = line.keeps("c2")
    line.holds("c3")
    line.ann_is_free()
    assert (line.agent_of("c1"), kept.state) == ("ann", "kept"), "one waits before"
    line.answer("c1")
    line.wait(100)
    line.phone_hangs_up("ann")
    assert (kept.state, kept.leg, kept.promise.attempts) == ("ringing_back", "c2-b1", 1), "while she wraps up"
    place = kept.place
    assert "PersonReached" in line.person_presses("c2")
    assert kept.state == "waiting" and kept.place == place and not kept.promise.failed
    line.wrap_up("c1", "ann")
    assert kept.agent == "ann", "before c3"
    line.served("c2", "ann")
    assert kept.connected_at and kept.state == "closed"
    assert line.agent_of("c3") == "ann"


def test_who_was_reached_and_leaves_the_line_has_abandoned_it():
    line = Line()
    kept = line.keeps("c1")
    line.ann_is_free()
    line.ann_takes("c2")
    line.person_presses("c1")
    assert kept.state == "waiting"
    line.do(r.LegHungUp("c1-b1", HungUpBy.CALLER))
    assert (kept.state, kept.abandoned_in) == ("closed", "waiting") and not line.state.derived.released


def test_a_free_representative_does_not_wait_for_a_person_who_is_being_rung():
    line = Line()
    kept = line.keeps("c1")
    line.holds("c2")
    line.ann_is_free()
    assert kept.state == "ringing_back" and line.agent_of("c2") == "ann"
    line.person_presses("c1")
    line.holds("c3")
    line.answer("c2")
    line.ann_is_free()
    assert kept.agent == "ann", "the first as soon as the key was heard"


def test_no_more_are_rung_than_may_be_served():
    line = Line()
    for number in range(5):
        line.keeps(f"c{number}")
    line.ann_is_free()
    assert [c.id for c in line.state.contacts.values() if c.state == "ringing_back"] == ["c0"]
    line.person_presses("c0")
    assert line.agent_of("c0") == "ann"
    assert [c.id for c in line.state.contacts.values() if c.state == "ringing_back"] == []


@pytest.mark.parametrize(
    "how", ["rings out", "busy", "hangs up", "nobody presses", "no key, voice is gone", "line lost"]
)
def test_an_attempt_fails_and_another_follows_after_the_gap(how):
    line = Line()
    kept = line.keeps("c1")
    line.ann_is_free()
    assert kept.state == "ringing_back"
    if how == "rings out":
        line.wait(POLICY.ring_s + deadlines.RING_GRACE_S)
    elif how == "busy":
        line.do(r.LegFailed("c1-b1", Failure.BUSY))
    else:
        line.do(r.LegPickedUp("c1-b1"))
        if how == "hangs up":
            line.do(r.LegHungUp("c1-b1", HungUpBy.CALLER))
        elif how == "line lost":
            line.do(r.LegHungUp("c1-b1", HungUpBy.LOST))
        elif how == "nobody presses":
            line.do(cb.NobodyPressed("c1"))
        else:
            line.wait(deadlines.KEY_S)
    found = {
        "rings out": "no_answer", "busy": "busy", "hangs up": "hung_up", "nobody presses": "not_pressed",
        "no key, voice is gone": "not_pressed", "line lost": "lost",
    }  # fmt: skip
    assert [why.value for why in kept.promise.failed] == [found[how]] and kept.state == "kept"
    assert kept.promise.next_at == line.now + POLICY.gap_s
    line.do(r.LegHungUp("c1-b1", HungUpBy.US))
    line.wait(POLICY.gap_s - 1)
    assert kept.state == "kept"
    line.wait(1)
    assert (kept.state, kept.leg) == ("ringing_back", "c1-b2")


def test_after_the_last_attempt_the_promise_is_missed():
    line = Line()
    kept = line.keeps("c1")
    line.ann_is_free()
    line.do(r.LegFailed("c1-b1", Failure.NO_ANSWER))
    line.wait(POLICY.gap_s)
    line.do(r.LegFailed("c1-b2", Failure.NO_ANSWER))
    assert (kept.state, kept.promise.end) == ("closed", "missed")
    line.wait(100_000)
    assert len(line.said("CallbackDue")) == 2


def test_nobody_is_rung_before_the_last_leg_is_over():
    line = Line(with_policy(gap_s=1))
    kept = line.keeps("c1")
    line.ann_is_free()
    line.do(r.LegPickedUp("c1-b1"))
    line.do(cb.NobodyPressed("c1"))
    line.wait(20)
    assert kept.state == "kept" and "c1-b1" in line.state.legs
    line.do(r.LegHungUp("c1-b1", HungUpBy.US))
    assert kept.leg == "c1-b2"


def test_whoever_hears_of_the_kept_place_is_let_go_then():
    line = Line()
    kept = line.holds("c1")
    line.do(cb.TakeHold("c1"))
    assert line.state.legs["c1-c"].state == "answered"
    line.wait(deadlines.GOODBYE_S)
    assert line.state.legs["c1-c"].state == "ending", "voice never said that it was heard"
    line.ann_is_free()
    assert kept.state == "kept", "the first call is not over"
    line.wait(deadlines.LEG_END_S)
    assert kept.state == "ringing_back"


def test_a_new_pack_breaks_no_promise():
    line = Line()
    line.keeps("c1")
    line.do(r.LoadAgency(packs.NO_CALLBACKS))
    line.ann_is_free()
    assert line.state.contacts["c1"].state == "ringing_back"


def test_a_promise_is_cancelled():
    line = Line()
    kept = line.keeps("c1")
    line.do(cb.CancelCallback("c1", "sam"))
    assert (kept.state, kept.promise.end) == ("closed", "cancelled")
    other = line.keeps("c2")
    line.ann_is_free()
    line.do(cb.CancelCallback("c2"))
    assert other.state == "closed" and line.state.legs["c2-b1"].state == "ending"


def test_a_scheduled_callback_joins_the_line_at_its_slot():
    line = Line()
    before = line.holds("c1")
    line.do(cb.PromiseCallback("p1", "+1", "number", "voice-1", line.now + 600, "income", "en"))
    promised = line.state.contacts["p1"]
    assert promised.state == "kept" and promised.place is None
    assert line.position(line.holds("c2")) == 2, "not in line before its slot"
    line.wait(600)
    assert promised.place[0] == promised.promise.slot and before.place < promised.place
    assert line.position(line.holds("c3")) == 4
    for contact in ("c1", "c2"):
        line.ann_is_free()
        line.answer(contact)
    line.phone_hangs_up("ann")
    assert promised.leg == "p1-b1"
    line.do(r.LegPickedUp("p1-b1"))
    assert line.do(cb.ReachPerson("p1")) == [], "not before the notice"
    line.do(r.PlayedNotice("p1"))
    assert line.do(cb.ReachPerson("p1")) == ["PersonReached", "PositionTold"]


@pytest.mark.parametrize(("slot_s", "line_"), [(0.0, "+1"), (40 * 86_400.0, "+1"), (60.0, "+9"), (60.0, "+2")])
def test_a_slot_that_is_over_or_too_far_or_a_queue_that_rings_nobody_is_no_promise(slot_s, line_):
    floor = Floor(with_policy())
    said = floor.do(cb.PromiseCallback("p1", line_, "number", "voice-1", floor.now + slot_s, None))
    assert said == ["CallbackDeclined"] and "p1" not in floor.state.contacts


@pytest.mark.parametrize("how", ["cut off", "not reached"])
def test_whoever_comes_back_has_the_old_place(how):
    line = Line(with_policy(attempts=1))
    first = line.keeps("c1") if how == "not reached" else line.holds("c1")
    line.holds("c2")
    if how == "cut off":
        line.do(r.LegHungUp("c1-c", HungUpBy.LOST))
        line.call("c3", "income", caller="number of c1")
    else:
        line.do(r.SignOut("ann"))
        line.ann_is_free()
        line.ready("ann")
        line.do(r.LegFailed("c1-b1", Failure.NO_ANSWER))
        line.answer("c2")
        line.call("c3", "income", caller="number of c1")
    back = line.state.contacts["c3"]
    assert first.state == "closed" and (back.place, back.restored_from) == (first.place, "c1")
    if how == "cut off":
        line.ann_is_free()
        assert line.agent_of("c3") == "ann", "before c2, who came before the second call"


@pytest.mark.parametrize("when", ["kept", "being rung", "between attempts"])
def test_whoever_rings_us_meanwhile_has_the_place_in_that_call_and_is_not_rung(when):
    line = Line()
    first = line.keeps("c1")
    line.holds("c2")
    if when != "kept":
        line.ann_is_free()
        assert first.state == "ringing_back"
    if when == "between attempts":
        line.do(r.LegFailed("c1-b1", Failure.BUSY))
    again = line.call("c3", "income", caller="number of c1")
    assert (again.place, again.restored_from) == (first.place, "c1") and again.hold_offered_at is None
    assert (first.state, first.promise.end) == ("closed", "overtaken")
    assert all(leg.state == "ending" for leg in line.state.legs.values() if leg.contact == "c1")
    for _ in range(3):
        line.wait(600)
    assert not [leg for leg in line.state.legs.values() if leg.contact == "c1"], "and never again"


@pytest.mark.parametrize("rang", [False, True])
def test_a_node_that_is_gone_for_good_does_not_lose_the_place(rang):
    """Where nothing rang by one node, the next attempt is made by another; a person who does not answer is no fault."""
    line = Line()
    kept = line.keeps("c1")
    line.do(r.CallArrived("c2", "+1", "x", "c2-c", "voice-2", True))
    line.ann_is_free()
    assert line.state.legs["c1-b1"].node == "voice-1"
    if rang:
        line.do(r.LegRang("c1-b1"))
    for _ in range(10):
        line.wait(POLICY.gap_s / 2)
        if kept.leg == "c1-b2":
            break
    assert line.state.legs["c1-b2"].node == kept.node == ("voice-1" if rang else "voice-2")
    line.person_presses("c1")
    assert kept.agent == "ann"


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
def test_a_clock_that_is_set_while_the_telephone_rings_rings_nobody_twice(step_s):
    """Set on: the attempt is over, and the next one follows. Set back: time stands still, and what happens counts."""
    line = Line()
    first = line.keeps("c1")
    line.ann_is_free()
    line.now += step_s
    line.person_presses("c1")
    if step_s > 0:
        assert [fact.why for fact in line.said("AttemptFailed")] == ["no_answer"]
        line.do(r.LegHungUp("c1-b1", HungUpBy.US))
        line.wait(POLICY.gap_s)
        assert first.leg == "c1-b2"
        line.person_presses("c1")
    line.answer("c1")
    attempts = [fact.attempt for fact in line.said("CallbackDue")]
    assert attempts == ([1] if step_s < 0 else [1, 2])
    assert (first.state, len(line.said("PersonReached"))) == ("talking", 1)


def test_a_time_that_has_not_come_stays_promised_to_who_rings_before():
    line = Line()
    line.do(cb.PromiseCallback("p1", "+1", "one", "voice-1", line.now + 6000, "income", "en"))
    again = line.call("c1", "income", caller="one")
    assert again.restored_from is None and line.state.contacts["p1"].state == "kept"


@pytest.mark.parametrize("why", ["too late", "another number", "another queue", "was answered", "twice", "no policy"])
def test_who_has_no_old_place(why):
    line = Line(packs.NO_CALLBACKS if why == "no policy" else with_policy(keep_place_s=100))
    line.holds("c1")
    if why == "was answered":
        line.ann_is_free()
        line.answer("c1")
        line.phone_hangs_up("ann")
    line.do(r.LegHungUp("c1-c", HungUpBy.CALLER))
    line.wait(100 if why == "too late" else 50)
    number = "" if why == "another number" else "number of c1"
    if why == "twice":
        assert line.call("c9", "income", caller=number).restored_from == "c1"
    again = line.call("c3", "driver" if why == "another queue" else "income", caller=number)
    assert again.restored_from is None and again.place[0] == line.now


def test_a_full_line_has_room_for_whoever_comes_back():
    pack = with_policy()
    line = Line(replace(pack, queues=pack.queues | {"tax": replace(pack.queues["tax"], max_waiting=1)}))
    line.holds("c1")
    line.do(r.LegHungUp("c1-c", HungUpBy.LOST))
    line.holds("c2")
    assert line.call("c3", "income", caller="number of c3").turned_away == "full"
    assert line.call("c4", "income", caller="number of c1").state == "waiting"


def test_one_number_has_one_open_promise_and_so_many_a_day():
    line = Line(with_policy(limit_a_day=2))
    line.do(cb.PromiseCallback("p0", "+1", "one", "v", line.now + 6000, "income"))
    first = line.call("c1", "income", caller="one", may_ring=True)
    assert line.state.contacts["p0"].state == "kept" and first.hold_offered_at is None
    line.do(cb.CancelCallback("p0"))
    second = line.call("c3", "income", caller="one", may_ring=True)
    line.do(cb.TakeHold("c3"))
    line.do(cb.CancelCallback("c3"))
    third = line.call("c4", "income", caller="one", may_ring=True)
    assert second.hold_offered_at is not None and third.hold_offered_at is None
    assert line.do(cb.PromiseCallback("p1", "+1", "one", "v", line.now + 60, "income")) == ["CallbackDeclined"]
    line.wait(86_400)
    assert line.call("c5", "income", caller="one", may_ring=True).hold_offered_at is not None


def test_the_lead_is_learned():
    line = Line()
    line.keeps("c1")
    line.ann_is_free()
    line.wait(9)
    line.person_presses("c1")
    assert line.state.leads == {"tax": 9}


def test_kept_and_missed_are_no_abandons():
    line = Line()
    line.keeps("kept")
    line.keeps("missed")
    line.keeps("cancelled")
    line.do(cb.CancelCallback("cancelled"))
    line.ann_is_free()
    line.wait(10)
    line.person_presses("kept")
    line.answer("kept")
    line.wait(POLICY.ring_s)
    line.ann_is_free()
    for leg in ("missed-b1", "missed-b2"):
        line.do(r.LegFailed(leg, Failure.NO_ANSWER))
        line.wait(POLICY.gap_s)
    parts = total(line.state.contacts.values(), {})
    assert parts.secondary_abandon == 0 and parts.still_open == 0
    assert (parts.callback_missed, parts.callback_cancelled, parts.answered) == (1, 1, 2)
    assert (parts.hold_offered, parts.hold_accepted, parts.reconnected) == (3, 3, 1)
    assert parts.hold_abandoned == 2
    kept, found = line.state.contacts["kept"], measures(parts)
    wait_s = kept.connected_at - kept.place[0]
    assert wait_s > 10
    assert found["asa_hold_only_s"]["value"] == 0, "the busy one did not wait"
    assert found["asa_with_callback_s"]["value"] == wait_s / 2
    assert found["asa_callback_as_zero_s"]["value"] == 0
    assert found["reconnected_share"]["value"] == pytest.approx(1 / 3)


def calls_of(work):
    """How many Python functions it calls: work that is counted, not timed."""
    count = 0

    def count_calls(frame, event, arg):
        nonlocal count
        count += event == "call"

    sys.setprofile(count_calls)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_a_tick_costs_nothing_for_callbacks_that_are_not_due():
    def tick(promised):
        line = Line()
        line.do = super(Line, line).do
        line.keeps("c1")
        for number in range(promised):
            line.do(cb.PromiseCallback(f"p{number}", "+1", f"number {number}", "v", line.now + 9000, "income"))
        return calls_of(lambda: line.wait(1)), calls_of(line.ann_is_free)

    assert tick(2000) == tick(20)


MANY = 10_000


def test_ten_thousand_due_in_one_minute_are_worked_off_in_order_and_holders_with_them():
    pack = with_policy(lead_s=1)
    floor = Floor(replace(pack, ageing_s=0))
    due = MONDAY + 3600
    for number in range(MANY):
        floor.do(cb.PromiseCallback(f"p{number}", "+1", f"number {number}", "v", due + number * 60 / MANY, "income"))
    floor.now = due
    floor.ready("ann", "bob")
    served, held, asked = [], [], 0
    while len(served) < MANY:
        floor.wait(0.006)
        for contact in [floor.state.contacts[each] for each in sorted(floor.state.derived.released)]:
            if contact.state == "ringing_back":
                floor.do(r.LegPickedUp(contact.leg))
                floor.do(r.PlayedNotice(contact.id))
                floor.do(cb.ReachPerson(contact.id))
        if len(served) % 1000 == 0 and len(held) == asked == len(served) // 1000:
            asked += 1
            floor.call(f"h{asked}", "income", after=0.0)
        for offer in list(floor.state.offers.values()):
            (served if offer.contact[0] == "p" else held).append(offer.contact)
            floor.do(r.LegPickedUp(offer.id))
            floor.do(r.HangUp(offer.agent, offer.contact))
            floor.do(r.LegHungUp(offer.id, HungUpBy.US))
            floor.do(r.WrapUp(offer.agent, offer.contact, "income", "done", True))
    ranks = [int(contact[1:]) for contact in served]
    out_of_order = max(abs(rank - at) for at, rank in enumerate(ranks))
    assert sorted(ranks) == list(range(MANY)) and out_of_order <= 2, "two representatives: no more than two at once"
    assert len(held) >= 9, "holders were starved"
