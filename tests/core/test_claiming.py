"""The code as a way back from another telephone, by example."""

from dataclasses import replace

import pytest

from civicline.core import callback_requests as cb
from civicline.core import claiming, codes, menu_requests
from civicline.core import requests as r
from civicline.core.lifecycle import Failure, HungUpBy
from core import packs
from core.kept import POLICY, Line, with_policy


class Elsewhere(Line):
    """c1's place is kept, and somebody in a menu rings from another telephone."""

    def __init__(self, pack=None):
        super().__init__(pack)
        self.kept = self.keeps("c1")

    def rings(self, contact="c9", number="another number"):
        self.do(r.CallArrived(contact, "+1", number, f"{contact}-c", "voice-1", bool(number)))
        self.do(r.LegPickedUp(f"{contact}-c"))
        self.do(r.PlayedNotice(contact))
        self.do(cb.AskCode(contact))
        return self.state.contacts[contact]

    def keys_in(self, code, contact="c9"):
        """As voice does."""
        return self.do(cb.ClaimPlace(contact, claiming.whose(self.state, code, self.now)))


def other(code):
    return f"{(int(code) + 1) % 10**codes.CODE_DIGITS:0{codes.CODE_DIGITS}}"


@pytest.mark.parametrize("when", ["kept", "being rung", "between attempts", "missed"])
def test_whoever_names_the_code_has_the_place_and_nobody_is_rung(when):
    line = Elsewhere()
    code, place = line.kept.promise.code, line.kept.place
    line.holds("c2")
    if when != "kept":
        line.ann_is_free()
    if when in ("between attempts", "missed"):
        line.do(r.LegFailed("c1-b1", Failure.NO_ANSWER))
        line.do(r.LegHungUp("c1-b1", HungUpBy.US))
    if when == "missed":
        line.answer("c2")
        line.wait(POLICY.gap_s)
        line.ann_is_free()
        line.do(r.LegFailed("c1-b2", Failure.NO_ANSWER))
    caller = line.rings()
    said = line.keys_in(code)
    assert said.count("PlaceRestored") == said.count("ContactQueued") == 1
    assert (caller.place, caller.restored_from, caller.topic, caller.queue) == (place, "c1", "income", "tax")
    assert line.kept.promise.end == ("missed" if when == "missed" else "overtaken")
    line.wait(600)
    assert not [leg for leg in line.state.legs.values() if leg.contact == "c1"], "and never again"


def test_a_place_is_given_once():
    line = Elsewhere()
    code = line.kept.promise.code
    line.rings("c8")
    line.keys_in(code, "c8")
    caller = line.rings()
    assert line.keys_in(code) == ["CodeUnknown"] and caller.place is None and caller.code_asked


@pytest.mark.parametrize("number", ["another number", ""])
def test_whoever_claimed_it_and_was_cut_off_claims_it_again(number):
    line = Elsewhere()
    code, place = line.kept.promise.code, line.kept.place
    line.rings("c8", number)
    line.keys_in(code, "c8")
    line.caller_hangs_up("c8")
    caller = line.rings("c9", "a third telephone")
    line.keys_in(code)
    assert (caller.place, caller.restored_from) == (place, "c8")


def test_the_place_stays_in_its_queue():
    """Also where the line that was called, or the topic, would lead to another one."""
    line = Elsewhere()
    line.ready("dee")
    line.kept.topic, line.kept.queue = None, "tax"
    caller = line.rings()
    line.keys_in(line.kept.promise.code)
    assert (caller.queue, caller.wants_queue) == ("tax", "tax")
    line.do(r.LoadAgency(replace(line.state.agency)))
    assert caller.queue == "tax"


def test_codes_that_are_nobodys_end_with_the_operator():
    line = Elsewhere()
    caller = line.rings()
    for _ in range(claiming.GUESSES - 1):
        assert line.keys_in(other(line.kept.promise.code)) == ["CodeUnknown"]
    said = line.keys_in(other(line.kept.promise.code))
    assert said[:2] == ["CodeUnknown", "TopicChosen"] and caller.topic_by == "invalid_keys"
    assert line.keys_in(line.kept.promise.code) == [] and line.kept.state == "kept"


def test_back_to_the_menu_and_no_code_counts_there():
    line = Elsewhere()
    caller = line.rings()
    caller.menu = "main"
    line.keys_in(other(line.kept.promise.code))
    assert line.do(menu_requests.GoBack("c9")) == ["MenuEntered"] and not caller.code_asked and not caller.code_unknown
    assert line.keys_in(line.kept.promise.code) == [] and line.kept.state == "kept"


def test_while_the_queue_is_closed_the_place_is_kept_on():
    line = Elsewhere()
    never = replace(packs.ALWAYS, weekly={})
    pack = with_policy()
    tax = replace(pack.queues["tax"], calendar="never")
    line.do(r.LoadAgency(replace(pack, calendars=pack.calendars | {"never": never}, queues=pack.queues | {"tax": tax})))
    caller = line.rings()
    line.keys_in(line.kept.promise.code)
    assert (caller.state, line.kept.state, line.kept.promise.end) == ("turned_away", "kept", None)


def test_a_missed_place_waits_for_so_long_and_no_longer():
    line = Elsewhere(with_policy(attempts=1, keep_place_s=1000))
    line.ann_is_free()
    line.do(r.LegFailed("c1-b1", Failure.NO_ANSWER))
    code, left_at = line.kept.promise.code, line.kept.left_at
    assert claiming.whose(line.state, code, left_at + 999) == "c1"
    assert claiming.whose(line.state, code, left_at + 1000) == ""


def test_a_chosen_time_that_has_not_come_is_no_place():
    line = Elsewhere()
    line.do(cb.PromiseCallback("p1", "+1", "a number", "v", line.now + 7200, "income"))
    promised = line.state.contacts.get("p1")
    assert promised is not None and claiming.whose(line.state, promised.promise.code, line.now) == ""


def test_no_two_open_promises_have_one_code():
    line = Elsewhere()
    first = codes.code_of(line.state, "c2")
    line.state.derived.codes[first] = 1
    second = codes.code_of(line.state, "c2")
    assert second != first and len(second) == codes.CODE_DIGITS == len(line.kept.promise.code)
