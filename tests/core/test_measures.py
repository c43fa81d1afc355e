"""Parts, formulas, and that every contact counts once, whatever became of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicline.core import requests as r
from civicline.core.lifecycle import PROMISED, ContactState, PassedOnFor, PromiseEnd, Recording, TurnedAwayFor
from civicline.core.measures import FORMULAS, NAMES, OUTCOMES, UNKNOWN, Parts, measures, parts_of, queue_of, total
from civicline.core.model import CALLBACK, Contact, Promise, Segment
from core.floor import Floor

FATES = ("menu", "turned away", "abandoned in menu", "waiting", "left", "answered", "promised", "booked")
seconds = st.floats(0, 5000, allow_nan=False)


@st.composite
def contacts(draw):
    """Contacts as they may be found in a state, from the menu to long closed."""
    at = draw(seconds)
    contact = Contact("c", "phone", "+1", "", "c-c", "n", at)
    contact.notice_at = draw(st.none() | st.just(at))
    contact.recording = draw(st.sampled_from(Recording))
    fate = draw(st.sampled_from(FATES))
    if fate == "turned away":
        contact.turned_away = draw(st.sampled_from(TurnedAwayFor))
        contact.closed_at = draw(st.none() | st.just(at + 1))
    elif fate == "abandoned in menu":
        contact.abandoned_in, contact.closed_at = ContactState.MENU, at + draw(seconds)
    elif fate != "menu":
        _in_queue(draw, contact, fate, at + draw(seconds))
    return contact


def _in_queue(draw, contact, fate, queued_at):
    contact.queue, contact.place = draw(st.sampled_from(["tax", "gone"])), (queued_at, 1)
    if fate != "booked":
        contact.hold_offered_at = draw(st.none() | st.just(queued_at))
    if fate in ("promised", "booked"):
        _promised(draw, contact, fate, queued_at)
    elif fate != "waiting" and draw(st.booleans()):
        contact.promise = _promise(draw, queued_at)
    if fate == "left":
        contact.state = ContactState.CLOSED
        contact.abandoned_in = draw(st.sampled_from([ContactState.WAITING, ContactState.OFFERED]))
        contact.closed_at = queued_at + draw(seconds)
    if fate == "answered":
        contact.connected_at = queued_at + draw(seconds)
        contact.talk_ended_at = draw(st.none() | st.just(contact.connected_at + draw(seconds)))
        if contact.talk_ended_at is not None:
            contact.closed_at = draw(st.none() | st.just(contact.talk_ended_at + draw(seconds)))
            contact.wrap_up_ended_at = contact.closed_at
            contact.wrapped_at = contact.closed_at and draw(st.none() | st.just(contact.closed_at))
            contact.resolved = contact.wrapped_at and draw(st.booleans())
        segment = Segment("ann", "c-1", contact.queue, contact.connected_at, ended_at=contact.talk_ended_at)
        segment.wrapped_up_at = contact.closed_at
        contact.segments = [segment]
        contact.state = ContactState.TALKING if contact.talk_ended_at is None else ContactState.WRAPPING


def _promise(draw, at):
    attempts = st.integers(0, 9)
    return Promise(
        "123456", at, at, slot=draw(st.none() | st.just(at)), attempts=draw(attempts), rung_before=draw(attempts)
    )


def _promised(draw, contact, fate, at):
    """Not with a representative yet: a place that is kept, or a time, which may be ahead."""
    contact.promise, contact.state = _promise(draw, at), draw(st.sampled_from(sorted(PROMISED)))
    if fate == "booked":
        contact.channel, contact.promise.slot = CALLBACK, at
    if contact.promise.slot is not None:
        contact.place = draw(st.none() | st.just(contact.place))
    contact.promise.end = draw(st.none() | st.sampled_from(PromiseEnd))
    if contact.promise.end is not None:
        contact.state, contact.closed_at = ContactState.CLOSED, at + draw(seconds)


def in_line_or_out_of_it_for_a_time(contact):
    return contact.place is not None or (contact.slot is not None and contact.hold_offered_at is not None)


@given(st.lists(contacts()))
def test_the_outcomes_add_up_to_received(found):
    parts = total(found, {"tax": 30.0})
    assert sum(getattr(parts, name) for name in OUTCOMES) == parts.received == len(found)
    joined = [c for c in found if in_line_or_out_of_it_for_a_time(c)]
    waiting = sum(c.connected_at is None and c.abandoned_in is None for c in joined)
    assert parts.routed == parts.answered + parts.secondary_abandon + waiting
    assert parts.with_event == parts.answered + parts.secondary_abandon
    assert parts.courtesy_disconnect == parts.turned_away_closed + parts.turned_away_full
    assert parts.abandoned_in_time + parts.answered_in_time <= parts.with_event
    assert parts.resolved <= parts.wrapped <= parts.handled <= parts.answered


@given(st.lists(contacts()))
def test_what_came_of_accepted_offers_adds_up(found):
    parts = total(found, {})
    accepted = [c for c in found if c.hold_offered_at is not None and c.promise is not None]
    waiting = sum(c.connected_at is None and c.state is not ContactState.CLOSED for c in accepted)
    assert parts.hold_offered >= parts.hold_accepted == len(accepted)
    assert parts.hold_accepted == parts.reconnected + parts.hold_abandoned + parts.hold_overtaken + waiting
    assert parts.callbacks >= parts.hold_accepted


@given(st.lists(contacts()))
def test_ratios_are_none_without_a_denominator_and_shares_lie_between_0_and_1(found):
    for name, each in measures(total(found, {})).items():
        if each["value"] is not None and not name.endswith("_s"):
            assert 0 <= each["value"] <= (18 if name == "attempts_per_callback" else 1), name
    assert all(each["value"] is None for each in measures(total([], {})).values())


@given(st.lists(contacts(), max_size=6), st.lists(contacts(), max_size=6))
def test_parts_add_up(some, others):
    added, whole = total(some, {}) + total(others, {}), total(some + others, {})
    for name in NAMES:
        assert getattr(added, name) == pytest.approx(getattr(whole, name)), name


def test_the_published_filing_season():
    """9.0 of 10.3 million routed calls answered is 88 % while 12.4 of 39.9 million received is 31 %."""
    account_lines, all_lines = Parts(routed=10_300, answered=9_000), Parts(received=39_900, answered=12_400)
    assert measures(account_lines)["los"]["value"] == pytest.approx(0.874, abs=5e-4)
    assert measures(all_lines)["answered_share_of_all"]["value"] == pytest.approx(0.311, abs=5e-4)


def test_service_level_by_its_three_abandon_rules():
    parts = Parts(with_event=100, answered_in_time=70, abandoned_in_time=10)
    got = {name: each["value"] for name, each in measures(parts).items() if name.startswith("service_level")}
    assert got == pytest.approx(
        {"service_level_ignore": 70 / 90, "service_level_negative": 0.7, "service_level_positive": 0.8}
    )


def test_short_abandons_and_occupancy():
    got = measures(Parts(routed=100, secondary_abandon=20, short_abandon=10, handling_s=80.0, available_s=20.0))
    assert got["abandon_rate"]["value"] == 0.2
    assert got["abandon_rate_without_short"]["value"] == pytest.approx(10 / 90)
    assert got["occupancy"]["value"] == 0.8


def test_formula_text_and_parts_go_with_the_number():
    assert FORMULAS["service_level_ignore"].text == "answered_in_time ÷ (with_event − abandoned_in_time)"
    assert FORMULAS["handle_time_s"].text == "(talk_s + hold_s + wrap_up_s) ÷ handled"
    assert measures(Parts(routed=4, answered=3))["los"] == {
        "value": 0.75,
        "formula": "answered ÷ routed",
        "parts": {"answered": 3, "routed": 4},
    }
    assert UNKNOWN.keys() & FORMULAS.keys() == set()
    for each in FORMULAS.values():
        assert {name.lstrip("-") for name in each.over + each.under} <= set(NAMES)


def one(floor, contact, in_time_s=20.0):
    return parts_of(floor.state.contacts[contact], in_time_s)


def test_an_answered_contact_from_the_rules():
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    floor.wait(8)
    floor.served("c1", "ann", talk_s=120, wrap_s=30)
    parts = one(floor, "c1")
    assert (parts.answered, parts.answered_in_time, parts.wait_answered_s) == (1, 1, 8)
    assert (parts.handled, parts.talk_s, parts.wrap_up_s, parts.wrapped, parts.resolved) == (1, 120, 30, 1, 1)
    assert one(floor, "c1", in_time_s=7.9).answered_in_time == 0


def test_abandons_from_the_rules():
    floor = Floor()
    floor.do(r.CallArrived("menu", "+1", "", "menu-c", "voice-1"))
    floor.caller_hangs_up("menu")
    floor.call("queue", "sales")
    floor.wait(4)
    floor.caller_hangs_up("queue")
    floor.ready("ann")
    floor.call("ringing", "income")
    floor.wait(6)
    floor.caller_hangs_up("ringing")
    assert one(floor, "menu").primary_abandon == 1 and one(floor, "menu").routed == 0
    assert one(floor, "queue").secondary_abandon == one(floor, "queue").short_abandon == 1
    ringing = one(floor, "ringing")
    assert (ringing.secondary_abandon, ringing.abandoned_ringing, ringing.short_abandon) == (1, 1, 0)


def test_the_clock_starts_at_the_first_queue_and_misses_are_counted():
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "income")
    floor.phone_hangs_up("bob")
    floor.do(r.BecomeAvailable("bob"), 15)
    floor.answer("c1")
    parts = one(floor, "c1")
    assert (parts.wait_answered_s, parts.offers, parts.offers_missed) == (15, 2, 1)
    assert parts.handled == 0, "the talk goes on"


def passed_on(floor):
    """c1 waits 15 s for tax; ann takes it and sends it to the operator's queue."""
    floor.call("c1", "income")
    floor.wait(14)
    floor.ready("ann")
    floor.answer("c1")
    floor.wait(60)
    floor.do(r.PassOn("ann", "c1", PassedOnFor.EXPERT, queue="operator"))
    return floor.state.contacts["c1"]


def test_a_wait_is_judged_by_the_queue_in_which_it_was_waited():
    contact = passed_on(Floor())
    assert (contact.queue, queue_of(contact)) == ("operator", "tax")
    parts = total([contact], {"tax": 60, "operator": 10})
    assert (parts.answered_in_time, parts.with_event) == (1, 1)


def test_whoever_was_asked_beside_the_call_does_not_decide_for_which_queue_it_counts():
    contact = Contact("c", "phone", "+1", "", "c-c", "n", 0.0, queue="operator")
    contact.segments = [Segment("dee", "c-2", "permits", 0.0, beside=True), Segment("ann", "c-1", "tax", 0.0)]
    assert queue_of(contact) == "tax"
    contact.segments = []
    assert queue_of(contact) == "operator", "whoever was not answered counts where they are"
