"""In the call: hold, resume, and passing on. Tones say who hears whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.lifecycle import AgentState, HeldBy, PassedOnFor, Recording
from e2e.callers import Town
from e2e.talks import BOB_HZ, Talk, take
from e2e.witness import AGENT_HZ
from peers.ports import eventually

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def talk(town: Town, tones: dict[str, Path]) -> Iterator[Talk]:
    with ExitStack() as stack:
        yield Talk(town, tones, stack)


def test_on_hold_the_caller_hears_music_and_nobody_hears_the_caller(talk: Talk) -> None:
    for _ in range(2):
        talk.ask(requests.HoldCaller)
        talk.caller_hears_music()
        eventually(lambda: not talk.at_ann.is_flowing(), what="silence at the representative's")
        assert not talk.caller.ear.hears(AGENT_HZ)
        talk.ask(requests.ResumeCaller)
        talk.hears_each_other()
        assert talk.contact.held_at is None
    assert talk.contact.holds == 2
    assert talk.contact.segments[0].hold_s > 0
    assert talk.caller.reinvites() == 0, "no phone need be told"
    talk.caller.leave()
    talk.town.until("ann", AgentState.WRAP_UP)


def test_the_caller_hangs_up_on_hold(talk: Talk) -> None:
    talk.ask(requests.HoldCaller)
    talk.caller_hears_music()
    talk.caller.leave()
    talk.phone.expect("CALL_CLOSED")
    talk.town.until("ann", AgentState.WRAP_UP)
    assert talk.contact.held_at is None


def test_a_phone_that_leaves_a_caller_on_hold_sends_them_back_to_their_place(talk: Talk) -> None:
    place = talk.contact.place
    talk.ask(requests.HoldCaller)
    talk.caller_hears_music()
    talk.phone.hang_up()
    talk.caller.until("waiting")
    assert talk.contact.place == place
    assert talk.contact.passed_on.why is PassedOnFor.PHONE_LEFT
    talk.town.until("ann", AgentState.WRAP_UP)
    talk.caller.leave()


def test_passed_on_at_the_old_place_with_all_that_is_known(town: Town, talk: Talk) -> None:
    """Two others waited in the queue before the call was passed on to it, and had called later."""
    with ExitStack() as stack:
        later = [stack.enter_context(town.call()) for _ in range(2)]
        for caller in later:
            caller.skip_notice()
            caller.press("1")
            caller.hear("menu.main")
            caller.press("0")
            caller.until("waiting")
        talk.town.centre.ask(requests.RefuseRecording(talk.contact.id))
        talk.ask(requests.PassOn, why=PassedOnFor.CALLER_ASKED, queue="operator")
        talk.caller.until("waiting")
        talk.caller.hear_music()
        talk.phone.expect("CALL_CLOSED")
        town.until("ann", AgentState.WRAP_UP)
        phone = stack.enter_context(town.working("olga", plays=talk.tones["bob"]))
        take(town, "olga", phone)
        contact = talk.contact
        assert contact.agent == "olga", "the place from the first line comes before those who called later"
        assert (contact.topic, contact.language, contact.recording) == ("refund", "en", Recording.REFUSED)
        assert (contact.passed_on.agent, contact.passed_on.why) == ("ann", PassedOnFor.CALLER_ASKED)
        eventually(lambda: talk.caller.ear.hears(BOB_HZ), what="the next representative's tone")
        town.centre.wrap_up("ann")
        talk.caller.leave()
        town.until("olga", AgentState.WRAP_UP)
        for caller in later:
            caller.leave()
        town.centre.wrap_up("olga")
    parts = [segment.agent for segment in contact.segments]
    assert parts == ["ann", "olga"]
    assert all(segment.wrapped_up_at for segment in contact.segments)


@pytest.mark.parametrize("process", ["voice", "media-1"])
def test_hold_goes_on_when_a_process_is_killed(talk: Talk, process: str) -> None:
    talk.ask(requests.HoldCaller)
    talk.caller_hears_music()
    starts = talk.town.centre.starts(process)
    talk.town.centre.kill(process)
    eventually(lambda: talk.town.centre.starts(process) > starts, 30, what="the restart")
    eventually(lambda: (talk.caller.look(), talk.caller.ear.is_flowing())[1], 30, what="the music")
    assert talk.contact.held_by is HeldBy.DESK
    talk.ask(requests.ResumeCaller)
    eventually(lambda: (talk.caller.look(), talk.caller.ear.hears(AGENT_HZ))[1], 30, what="the talk")
    talk.hears_each_other()
    talk.caller.leave()
    talk.town.until("ann", AgentState.WRAP_UP)
    assert talk.phone.count("CALL_INCOMING") == 1
