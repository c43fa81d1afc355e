"""Recording over hold, transfer and a killed media process: the right people, on the right channel, or nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.lifecycle import AgentState, PassedOnFor
from civicline.core.model import Contact, Segment
from civicline.recordings import rows
from e2e.callers import Caller, Town
from e2e.recorded import closed, sides, talk, talk_on, tone_s, watched
from e2e.talks import BOB_HZ, Talk, take
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.baresip import Phone
from peers.ports import eventually

LATE_S = 0.25


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


def talked_s(part: Segment) -> float:
    assert part.ended_at is not None
    return part.ended_at - part.began_at - part.hold_s


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
        town.centre.kill("media-1")
        talk_on(town, caller, 2)
        pass_on_to_olga(town, caller, stack, tones)
        talk_on(town, caller, 2)
        contact = end(town, caller)
    found = closed(town, caller.id)
    assert found["cut"] and len(found["segments"]) == 3
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    with_ann, with_olga = (talked_s(part) for part in contact.segments)
    lost_s = sum(mark.end_s - mark.start_s for mark in marks if mark.why == "cut")
    between_s = contact.segments[1].began_at - contact.segments[0].ended_at
    lost_s = max(0.0, lost_s - between_s)
    print({"with_ann_s": with_ann, "with_olga_s": with_olga, "lost_s": lost_s, "marks": marks})
    # Each change of who hears whom reaches the media process as late after its fact as a busy machine lets it.
    assert abs(tone_s(left, CALLER_HZ) + lost_s - with_ann - with_olga) < 1 + 4 * LATE_S
    assert abs(tone_s(right, AGENT_HZ) + lost_s - with_ann) < 1 + 4 * LATE_S
    assert abs(tone_s(right, BOB_HZ) - with_olga) < 1 + LATE_S
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
