"""The expected wait: the sum by hand, plans to come, people shared between lines, what was learned."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicline.core import codec, hours, pace, wait
from civicline.core import requests as r
from civicline.core.agency import Calendar, Overflow, Span
from civicline.core.lifecycle import HungUpBy
from civicline.core.wait import LONGEST_S, ONE_BY_ONE, Stretch, until_served_s
from core import packs
from core.floor import Floor
from peers import made_days as days

PEOPLE = ("ann", "bob", "cid", "dee")
ONE_LINE = replace(
    packs.WHOLE,
    queues=packs.by_id((packs.queue("tax"), packs.queue("licence"), packs.queue("operator"))),
    topics=packs.by_id((packs.topic("income", "tax"), packs.topic("driver", "licence"))),
    staff=packs.by_id(packs.staff(name, "tax", {}) for name in PEOPLE),
    lines={"+1": packs.WHOLE.lines["+1"]},
)


def by_hand(before, leaving_per_s, per_s):
    return sum(1 / (per_s + i * leaving_per_s) for i in range(before + 1))


@given(before=st.integers(0, 400), people=st.integers(1, 60), patience_s=st.floats(300, 5000))
def test_one_stretch_is_the_sum(before, people, patience_s):
    wanted = by_hand(before, 1 / patience_s, people / 720)
    found = until_served_s(before, 1 / patience_s, [Stretch(0, people / 720)])
    assert found == pytest.approx(min(wanted, LONGEST_S), rel=1e-9 if before < ONE_BY_ONE else 0.005)


@given(
    before=st.integers(0, 200),
    people=st.integers(1, 40),
    cuts=st.lists(st.floats(1, LONGEST_S), max_size=6, unique=True),
)
def test_cutting_a_stretch_changes_nothing(before, people, cuts):
    whole = until_served_s(before, 1 / 1500, [Stretch(0, people / 720)])
    parts = [Stretch(at, people / 720) for at in [0.0, *sorted(cuts)]]
    cut = until_served_s(before, 1 / 1500, parts)
    assert cut == pytest.approx(whole, rel=0.005)


@given(
    before=st.integers(0, 100),
    stretches=st.lists(st.tuples(st.floats(0, 3600), st.integers(0, 30)), min_size=1, max_size=5),
    more=st.integers(0, 4),
)
def test_more_people_never_make_it_longer_and_more_before_never_shorter(before, stretches, more):
    def made(extra):
        begins = sorted(at for at, _ in stretches)
        return [
            Stretch(at if n else 0.0, (people + extra) / 720)
            for n, (at, (_, people)) in enumerate(zip(begins, stretches, strict=True))
        ]

    def found(ahead, extra):
        value = until_served_s(ahead, 1 / 1500, made(extra))
        return math.inf if value is None else value

    assert found(before, more) <= found(before, 0) * 1.005
    assert found(before + 1, 0) * 1.005 >= found(before, 0)


def test_a_halving_counts_from_when_it_comes():
    rate = 20 / 720
    soon = until_served_s(40, 0.0, [Stretch(0, rate), Stretch(600, rate / 2)])
    assert soon == pytest.approx(600 + (41 - 600 * rate) / (rate / 2))
    assert until_served_s(10, 0.0, [Stretch(0, rate), Stretch(600, rate / 2)]) == pytest.approx(11 / rate)


def test_who_comes_takes_the_next_at_once():
    assert until_served_s(2, 0.0, [Stretch(0, 0.0), Stretch(300, 3 / 720, 3)]) == 300
    assert until_served_s(0, 0.0, [Stretch(0, 1 / 720, 1)]) == 0


def test_nobody_serves():
    assert until_served_s(0, 0.0, [Stretch(0, 0.0)]) is None
    assert until_served_s(9, 0.01, [Stretch(0, 0.0)]) is None, "others leave, but nobody takes this one"


def line(pack=ONE_LINE, callers=6, ready=PEOPLE):
    """All who are ready talk; the rest of the callers wait."""
    floor = Floor(pack)
    floor.ready(*ready)
    for n in range(callers):
        floor.call(f"c{n}", "income")
        if floor.state.contacts[f"c{n}"].offer:
            floor.answer(f"c{n}")
    return floor


def expected(floor, name):
    return wait.estimate_s(floor.state, floor.state.contacts[name], floor.now)


def test_a_place_waits_for_those_before_it_and_for_its_own_turn():
    floor = line()
    rate, leaving = 4 / pace.HANDLE_S, 1 / pace.PATIENCE_S
    assert expected(floor, "c4") == pytest.approx(by_hand(0, leaving, rate))
    assert expected(floor, "c5") == pytest.approx(by_hand(1, leaving, rate))


def test_who_goes_on_a_break_after_the_call_no_longer_counts_and_nobody_is_nothing():
    floor = line()
    before = expected(floor, "c4")
    floor.do(r.TakeBreak("ann", "lunch"))
    assert expected(floor, "c4") == pytest.approx(before * 4 / 3)
    for name in PEOPLE[1:]:
        floor.do(r.SignOut(name))
    assert expected(floor, "c4") is None


def planned(shift, names=PEOPLE):
    """Those people have hours: `shift` minutes of the floor's Monday."""
    calendar = Calendar({"0": (Span(*shift),)})
    staff = {n: replace(s, calendar="shift" if n in names else "") for n, s in ONE_LINE.staff.items()}
    return replace(ONE_LINE, staff=staff, calendars=ONE_LINE.calendars | {"shift": calendar})


def test_hours_that_end_make_the_wait_longer_before_they_end():
    known = line(planned((0, 485), PEOPLE[:2]), callers=12)
    unknown = line(callers=12)
    assert known.now == unknown.now < packs_time(485)
    assert expected(known, "c4") == expected(unknown, "c4"), "served before that"
    assert expected(known, "c11") > expected(unknown, "c11") * 1.2


def test_hours_that_begin_bring_people():
    pack = planned((490, 1000), PEOPLE[1:])
    floor = line(pack, callers=8, ready=PEOPLE[:1])
    assert expected(floor, "c3") <= packs_time(490) - floor.now + 1, "who comes takes them at once"
    later = expected(floor, "c7")
    assert packs_time(490) - floor.now < later < expected(line(callers=8, ready=PEOPLE[:1]), "c7")


def test_who_comes_back_from_a_planned_pause_takes_the_next_at_once():
    lunch = Calendar({"0": (Span(0, 481), Span(485, 1000))})
    staff = {name: replace(each, calendar="lunch") for name, each in ONE_LINE.staff.items()}
    pack = replace(ONE_LINE, staff=staff, calendars=ONE_LINE.calendars | {"lunch": lunch})
    floor = line(pack, callers=8)
    assert expected(floor, "c7") == pytest.approx(packs_time(485) - floor.now)


def packs_time(minute):
    """UTC seconds of a minute of the floor's day (it begins at 08:00)."""
    return Floor(ONE_LINE).now + (minute - 480) * 60


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["income", "driver"])), min_size=1, max_size=25),
    st.integers(0, 900),
)
def test_those_before_a_place_are_counted_as_routing_ranks_them(callers, later):
    """By bisection, against every contact by itself; priorities differ, and age makes up for it."""
    priorities = {"tax": 0, "licence": 2}
    queues = {name: replace(each, priority=priorities.get(name, 0)) for name, each in ONE_LINE.queues.items()}
    floor = Floor(replace(ONE_LINE, queues=queues, ageing_s=60.0))
    for n, (after, topic) in enumerate(callers):
        floor.call(f"c{n}", topic, after=float(after))
    floor.wait(float(later))
    state, agency = floor.state, floor.state.agency

    def rank(contact):
        return -(contact.priority + (floor.now - contact.place[0]) // 60), contact.place

    for contact in state.contacts.values():
        found = wait.before(state, agency, contact, floor.now)
        assert sum(found.values()) == sum(rank(other) < rank(contact) for other in state.contacts.values())


def test_shared_people_are_shared_by_the_work_before_the_place():
    staff = {name: replace(each, queues=("tax", "licence")) for name, each in ONE_LINE.staff.items()}
    both = line(replace(ONE_LINE, staff=staff), callers=4)
    for n in range(6):
        both.call(f"w{n}", "income" if n % 2 else "driver")
    alone = line(callers=10)
    assert expected(both, "w5") == pytest.approx(expected(alone, "c9"), rel=0.06), "two lines before the same people"


def test_specialists_of_another_line_take_little_away():
    """Nine of licence are before it, but only ann serves licence: the other three are all for tax."""
    staff = dict(ONE_LINE.staff) | {"ann": replace(ONE_LINE.staff["ann"], queues=("tax", "licence"))}
    floor = line(replace(ONE_LINE, staff=staff), callers=4)
    for n in range(9):
        floor.call(f"w{n}", "driver")
    floor.call("x", "income")
    assert expected(floor, "x") == pytest.approx(pace.HANDLE_S / (3 + 1 / 10), rel=0.01)


def test_an_overflow_step_to_come_widens_the_reach():
    steps = (Overflow(120, tiers=(2,)),)
    staff = {n: replace(s, tier=1 if n == "ann" else 2) for n, s in ONE_LINE.staff.items()}
    queues = ONE_LINE.queues | {"tax": replace(ONE_LINE.queues["tax"], overflow=steps)}
    floor = line(replace(ONE_LINE, staff=staff, queues=queues), callers=2, ready=PEOPLE)
    assert expected(floor, "c1") == pytest.approx(120), "bob is free, and may take it then"


def test_the_pace_is_learned_by_queue_and_skill_and_leans_on_the_queue():
    paces = {}
    for _ in range(300):
        pace.note_handled(paces, "tax", "income", 300)
        pace.note_handled(paces, "tax", "sales", 900)
    assert pace.handle_s(paces, "tax", "income") == pytest.approx(320, abs=15)
    assert pace.handle_s(paces, "tax", "sales") == pytest.approx(880, abs=20)
    assert pace.handle_s(paces, "tax", "new") == pytest.approx(600, abs=5)
    assert pace.handle_s(paces, "other") == pace.HANDLE_S
    for _ in range(100_000):
        pace.note_handled(paces, "tax", "income", 600)
    assert pace.handle_s(paces, "tax", "income") == pytest.approx(600, rel=1e-3)
    assert paces[pace.key("tax")].handled <= pace.MEMORY_HANDLED


def test_the_folds_learn_talk_and_wrap_up_and_who_leaves():
    floor = line()
    floor.do(r.LegHungUp(floor.state.agents["ann"].leg, HungUpBy.AGENT), 200)
    floor.wrap_up("c0", "ann")
    learned = floor.state.paces[pace.key("tax")]
    assert (learned.handled, learned.left) == (1, 0)
    assert learned.handled_s == pytest.approx(floor.state.contacts["c0"].segments[0].wrapped_up_at - MADE_AT, abs=10)
    waited_s = learned.waited_s
    floor.wait(50)
    floor.caller_hangs_up("c5")
    assert learned.left == 1 and learned.waited_s > waited_s + 200


MADE_AT = Floor(ONE_LINE).now


def test_the_pace_is_in_the_snapshot():
    floor = line()
    floor.wait(30)
    floor.caller_hangs_up("c5")
    again = codec.decode(type(floor.state), json.loads(json.dumps(codec.encode(floor.state))))
    assert again.paces == floor.state.paces and again.paces


def test_turns_of_a_calendar_over_a_night_of_daylight_saving():
    """2026-03-08: clocks go on by an hour in Denver, so the Sunday's opening comes an hour sooner by UTC."""
    pack = replace(ONE_LINE, calendars={"c": Calendar({str(day): (Span(480, 1020),) for day in range(7)})})
    saturday = 1_772_866_800.0  # 2026-03-07 00:00 in Denver
    found = hours.turns(pack, "c", saturday, saturday + 2 * 86_400)
    assert [(at - saturday) / 3600 for at, _ in found] == [8, 17, 31, 40]
    assert [opens for _, opens in found] == [True, False, True, False]


SEEDS = (1, 2)


@pytest.mark.parametrize("load", days.LOADS)
def test_the_told_wait_is_close_to_the_real_one(load):
    callers = [each for seed in SEEDS for each in days.Running(days.Day(seed, days.scaled(days.LOADS[load]))).run()]
    shares = days.Shares.of(callers)
    assert shares.callers > 1500
    assert shares.ours >= 0.70
    assert shares.ours - shares.asterisk >= 0.12
    assert shares.in_range >= 0.85
    assert days.rises(callers)[1] == 0


def test_a_planned_halving_is_in_the_waits_that_are_told_before_it():
    """The same callers and the same real waits, with and without the plan in the pack."""

    def morning(known):
        made = (days.Day(seed, days.halved(0.9), known=known) for seed in SEEDS)
        return days.before_noon([each for day in made for each in days.Running(day).run(days.NOON + 5400)])

    known, unknown = morning(True), morning(False)
    assert [each.wait_s for each in known] == [each.wait_s for each in unknown]
    served = [
        (one.told_s, other.told_s, one.wait_s)
        for one, other in zip(known, unknown, strict=True)
        if one.told_s is not None and one.wait_s is not None
    ]
    assert all(one >= other - 1e-6 for one, other, _ in served), "whoever goes home shortens no wait"
    assert sum(one > other + 30 for one, other, _ in served) > len(served) / 4
    assert days.Shares.of(known).ours > days.Shares.of(unknown).ours + 0.04
