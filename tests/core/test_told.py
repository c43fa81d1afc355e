"""The range that is told, and the rule that it never rises without a reason: by example and by any sequence."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicline.core import codec, kinds, told
from civicline.core import requests as r
from civicline.core.lifecycle import HungUpBy
from civicline.core.menu_facts import PositionTold
from civicline.core.told import Basis, WaitRose, range_of, tell
from core import packs
from core.floor import Floor

BASIS = Basis(people=4, handle_s=600.0, queue="tax", before=3)


@pytest.mark.parametrize(
    ("minutes", "range_"),
    [(0, (0, 2)), (1.5, (0, 2)), (3, (2, 5)), (7, (5, 10)), (10, (5, 15)), (25, (20, 30)), (45, (30, 60)),
     (70, (45, None)), (200, (60, None))],
)  # fmt: skip
def test_ranges_by_example(minutes, range_):
    assert range_of(minutes * 60.0) == range_


@given(st.floats(0, 20_000))
def test_the_range_holds_the_estimate_and_is_one_of_those_that_are_made_beforehand(wait_s):
    low, high = range_of(wait_s)
    assert low * 60 <= wait_s and (high is None or wait_s <= high * 60)
    assert (low, high) in told.ranges()
    assert high is None or low < high


BASES = st.builds(
    Basis,
    people=st.integers(0, 6),
    handle_s=st.floats(300, 900),
    queue=st.sampled_from(["tax", "licence"]),
    before=st.integers(0, 9),
)
TRUE = {
    WaitRose.FEWER_PEOPLE: lambda now, then: now.people < then.people,
    WaitRose.LONGER_TALKS: lambda now, then: now.handle_s > then.handle_s,
    WaitRose.OTHER_LINE: lambda now, then: now.queue != then.queue,
    WaitRose.PLACE_LATER: lambda now, then: now.before > then.before,
}


@given(st.lists(st.tuples(st.floats(0, 6000), BASES), max_size=12))
def test_what_is_told_never_rises_without_a_reason_and_every_reason_is_true(estimates):
    last = None
    for wait_s, basis in estimates:
        now = tell(wait_s, basis, last)
        assert (now.wait_s, now.range) == (wait_s, range_of(wait_s)), "what is said is always the estimate"
        if last is not None:
            rose = now.low_min > last.low_min or top(now) > top(last)
            assert now.said == (not rose or now.reason is not None)
            assert now.reason is None or (rose and TRUE[now.reason](basis, last.basis))
            assert now.said or not any(true(basis, last.basis) for why, true in TRUE.items() if why != "longer_talks")
        else:
            assert now.said and now.reason is None
        last = now if now.said else last


def top(wait):
    return math.inf if wait.high_min is None else wait.high_min


def test_a_rise_of_nothing_but_the_estimate_is_not_said():
    first = tell(400, BASIS, None)
    assert tell(700, BASIS, first).said is False
    assert tell(700, replace(BASIS, handle_s=610.0), first).said is False, "too little to be a reason"
    assert tell(700, replace(BASIS, people=3), first).reason is WaitRose.FEWER_PEOPLE
    assert tell(300, replace(BASIS, people=3), first).reason is None


TAX = replace(
    packs.WHOLE,
    queues=packs.WHOLE.queues | {"tax": packs.queue("tax", say_every_s=30)},
    topics=packs.WHOLE.topics | {"income": packs.topic("income", "tax")},
    staff=packs.by_id(packs.staff(name, "tax", {}) for name in ("ann", "bob", "cid", "dee")),
)


def waits(floor, contact):
    return [fact.wait for fact in floor.facts if isinstance(fact, PositionTold) and fact.contact == contact]


def busy(callers):
    floor = Floor(TAX)
    floor.ready("ann", "bob", "cid", "dee")
    for n in range(callers):
        floor.call(f"c{n}", "income")
        if floor.state.contacts[f"c{n}"].offer:
            floor.answer(f"c{n}")
    return floor


def test_who_waits_is_told_at_once_and_then_again_and_the_first_is_kept():
    floor = busy(6)
    floor.wait(30)
    first, second = waits(floor, "c5")
    contact = floor.state.contacts["c5"]
    assert first.basis == Basis(4, pytest.approx(720.0), "tax", 1)
    assert (contact.first_wait, contact.wait, contact.wait_now) == (first, second, True)
    assert first.range == (2, 10) and first.said


def test_fewer_people_is_said_as_the_reason_and_without_one_nothing_is_said():
    floor = busy(9)
    for name in ("cid", "dee"):
        floor.do(r.TakeBreak(name, "lunch"))
    floor.wait(30)
    last = waits(floor, "c8")[-1]
    assert (last.reason, last.said) == (WaitRose.FEWER_PEOPLE, True)
    for name in ("ann", "bob"):
        floor.do(r.SignOut(name))
    floor.wait(30)
    assert waits(floor, "c8")[-1] is None, "nobody serves the line: there is no estimate"
    assert floor.state.contacts["c8"].wait_now is False and floor.state.contacts["c8"].wait == last


def test_another_line_is_a_reason():
    floor = busy(8)
    slow = replace(
        TAX,
        topics=TAX.topics | {"income": packs.topic("income", "operator")},
        queues=TAX.queues | {"operator": packs.queue("operator", say_every_s=30, tiers=(1, 2))},
        staff=TAX.staff | {"ann": packs.staff("ann", "operator", {})},
    )
    floor.do(r.LoadAgency(slow), 1)
    assert waits(floor, "c7")[-1].reason is WaitRose.OTHER_LINE


def test_a_transfer_begins_anew():
    floor = busy(6)
    for name in ("c0", "c1"):
        floor.do(r.LegHungUp(floor.state.contacts[name].offer, HungUpBy.AGENT), 60)
        floor.wrap_up(name, floor.state.contacts[name].agent)
        for contact in ("c4", "c5"):
            if floor.state.contacts[contact].state == "offered":
                floor.answer(contact)
    contact = floor.state.contacts["c5"]
    assert contact.state == "talking" and contact.wait is not None and contact.first_wait is not None


def test_facts_from_before_the_wait_was_told_still_fold():
    old = kinds.fact("position_told", {"at": 1.0, "contact": "c", "position": 3})
    assert old == PositionTold(1.0, "c", 3)
    new = PositionTold(1.0, "c", None, tell(400, BASIS, None))
    assert kinds.fact(*kinds.to_body(new)) == new and codec.encode(new)["wait"]["high_min"] == 10
