"""The sequences of docs/explanation/media.md, over real UDP."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from media_phones import EngineProcess, Phone, port_of, until, write_tone

from civicline.voice.media import client

CALL, CALLER, AGENT = "c" * 32, "c-c", "c-1"


def enter(engine: EngineProcess, caller: Phone) -> str:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
    sdp = str(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])
    caller.answered(sdp)
    return sdp


def bridge(engine: EngineProcess, caller: Phone, agent: Phone, leg: str = AGENT) -> str:
    offered = engine.command(client.offer_agent(CALL, CALLER, leg, caller.sdp()))["sdp"]
    agent.answered(offered)
    return str(engine.command(client.answer_agent(CALL, CALLER, leg, agent.sdp()))["sdp"])


def state(engine: EngineProcess, leg: str = CALLER) -> dict[str, object]:
    return dict(engine.command(client.query(CALL))["tags"][leg])  # type: ignore[index,call-overload]


def test_a_caller_hears_a_prompt_then_looping_music(engine: EngineProcess, caller: Phone, tmp_path: Path) -> None:
    enter(engine, caller)
    prompt, music = write_tone(tmp_path / "p.wav", 400, 3), write_tone(tmp_path / "m.wav", 900, 0.2)
    answer = engine.command(client.play(CALL, CALLER, [prompt, music], play_id="w", loop="last"))
    assert (answer["duration"], answer["play"]) == (3200, "w")
    assert caller.hears(400)
    assert caller.hears(900, frames=40)
    assert engine.events("finished") == []


def test_a_sequence_that_ends_is_told_once(engine: EngineProcess, caller: Phone, tmp_path: Path) -> None:
    enter(engine, caller)
    files = [write_tone(tmp_path / "a.wav", 400, 0.11), write_tone(tmp_path / "b.wav", 900, 0.1)]
    engine.command(client.play(CALL, CALLER, files, play_id="menu-1", repeat_times=2))
    told = until(lambda: engine.events("finished"), "finished")
    assert told == [{"type": "finished", "callid": CALL, "tag": CALLER, "play": "menu-1"}]
    assert len(caller.listen()) == 2 * (6 + 5)
    assert state(engine)["playing"] == 0


def test_the_stream_goes_on_from_music_to_bridge_and_back(
    engine: EngineProcess, caller: Phone, agent: Phone, tmp_path: Path
) -> None:
    first = enter(engine, caller)
    music = write_tone(tmp_path / "m.wav", 900, 2)
    engine.command(client.play(CALL, CALLER, [music], loop="all"))
    assert caller.hears(900)
    assert port_of(bridge(engine, caller, agent)) == port_of(first)
    assert caller.hears(500, saying=lambda: agent.say(500, 0))
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    engine.command(client.drop_leg(CALL, AGENT))
    engine.command(client.play(CALL, CALLER, [music], loop="all"))
    assert caller.hears(900)
    heard = caller.listen()
    assert len({packet.ssrc for packet in heard}) == 1
    assert all((b.seq - a.seq) & 0xFFFF == 1 for a, b in itertools.pairwise(heard))
    assert all(0 < (b.ts - a.ts) & 0xFFFFFFFF < 8000 * 5 for a, b in itertools.pairwise(heard))


@pytest.mark.parametrize(("theirs", "ours"), [(0, 0), (8, 8), (0, 8), (8, 0)])
def test_each_side_is_heard_in_its_own_law(
    engine: EngineProcess, caller: Phone, agent: Phone, theirs: int, ours: int
) -> None:
    caller.laws, agent.laws = (theirs,), (ours,)
    enter(engine, caller)
    bridge(engine, caller, agent)
    assert agent.hears(700, saying=lambda: caller.say(700, theirs))
    assert caller.hears(500, saying=lambda: agent.say(500, ours))
    assert {packet.kind for packet in agent.listen()} == {ours}
    assert {packet.kind for packet in caller.listen()} == {theirs}


def test_a_play_covers_the_bridge_until_stopped(
    engine: EngineProcess, caller: Phone, agent: Phone, tmp_path: Path
) -> None:
    enter(engine, caller)
    bridge(engine, caller, agent)
    engine.command(client.play(CALL, CALLER, [write_tone(tmp_path / "m.wav", 900, 1)], loop="all"))
    assert caller.hears(900, saying=lambda: agent.say(500, 0), frames=20)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    engine.command(client.stop(CALL, CALLER))
    assert caller.hears(500, saying=lambda: agent.say(500, 0))


def test_a_blocked_leg_is_not_heard(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    enter(engine, caller)
    bridge(engine, caller, agent)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    engine.command(client.block(CALL, CALLER))
    before = int(str(state(engine)["received"]))
    agent.clear()
    caller.say(700, 0, frames=10)
    until(lambda: int(str(state(engine)["received"])) == before + 10, "the engine has taken the packets")
    assert agent.listen() == []
    engine.command(client.unblock(CALL, CALLER))
    assert agent.hears(700, saying=lambda: caller.say(700, 0))


def test_a_second_representative_is_offered_after_the_first_did_not_answer(
    engine: EngineProcess, caller: Phone, agent: Phone
) -> None:
    enter(engine, caller)
    engine.command(client.offer_agent(CALL, CALLER, "c-0", caller.sdp()))
    engine.command(client.drop_leg(CALL, "c-0"))
    bridge(engine, caller, agent, "c-2")
    assert agent.hears(700, saying=lambda: caller.say(700, 0))


def test_a_leg_that_we_ring_first(engine: EngineProcess, caller: Phone, agent: Phone, tmp_path: Path) -> None:
    caller.answered(engine.command(client.offer_outbound(CALL, CALLER))["sdp"])
    engine.command(client.answer_outbound(CALL, CALLER, caller.sdp()))
    engine.command(client.play(CALL, CALLER, [write_tone(tmp_path / "p.wav", 400, 0.5)], loop="all"))
    assert caller.hears(400)
    bridge(engine, caller, agent)
    assert caller.hears(500, saying=lambda: agent.say(500, 0))


def test_an_offer_without_to_tag_is_named_by_its_answer(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    offer = {"command": "offer", "call-id": CALL, "from-tag": CALLER, "sdp": caller.sdp()}
    agent.answered(engine.command(offer)["sdp"])
    assert port_of(engine.command(offer)["sdp"]) == agent.to[1]  # type: ignore[index]
    answer = {"command": "answer", "call-id": CALL, "from-tag": CALLER, "to-tag": AGENT, "sdp": agent.sdp()}
    caller.answered(engine.command(answer)["sdp"])
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    assert state(engine, AGENT)["peer"] == CALLER


def test_every_command_may_come_twice(engine: EngineProcess, caller: Phone, agent: Phone, tmp_path: Path) -> None:
    music = write_tone(tmp_path / "m.wav", 900, 1)
    for command in (
        client.offer_caller(CALL, CALLER, caller.sdp()),
        client.answer_ivr(CALL, CALLER),
        client.play(CALL, CALLER, [music], play_id="m", loop="all"),
        client.offer_agent(CALL, CALLER, AGENT, caller.sdp()),
        client.answer_agent(CALL, CALLER, AGENT, agent.sdp()),
        client.block(CALL, CALLER),
        client.unblock(CALL, CALLER),
        client.stop(CALL, CALLER),
    ):
        assert engine.command(command) == engine.command(command), command["command"]
    for command in (client.drop_leg(CALL, AGENT), client.delete(CALL)):
        assert [engine.command(command)["result"] for _ in "12"] == ["ok", "ok"]


def test_a_reinvite_moves_the_leg_to_its_new_port(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    first = enter(engine, caller)
    bridge(engine, caller, agent)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    moved = Phone()
    engine.command(client.offer_agent(CALL, CALLER, AGENT, moved.sdp()))
    moved.answered(engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))["sdp"])
    assert moved.to == ("127.0.0.1", port_of(first))
    assert agent.hears(1000, saying=lambda: moved.say(1000, 0))
    assert moved.hears(500, saying=lambda: agent.say(500, 0))
    moved.close()
