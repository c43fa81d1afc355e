"""An engine or a media process was late: nothing is told before it is so, nothing is left, nobody rings in vain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from civicline.core import requests
from civicline.core.facts import OfferMissed
from civicline.core.lifecycle import AgentState, ContactState, Recording
from civicline.recordings.format import RATE_HZ
from civicline.voice.media import client
from e2e.callers import KEYS, LANGUAGES, Caller, Town
from peers.ports import eventually
from peers.stopped import stopped

pytestmark = pytest.mark.usefixtures("nothing_left")


def goes_on(caller: Caller, seconds: float) -> None:
    """So much more sound comes."""
    end = len(caller.ear.heard()) + seconds * RATE_HZ
    eventually(lambda: (caller.look(), len(caller.ear.heard()) >= end)[1], what=f"{seconds:g} s of sound")


def test_leaving_in_the_moment_of_the_offer(town: Town) -> None:
    """The choice and the end are decided together: the offer is over before voice hears of it."""
    with town.working("ann") as phone, town.call() as caller:
        caller.skip_notice()
        caller.press(LANGUAGES["en"])
        caller.hear("menu.main")
        with stopped(town.centre.pid("engine")):
            caller.press(KEYS["refund"])
            town.until_asked(requests.ChooseTopic, caller.id)
            caller.leave()
            town.until_asked(requests.LegHungUp, caller.id)
        caller.until("closed")
        assert caller.contact.abandoned_in is ContactState.OFFERED
        town.until("ann", AgentState.AVAILABLE)
        town.centre.assert_nothing_left()
        assert phone.count("CALL_INCOMING") == 0, "rung in vain"


def test_a_refusal_is_said_when_it_is_stored_and_not_before(town: Town) -> None:
    with town.call() as caller:
        caller.hear("language")
        caller.press(LANGUAGES["en"])
        caller.hear("menu.main")
        caller.press(KEYS["refund"])
        caller.until("waiting")
        caller.hear_music()
        with stopped(town.centre.pid("engine")):
            caller.press("9")
            town.until_asked(requests.RefuseRecording, caller.id)
            goes_on(caller, seconds=1)
            assert not caller.ear_has("recording_refused")
        caller.hear("recording_refused")
        assert caller.contact.recording is Recording.REFUSED
        caller.leave()


def test_a_media_process_that_stands_still_while_a_phone_should_ring(town: Town) -> None:
    """For longer than voice repeats what it asks for."""
    with town.working("ann", available=False) as phone, town.call() as caller:
        caller.go_to("refund")
        missed = len(town.facts(OfferMissed))
        with stopped(town.centre.pid("media-1")):
            town.centre.available("ann")
            town.until("ann", AgentState.OFFERED)
            # How long it stands still: the fault itself, not a wait for something.
            end = time.monotonic() + sum(client.RETRANSMIT_AFTER_S) + 1
            eventually(lambda: time.monotonic() > end, what="the last time that voice asks")
        phone.expect("CALL_INCOMING")
        phone.accept()
        town.until("ann", AgentState.TALKING)
        assert len(town.facts(OfferMissed)) == missed
        caller.leave()
        town.until("ann", AgentState.WRAP_UP)
        town.centre.wrap_up("ann", topic="refund")


@contextmanager
def unanswered(town: Town, stack: ExitStack) -> Iterator[Caller]:
    """In the journal, and not answered, since media stands still; until the end of the context."""
    while True:
        with stopped(town.centre.pid("media-1")):
            caller = stack.enter_context(town.call())
            eventually(lambda: caller.sipp.has_ended() or caller.is_known(), what="the call, or 503")  # noqa: B023
            if not caller.sipp.has_ended():
                eventually(lambda: caller.sipp.saw("SIP/2.0 100"), what="the 100")  # noqa: B023
                yield caller
                return
            caller.vanish()


def kill_voice(town: Town) -> None:
    starts = town.centre.starts("voice")
    town.centre.kill("voice")
    eventually(lambda: town.centre.starts("voice") > starts, what="voice started again")


def goes_on_to_the_end(town: Town, caller: Caller) -> None:
    eventually(town.centre.accepts, what="voice up")
    caller.hear("notice")
    caller.leave()
    caller.until("closed")


def invites(caller: Caller) -> int:
    return sum(message.sent and message.start.startswith("INVITE") for message in caller.sipp.messages())


def test_voice_is_killed_between_an_answer_that_was_stored_and_its_decision(town: Town) -> None:
    """The caller was told 100, and does not send the INVITE again."""
    with ExitStack() as stack, ExitStack() as late:
        with unanswered(town, stack) as caller:
            late.enter_context(stopped(town.centre.pid("engine")))
        town.until_asked(requests.LegPickedUp, caller.id)
        kill_voice(town)
        late.close()
        goes_on_to_the_end(town, caller)


def test_voice_is_killed_between_a_call_that_was_stored_and_its_answer(town: Town) -> None:
    """The caller was told 100, and does not send the INVITE again."""
    with ExitStack() as stack:
        with unanswered(town, stack) as caller:
            kill_voice(town)
        goes_on_to_the_end(town, caller)
        assert invites(caller) == 1


def test_voice_is_killed_before_a_call_was_stored(town: Town) -> None:
    """The caller was told nothing, sends the INVITE again, and is one contact."""
    before = len(town.centre.contacts())
    with town.call() as caller:
        with stopped(*town.centre.sessions("appender")):
            eventually(lambda: invites(caller) > 1, what="the INVITE again")
            assert not caller.sipp.saw("SIP/2.0")
            kill_voice(town)
        goes_on_to_the_end(town, caller)
    assert len(town.centre.contacts()) == before + 1


def test_a_call_that_cannot_be_answered_after_a_restart_is_told_to_come_again(town: Town) -> None:
    """Media stands still for longer than a call is kept waiting."""
    with ExitStack() as stack, unanswered(town, stack) as caller:
        kill_voice(town)
        eventually(lambda: caller.sipp.saw("SIP/2.0 503"), what="503")
        assert caller.result().received("SIP/2.0 503")[0].header("Retry-After")
    caller.until("closed")
