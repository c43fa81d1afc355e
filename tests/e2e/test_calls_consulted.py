"""In the call: a colleague or an office is asked while the caller hears music; swap, join, complete, give up.

Ann talks to the caller; Bob, or the office, is the third. Each has a tone of its own, and every check says for each of
the three what is heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.lifecycle import AgentState, ConsultState, PassedOnFor
from e2e.callers import Town
from e2e.talks import WITHIN_S, Three
from peers.ports import eventually

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def three(town: Town, tones: dict[str, Path]) -> Iterator[Three]:
    with ExitStack() as stack:
        yield Three(town, tones, stack)


def test_aside_with_the_caller_joined_and_given_up(three: Three) -> None:
    three.consult_bob()
    three.caller.hear("on_hold")
    three.caller.hear_music()
    three.turn(ConsultState.WITH_CALLER)
    three.hear({"caller": {"ann"}, "ann": {"caller"}, "bob": set()})
    three.turn(ConsultState.ASIDE)
    three.hear({"caller": set(), "ann": {"bob"}, "bob": {"ann"}})
    three.turn(ConsultState.JOINED)
    three.hear({"caller": {"ann", "bob"}, "ann": {"caller", "bob"}, "bob": {"caller", "ann"}})
    three.ask(requests.DropConsult)
    three.phones["bob"].expect("CALL_CLOSED")
    three.hear({"caller": {"ann"}, "ann": {"caller"}})
    three.town.until("bob", AgentState.AVAILABLE)
    three.end("ann")
    assert [(part.agent, part.beside) for part in three.contact.segments] == [("ann", False), ("bob", True)]
    assert three.caller.reinvites() == 0


def test_attended_transfer(three: Three) -> None:
    three.consult_bob()
    three.ask(requests.CompleteConsult)
    three.phones["ann"].expect("CALL_CLOSED")
    three.hear({"caller": {"bob"}, "bob": {"caller"}})
    contact = three.contact
    assert (contact.agent, contact.passed_on.agent, contact.passed_on.why) == ("bob", "ann", PassedOnFor.CONSULTED)
    three.town.until("ann", AgentState.WRAP_UP)
    three.town.centre.wrap_up("ann", topic="letter")
    three.end("bob")
    three.town.centre.wrap_up("bob")
    first, beside, last = three.contact.segments
    assert (first.agent, beside.agent, last.agent) == ("ann", "bob", "bob")
    assert first.ended_at == beside.ended_at == last.began_at
    assert 0 < first.hold_s < first.ended_at - first.began_at
    assert last.hold_s == 0
    assert (three.contact.final_topic, three.contact.agent) == ("refund", "bob"), "the last word counts"


def test_whoever_hangs_up_after_consulting_leaves_the_two_together(three: Three) -> None:
    three.consult_bob()
    three.turn(ConsultState.JOINED)
    three.hear({"caller": {"ann", "bob"}, "bob": {"caller", "ann"}})
    three.phones["ann"].hang_up()
    three.hear({"caller": {"bob"}, "bob": {"caller"}})
    assert three.contact.agent == "bob"
    three.end("bob")


def test_a_colleague_who_does_not_answer(three: Three) -> None:
    three.ask(requests.Consult, queue="tax")
    three.phones["bob"].expect("CALL_INCOMING")
    three.phones["bob"].hang_up()
    three.town.until("bob", AgentState.MISSED)
    assert three.contact.held_at is not None, "on hold until taken back"
    three.ask(requests.ResumeCaller)
    three.hear({"caller": {"ann"}, "ann": {"caller"}})
    three.end("ann")


def test_the_caller_leaves_while_two_confer(three: Three) -> None:
    three.consult_bob()
    three.caller.leave()
    three.phones["bob"].expect("CALL_CLOSED")
    three.phones["ann"].expect("CALL_CLOSED")
    three.town.until("bob", AgentState.AVAILABLE)
    three.town.until("ann", AgentState.WRAP_UP)


@pytest.mark.parametrize("process", ["voice", "media-1"])
def test_consult_and_three_go_on_when_a_process_is_killed(three: Three, process: str) -> None:
    three.consult_bob()
    for state, heard in (
        (ConsultState.ASIDE, {"caller": set(), "ann": {"bob"}, "bob": {"ann"}}),
        (ConsultState.JOINED, {"caller": {"ann", "bob"}, "ann": {"caller", "bob"}, "bob": {"caller", "ann"}}),
    ):
        three.turn(state)
        three.hear(heard)
        starts = three.town.centre.starts(process)
        three.town.centre.kill(process)
        eventually(lambda before=starts: three.town.centre.starts(process) > before, WITHIN_S, "the restart")
        three.hear(heard)
    three.turn(ConsultState.WITH_CALLER)
    three.hear({"caller": {"ann"}, "ann": {"caller"}, "bob": set()})
    three.end("ann")
    assert three.phones["bob"].count("CALL_INCOMING") == 1
