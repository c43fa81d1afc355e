"""Recording over hold, transfer and a killed media process: the right people, on the right channel, or nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.facts import ConsultBegun, ConsultCompleted, ConsultTurned
from civicline.core.lifecycle import AgentState, ConsultState, PassedOnFor
from civicline.core.model import Contact
from civicline.recordings import rows
from civicline.recordings.format import RATE_HZ
from e2e.callers import Caller, Town
from e2e.recorded import (
    LATE_S,
    closed,
    hear_out_notice,
    kill_media,
    most_lost_s,
    sides,
    talk,
    talk_on,
    talked_s,
    tone_s,
    watched,
)
from e2e.talks import BOB_HZ, WITHIN_S, Talk, Three, take
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.baresip import Phone
from peers.ports import eventually

MIXED, ALONE = 0.3, 0.8
"""Of the power: of a tone that may be one of two, and of one that is the only one."""
ALL = {"caller": {"ann", "bob"}, "ann": {"caller", "bob"}, "bob": {"caller", "ann"}}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def pass_on_to_olga(town: Town, caller: Caller, stack: ExitStack, tones: dict[str, Path]) -> Phone:
    town.centre.ask(requests.PassOn("ann", caller.id, why=PassedOnFor.CALLER_ASKED, queue="operator"))
    caller.until("waiting")
    phone: Phone = stack.enter_context(town.working("olga", plays=tones["bob"]))
    take(town, "olga", phone)
    eventually(lambda: (caller.look(), caller.ear.hears(BOB_HZ))[1], what="the next representative, heard")
    return phone


def end(town: Town, caller: Caller) -> Contact:
    caller.leave()
    town.until("olga", AgentState.WRAP_UP)
    contact = caller.contact
    for agent in ("ann", "olga"):
        town.centre.wrap_up(agent)
    return contact


def test_both_talks_of_a_call_that_was_held_and_passed_on(
    town: Town, tones: dict[str, Path], stack: ExitStack, tmp_path: Path
) -> None:
    ann = stack.enter_context(town.working("ann", plays=tones["ann"]))
    with talk(town, ann) as caller:
        talk_on(town, caller, 2)
        town.centre.ask(requests.HoldCaller("ann", caller.id))
        eventually(lambda: caller.contact.held_at, what="the hold")
        talk_on(town, caller, 3)
        town.centre.ask(requests.ResumeCaller("ann", caller.id))
        eventually(lambda: caller.contact.held_at is None, what="the end of the hold")
        talk_on(town, caller, 1)
        silent_s = kill_media(town, caller)
        talk_on(town, caller, 2)
        pass_on_to_olga(town, caller, stack, tones)
        talk_on(town, caller, 2)
        contact = end(town, caller)
    found = closed(town, caller.id)
    assert found["cut"] and len(found["segments"]) == 3
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    with_ann, with_olga = (talked_s(part) for part in contact.segments)
    assert [mark.why for mark in marks] == ["cut", "apart"]
    cut, apart = marks
    lost_s = cut.end_s - cut.start_s
    between_s = contact.segments[1].began_at - contact.segments[0].ended_at
    heard_s = tone_s(left, CALLER_HZ), tone_s(right, AGENT_HZ), tone_s(right, BOB_HZ)
    print({"with_ann_s": with_ann, "with_olga_s": with_olga, "lost_s": lost_s, "silent_s": silent_s, "heard": heard_s})
    assert lost_s < most_lost_s(silent_s)
    assert abs(heard_s[0] + lost_s - with_ann - with_olga) < 1
    assert abs(heard_s[1] + lost_s - with_ann) < 1
    assert abs(heard_s[2] - with_olga) < 1
    assert apart.end_s - apart.start_s <= 1
    assert abs(apart.end_s - apart.start_s + apart.left_out_s - between_s) < 1
    assert tone_s(right, CALLER_HZ) == tone_s(left, AGENT_HZ) == tone_s(left, BOB_HZ) == 0


def test_refused_is_refused_over_hold_and_transfer(town: Town, tones: dict[str, Path], stack: ExitStack) -> None:
    with watched(town) as watch:
        talk = Talk(town, tones, stack)
        talk.ask(requests.HoldCaller)
        talk.caller_hears_music()
        talk.ask(requests.ResumeCaller)
        talk.hears_each_other()
        pass_on_to_olga(town, talk.caller, stack, tones)
        end(town, talk.caller)
        assert watch.seen() == []
    assert rows.of_contact(town.centre.conn, talk.caller.id) == []


def test_a_recording_is_closed_when_its_caller_leaves_the_line_after_a_transfer(
    town: Town, tones: dict[str, Path], stack: ExitStack
) -> None:
    ann = stack.enter_context(town.working("ann", plays=tones["ann"]))
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        town.centre.ask(requests.PassOn("ann", caller.id, why=PassedOnFor.CALLER_ASKED, queue="operator"))
        caller.until("waiting")
        caller.leave()
    town.centre.wrap_up("ann")
    assert len(closed(town, caller.id)["segments"]) == 1


def test_nothing_aside_is_kept_and_all_three_are(
    town: Town, tones: dict[str, Path], stack: ExitStack, tmp_path: Path
) -> None:
    """Ann asks Bob aside, joins them all, and leaves the call to him."""
    three = Three(town, tones, stack, hear_out_notice)
    talk_on(town, three.caller, 2)
    three.consult_bob()
    talk_on(town, three.caller, 2)
    three.turn(ConsultState.JOINED)
    three.hear(ALL)
    talk_on(town, three.caller, 2)
    three.ask(requests.CompleteConsult)
    three.hear({"caller": {"bob"}, "bob": {"caller"}})
    talk_on(town, three.caller, 2)
    three.end("ann", "bob")
    (segment,) = closed(town, three.contact.id)["segments"]
    left, right, marks = sides(town, three.contact.id, tmp_path / "out.wav")
    assert segment["whole"] and marks == []
    begun, joined, completed = (fact_at(three, kind) for kind in (ConsultBegun, ConsultTurned, ConsultCompleted))
    with_ann, together, with_bob = (
        begun - three.contact.connected_at,
        completed - joined,
        three.contact.talk_ended_at - completed,
    )
    assert abs(tone_s(left, CALLER_HZ) - with_ann - together - with_bob) < 1
    for hz, alone in ((AGENT_HZ, with_ann), (BOB_HZ, with_bob)):
        assert abs(tone_s(right, hz, ALONE) - alone) < 1 and abs(tone_s(right, hz, MIXED) - alone - together) < 1
        assert tone_s(left, hz, MIXED) == 0
    assert tone_s(right, CALLER_HZ, MIXED) == 0
    aside = slice(*(round((at - segment["start_ms"] / 1000) * RATE_HZ) for at in (begun + LATE_S, joined - LATE_S)))
    assert not left[aside].any() and not right[aside].any()


def fact_at(three: Three, kind: type) -> float:
    (fact,) = (fact for fact in three.town.facts(kind) if fact.contact == three.contact.id)
    return float(fact.at)


def test_refused_is_refused_over_a_consult_and_killed_processes(
    town: Town, tones: dict[str, Path], stack: ExitStack
) -> None:
    with watched(town) as watch:
        three = Three(town, tones, stack)
        three.consult_bob()
        kill(town, "media-1")
        three.hear({"caller": set(), "ann": {"bob"}, "bob": {"ann"}})
        three.turn(ConsultState.JOINED)
        three.hear(ALL)
        kill(town, "voice")
        three.hear(ALL)
        three.ask(requests.CompleteConsult)
        three.hear({"caller": {"bob"}, "bob": {"caller"}})
        three.end("ann", "bob")
        assert watch.seen() == []
    assert rows.of_contact(town.centre.conn, three.contact.id) == []


def kill(town: Town, process: str) -> None:
    """And wait for its next life."""
    starts = town.centre.starts(process)
    town.centre.kill(process)
    eventually(lambda: town.centre.starts(process) > starts, WITHIN_S, f"the restart of {process}")
