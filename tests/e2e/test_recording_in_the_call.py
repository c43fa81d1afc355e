"""Recording over hold, transfer and a killed media process: the right people, on the right channel, or nobody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.facts import ConsultBegun, ConsultCompleted, ConsultEnded, ConsultTurned
from civicline.core.lifecycle import AgentState, ConsultState, PassedOnFor
from civicline.core.model import Contact
from civicline.recordings import rows
from civicline.recordings.format import RATE_HZ
from e2e.callers import Caller, Town
from e2e.centre import PACK
from e2e.recorded import (
    LATE_S,
    closed,
    events,
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
from e2e.talks import BOB_HZ, OFFICE_HZ, WITHIN_S, Talk, Three, hear, take
from e2e.test_calls_far_end import Office, office
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.baresip import Phone
from peers.ports import eventually, free_udp

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
    assert events(town, rows.STARTED, talk.caller.id) == [], "a key was made, and deleted again"


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


def test_a_recording_goes_on_after_a_consult_in_which_media_was_killed(
    town: Town, tones: dict[str, Path], stack: ExitStack, tmp_path: Path
) -> None:
    three = Three(town, tones, stack, hear_out_notice)
    talk_on(town, three.caller, 2)
    three.consult_bob()
    kill(town, "media-1")
    three.hear({"caller": set(), "ann": {"bob"}, "bob": {"ann"}})
    three.turn(ConsultState.JOINED)
    three.hear(ALL)
    talk_on(town, three.caller, 2)
    three.ask(requests.CompleteConsult)
    three.hear({"caller": {"bob"}, "bob": {"caller"}})
    talk_on(town, three.caller, 1)
    three.end("ann", "bob")
    found = closed(town, three.contact.id)
    assert found["cut"] and [segment["whole"] for segment in found["segments"]] == [False, True]
    left, right, marks = sides(town, three.contact.id, tmp_path / "out.wav")
    begun, joined, completed = (fact_at(three, kind) for kind in (ConsultBegun, ConsultTurned, ConsultCompleted))
    together, with_bob = completed - joined, three.contact.talk_ended_at - completed
    with_ann = begun - three.contact.connected_at
    assert [mark.why for mark in marks] == ["cut"]
    assert abs(tone_s(left, CALLER_HZ) - with_ann - together - with_bob) < 1
    for hz, alone in ((AGENT_HZ, with_ann), (BOB_HZ, with_bob)):
        assert abs(tone_s(right, hz, ALONE) - alone) < 1 and abs(tone_s(right, hz, MIXED) - alone - together) < 1
        assert tone_s(left, hz, MIXED) == 0


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
    assert events(town, rows.STARTED, three.contact.id) == [], "a key was made, and deleted again"


def kill(town: Town, process: str) -> None:
    """And wait for its next life."""
    starts = town.centre.starts(process)
    town.centre.kill(process)
    eventually(lambda: town.centre.starts(process) > starts, WITHIN_S, f"the restart of {process}")


OFFICES = """
vehicles: {label: {en: Vehicles, es: Vehículos}, number: "555", needs: {plates: {en: Plates, es: Placas}}}
interpreter:
  {label: {en: I, es: I}, number: "556", needs: {other: {en: Other, es: Otro}}, helps: true, recorded: true}
"""
WITH_OFFICE = {"caller": {"ann", "office"}, "ann": {"caller", "office"}, "office": {"caller", "ann"}}


@pytest.fixture
def office_port(town: Town, tmp_path: Path) -> Iterator[int]:
    """Of the carrier by which offices are rung. One office has been told of the recording; the other has not."""
    port, pack = free_udp(), shutil.copytree(PACK, tmp_path / "pack")
    trunk = f'local: {{networks: [127.0.0.0/8], caller_id: "100", hosts: ["127.0.0.1:{port}"]}}\n'
    (pack / "trunks.yaml").write_text(trunk)
    (pack / "offices.yaml").write_text(OFFICES)
    town.load(pack)
    yield port
    town.load(PACK)


def listen_on(caller: Caller, packets: int = 100) -> None:
    """So many more have come to the caller, 50 a second."""
    begun = len(caller.ear.times)
    eventually(lambda: (caller.look(), len(caller.ear.times) > begun + packets)[1], what=f"{packets} more packets")


@contextmanager
def joined_by(talk: Talk, name: str, port: int) -> Iterator[Office]:
    """An office that is asked aside, and then talks with both."""
    with office(port) as other:
        talk.ask(requests.Consult, office=name)
        eventually(other.listen, what="the call at the office")
        ears = {"ann": talk.at_ann, "office": other.ear}
        hear(talk.caller, ears, {"caller": set(), "ann": {"office"}, "office": {"ann"}})
        talk.ask(requests.TurnConsult, to=ConsultState.JOINED)
        hear(talk.caller, ears, WITH_OFFICE)
        yield other


def test_an_office_that_joins_is_recorded_where_it_has_been_told(
    town: Town, tones: dict[str, Path], stack: ExitStack, tmp_path: Path, office_port: int
) -> None:
    """And when the representative hangs up, nobody is left alone with the interpreter."""
    talk = Talk(town, tones, stack, begins=hear_out_notice)
    talk_on(town, talk.caller, 1)
    with joined_by(talk, "vehicles", office_port) as other:
        listen_on(talk.caller)
        talk.ask(requests.DropConsult)
        assert other.sipp.wait(20).ok
    talk.hears_each_other()
    talk_on(town, talk.caller, 1)
    with joined_by(talk, "interpreter", office_port) as other:
        talk_on(town, talk.caller, 2)
        talk.phone.hang_up()
        assert talk.caller.gone().received("BYE")
        assert other.sipp.wait(20).ok
    town.until("ann", AgentState.WRAP_UP)
    contact = talk.contact
    assert (contact.state, contact.referrals) == ("wrapping", [])
    town.centre.wrap_up("ann")
    (segment,) = closed(town, contact.id)["segments"]
    left, right, marks = sides(town, contact.id, tmp_path / "out.wav")
    turned, joined = (fact.at for fact in town.facts(ConsultTurned) if fact.contact == contact.id)
    let_go, over = (fact.at for fact in town.facts(ConsultEnded) if fact.contact == contact.id)
    untold_s, told_s = let_go - turned, over - joined
    assert segment["whole"] and [mark.why for mark in marks] == ["paused"]
    assert abs(marks[0].end_s - marks[0].start_s - untold_s) < 1
    assert abs(tone_s(right, OFFICE_HZ, MIXED) - told_s) < 1 and tone_s(left, OFFICE_HZ, MIXED) == 0
    assert abs(tone_s(left, CALLER_HZ) - talked_s(contact.segments[0]) + untold_s) < 1


def test_nothing_is_kept_of_the_talk_with_another_office(
    town: Town, tones: dict[str, Path], stack: ExitStack, tmp_path: Path, office_port: int
) -> None:
    talk = Talk(town, tones, stack, begins=hear_out_notice)
    talk_on(town, talk.caller, 2)
    with office(office_port) as other:
        talk.ask(requests.SendToOffice, office="vehicles", need="plates")
        town.until("ann", AgentState.WRAP_UP)
        eventually(other.listen, what="the call at the office")
        hear(talk.caller, {"office": other.ear}, {"caller": {"office"}, "office": {"caller"}})
        listen_on(talk.caller)
        talk.caller.leave()
        assert other.sipp.wait(20).ok
    contact = talk.contact
    town.centre.wrap_up("ann")
    assert len(closed(town, contact.id)["segments"]) == 1
    left, right, marks = sides(town, contact.id, tmp_path / "out.wav")
    assert marks == [] and tone_s(right, OFFICE_HZ, MIXED) == tone_s(left, OFFICE_HZ, MIXED) == 0
    assert abs(tone_s(left, CALLER_HZ) - talked_s(contact.segments[0])) < 1
