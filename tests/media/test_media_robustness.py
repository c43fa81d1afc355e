"""What goes wrong on a network: strangers, rubbish, silence, restarts, and calls that nobody ends."""

from __future__ import annotations

import random
import socket
import time
from pathlib import Path

import pytest
from media_phones import EngineProcess, Phone, free_port, level, udp, until, write_tone

from civicline.settings import Address, PortRange
from civicline.voice.media import bencode, client
from civicline.voice.media.client import MediaClient, NgClient, NgError, NoAnswerError
from civicline.voice.media.process import Engine
from peers.ports import free_udp

CALL, CALLER, AGENT = "r" * 32, "r-c", "r-1"
OUTSIDE = "127.0.0.66"


def bridge(engine: EngineProcess, caller: Phone, agent: Phone, call: str = CALL) -> None:
    engine.command(client.offer_caller(call, CALLER, caller.sdp()))
    caller.answered(engine.command(client.answer_ivr(call, CALLER))["sdp"])
    agent.answered(engine.command(client.offer_agent(call, CALLER, AGENT, caller.sdp()))["sdp"])
    engine.command(client.answer_agent(call, CALLER, AGENT, agent.sdp()))


def leg(engine: EngineProcess, tag: str = CALLER) -> dict[str, int]:
    return dict(engine.command(client.query(CALL))["tags"][tag])  # type: ignore[index,call-overload]


def test_a_stranger_is_not_heard_once_the_source_is_locked(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    bridge(engine, caller, agent)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    assert leg(engine)["locked"] == 1
    agent.clear()
    stranger = Phone(to=caller.to)
    for _ in range(20):
        stranger.say(1300, 0)
        caller.say(700, 0)
    until(lambda: len(agent.listen()) >= 20, "the caller is heard")
    assert level(agent.listen(), 700) > 0.8
    assert level(agent.listen(), 1300) < 0.05
    stranger.close()


def test_a_phone_behind_nat_is_learned_and_answered(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    """The SDP names an address from which nothing comes; its SIP came from the one that the phone has outside."""
    bridge(engine, caller, agent)
    real = Phone(to=caller.to, socket=udp(host=OUTSIDE))
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp(), OUTSIDE))
    real.say(700, 0)
    until(lambda: agent.listen(), "it is heard at once")
    caller.clear()
    assert caller.hears(500, saying=lambda: agent.say(500, 0))
    assert real.listen() == []
    real.say_for(700, 1.2)
    assert leg(engine)["locked"] == 1
    assert real.hears(500, saying=lambda: agent.say(500, 0))
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp().replace("RTP/AVP 0 8 ", "RTP/AVP 0 "), OUTSIDE))
    engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))
    real.clear()
    assert real.hears(500, saying=lambda: agent.say(500, 0)), "silent, and another law: it is where it was"
    real.close()


def test_the_address_of_the_sdp_wins_after_another_one_was_locked(
    engine: EngineProcess, caller: Phone, agent: Phone
) -> None:
    bridge(engine, caller, agent)
    other = Phone(to=caller.to)
    other.say_for(1300, 1.2)
    assert leg(engine)["locked"] == 1
    assert agent.hears(700, saying=lambda: (caller.say(700, 0), time.sleep(0.02)))
    other.clear()
    assert caller.hears(500, saying=lambda: agent.say(500, 0))
    assert other.listen() == []
    other.close()


@pytest.mark.parametrize("again", [False, True], ids=["first", "re-INVITE"])
def test_a_stranger_who_speaks_first_is_neither_heard_nor_sent_to(
    engine: EngineProcess, caller: Phone, agent: Phone, again: bool
) -> None:
    bridge(engine, caller, agent)
    if again:
        assert agent.hears(700, saying=lambda: caller.say(700, 0))
        engine.command(client.offer_caller(CALL, CALLER, caller.sdp().replace("o=- 1 1", "o=- 1 2"), "127.0.0.1"))
    before = leg(engine)
    agent.clear()
    stranger = Phone(to=caller.to, socket=udp(host=OUTSIDE))
    stranger.say(1300, 0, 100)
    stranger.press(5)
    until(lambda: leg(engine)["rejected"] >= before["rejected"] + 100, "the stranger's packets")
    assert leg(engine)["locked"] == 0
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    assert level(agent.listen(), 1300) < 0.05
    assert caller.hears(500, saying=lambda: agent.say(500, 0))
    assert stranger.listen() == [] and engine.events("DTMF") == []
    stranger.close()


def test_nothing_is_sent_before_somebody_is_there_and_then_all_of_it(
    engine: EngineProcess, caller: Phone, agent: Phone, tmp_path: Path
) -> None:
    """`caller` is one who sends no sound at all, `agent` one who does."""
    sound, frames = write_tone(tmp_path / "notice.wav", 400, 0.2), 10
    for call, phone in ((CALL, caller), ("other", agent)):
        offer, answer = client.alone(call, CALLER, phone.sdp(), hold_back=True)
        engine.command(offer)
        phone.answered(engine.command(answer)["sdp"])
        engine.command(client.play(call, CALLER, [sound], play_id="notice"))
    time.sleep(0.3)
    assert caller.listen() == agent.listen() == [] == engine.events("finished")
    engine.command(client.confirm(CALL, CALLER))
    engine.command(client.confirm(CALL, CALLER))
    agent.say(700, 0)
    for phone in (caller, agent):
        until(lambda phone=phone: len(phone.listen()) == frames, "the whole of it")
        assert level(phone.heard, 400) > 0.8
    engine.command(client.alone(CALL, CALLER, caller.sdp(), hold_back=True)[0])
    engine.command(client.play(CALL, CALLER, [sound], play_id="again"))
    until(lambda: len(caller.listen()) == 2 * frames, "who was there is not held back again")


@pytest.mark.parametrize("given", ["127.0.0.1", ["IP6", "::1"], ["IP4"], ["IP4", 5]])
def test_a_source_that_is_none_is_refused(engine: EngineProcess, caller: Phone, given: bencode.Value) -> None:
    with pytest.raises(NgError, match="received-from"):
        engine.command(client.offer_caller(CALL, CALLER, caller.sdp()) | {"received-from": given})


def test_the_address_of_the_sdp_takes_precedence_over_a_quicker_stranger(
    engine: EngineProcess, caller: Phone, agent: Phone
) -> None:
    bridge(engine, caller, agent)
    stranger = Phone(to=caller.to)
    stranger.say(1300, 0)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    until(lambda: leg(engine)["locked"], "the source is locked")
    stranger.clear()
    assert caller.hears(500, saying=lambda: agent.say(500, 0))
    assert stranger.listen() == []
    stranger.close()


def test_after_a_restart_a_phone_of_another_call_hears_nothing_and_is_not_heard(caller: Phone, agent: Phone) -> None:
    """The process before gave its port to that call; the phone does not know yet that this one is there."""
    engine = EngineProcess(wary_s=60)
    stray = Phone()
    try:
        bridge(engine, caller, agent)
        stray.to = caller.to
        for _ in range(10):
            stray.say(1300, 0)
        until(lambda: leg(engine)["rejected"] == 10, "the stray packets")
        assert caller.hears(500, saying=lambda: agent.say(500, 0))
        assert stray.listen() == [] and agent.listen() == []
        assert agent.hears(700, saying=lambda: caller.say(700, 0))
    finally:
        stray.close()
        engine.stop()


def test_rubbish_is_shrugged_off(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    bridge(engine, caller, agent)
    dice = random.Random(1)
    for size in (0, 1, 11, 12, 13, 40, 172, 1400, 3000):
        caller.raw(dice.randbytes(size))
        caller.raw(b"\x80\x00" + dice.randbytes(size))
        caller.raw(b"\xbf\x65" + dice.randbytes(size))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ng:
        for size in range(0, 400, 7):
            ng.sendto(dice.randbytes(size), (engine.address.host, engine.address.port))
    assert agent.hears(700, saying=lambda: caller.say(700, 0))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "bencode"),
        (b"d7:command4:pingee", "bencode"),
        (b"l4:pinge", "dictionary"),
        (b"d7:command99999999:x", "bencode"),
        (b"l" * 5000, "nested"),
        (b"de", "command is missing"),
        (b"d7:commandi5ee", "command is missing"),
        (b"d7:command5:dancee", "Unrecognized command"),
    ],
)
def test_a_malformed_command_gets_an_error(engine: EngineProcess, body: bytes, says: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ng:
        ng.settimeout(10)
        ng.sendto(b"cookie " + body, (engine.address.host, engine.address.port))
        reply = MediaClient().reply(ng.recv(65535))
    assert (reply.cookie, reply.body["result"]) == ("cookie", "error")
    assert says in str(reply.body["error-reason"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sdp": "v=0\r\n"}, "no audio"),
        ({"sdp": "m=audio 4000 RTP/AVP 18\r\n"}, "neither PCMU nor PCMA"),
        ({"sdp": "m=audio 99999 RTP/AVP 0\r\n"}, "no valid port"),
        ({"sdp": "c=IN IP6 ::1\r\nm=audio 4000 RTP/AVP 0\r\n"}, "not IPv4"),
        ({"sdp": "c=IN IP4 phone.example\r\nm=audio 4000 RTP/AVP 0\r\n"}, "a host"),
        ({"sdp": "c=IN IP4 x..example\r\nm=audio 4000 RTP/AVP 0\r\n"}, "a host"),
        ({"call-id": 5}, "call-id"),
        ({"command": "answer", "call-id": "none"}, "Unknown call-id"),
        ({"command": "query", "call-id": "none"}, "Unknown call-id"),
        ({"command": "play media", "call-id": "none", "file": "x"}, "Unknown call-id"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    engine: EngineProcess, caller: Phone, change: dict[str, str], says: str
) -> None:
    with pytest.raises(NgError, match=says):
        engine.command(client.offer_caller(CALL, CALLER, caller.sdp()) | change)
    with pytest.raises(NgError, match="Unknown"):  # and nothing is left of it
        engine.command(client.query(CALL))


def test_a_file_that_cannot_be_played_says_why(engine: EngineProcess, caller: Phone, tmp_path: Path) -> None:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
    engine.command(client.answer_ivr(CALL, CALLER))
    (tmp_path / "bad.wav").write_bytes(b"no WAV")
    wide = write_tone(tmp_path / "wide.wav", 400, 0.1, rate=44100)
    for path, says in ((tmp_path / "none.wav", "No such file"), (tmp_path / "bad.wav", "as WAV"), (wide, "44100 Hz")):
        with pytest.raises(NgError, match=says):
            engine.command(client.play(CALL, CALLER, [path]))


def test_a_retransmitted_command_is_answered_from_memory(engine: EngineProcess, caller: Phone) -> None:
    """A late delete that comes again must not end the call that was made anew."""
    core = MediaClient()
    delete = core.request(client.delete(CALL))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ng:
        ng.settimeout(10)
        ng.connect((engine.address.host, engine.address.port))
        ng.send(delete.datagram)
        first = ng.recv(65535)
        engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
        ng.send(delete.datagram)
        assert ng.recv(65535) == first
    assert engine.command(client.query(CALL))["result"] == "ok"


def test_a_restarted_engine_is_another_instance() -> None:
    killed = EngineProcess()
    first = killed.command(client.ping())["instance"]
    assert killed.command(client.ping())["instance"] == first
    killed.process.kill()
    killed.stop()
    again = EngineProcess(ng=killed.address.port)
    assert again.command(client.ping())["instance"] != first
    again.stop()
    assert again.process.returncode == 0


def test_the_stream_of_a_killed_engine_goes_on_with_later_numbers(caller: Phone, tmp_path: Path) -> None:
    """A phone that keeps the numbers of a stream takes earlier ones for packets that are late."""
    file = write_tone(tmp_path / "tone.wav", 440, 5)
    last: list[tuple[int, int, int]] = []
    for _ in range(3):
        engine = EngineProcess()
        engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
        engine.command(client.answer_ivr(CALL, CALLER))
        caller.clear()
        engine.command(client.play(CALL, CALLER, [file]))
        until(lambda: len(caller.listen()) > 25, "half a second of sound")
        engine.process.kill()
        engine.stop()
        heard = caller.listen()
        if last:
            seq, ts, ssrc = last[-1]
            assert 0 < (heard[0].seq - seq) & 0xFFFF < 0x8000 and 0 < (heard[0].ts - ts) & 0xFFFFFFFF < 0x80000000
            assert heard[0].ssrc != ssrc
        last.append((heard[-1].seq, heard[-1].ts, heard[-1].ssrc))


def test_an_engine_that_is_not_there_is_said_to_be(engine: EngineProcess) -> None:
    with NgClient(Address("127.0.0.1", free_port())) as nobody, pytest.raises(NoAnswerError, match="is it running"):
        nobody.command(client.ping())


def test_silence_is_told_once_and_so_is_its_end(engine: EngineProcess, caller: Phone) -> None:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()) | {"silent-after": 1})
    caller.answered(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])
    told = until(lambda: engine.events("silent"), "silence is told")
    assert told == [{"type": "silent", "callid": CALL, "tag": CALLER, "for": 1}]
    heard = until(lambda: caller.say(700, 0) or engine.events("heard"), "the end of silence is told")
    assert heard == [{"type": "heard", "callid": CALL, "tag": CALLER}]
    assert len(engine.events("silent")) == 1


def test_a_leg_that_said_it_sends_nothing_is_not_missed(engine: EngineProcess, caller: Phone) -> None:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp("recvonly")) | {"silent-after": 1})
    assert "a=sendonly" in str(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])
    other = Phone()
    engine.command(client.offer_caller("other", CALLER, other.sdp()) | {"silent-after": 2})
    engine.command(client.answer_ivr("other", CALLER))
    until(lambda: engine.events("silent"), "the other call's silence")
    assert [event["callid"] for event in engine.told] == ["other"]
    other.close()


def test_a_thousand_sessions_leave_nothing_open(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    before = engine.open_files()
    for number in range(1000):
        bridge(engine, caller, agent, f"call-{number}")
        if number % 100 == 0:
            assert engine.open_files() == before + 4
        engine.command(client.delete(f"call-{number}"))
    assert engine.open_files() == before


def test_a_session_that_nobody_cares_for_is_removed(caller: Phone) -> None:
    """The loop is turned by hand, with a clock of its own."""
    ports = PortRange(56000, 56100)
    engine = Engine("127.0.0.1", Address("127.0.0.1", free_port()), ports, Address("127.0.0.1", 9), orphan_s=60)
    engine.commands.run(client.offer_caller(CALL, CALLER, caller.sdp()))
    engine.commands.run(client.answer_ivr(CALL, CALLER))
    start = engine.loop.now
    engine.watch.look(start + 59)
    assert len(engine.sessions) == 1
    engine.watch.look(start + 61)
    assert len(engine.sessions) == 0
    engine.close()


def test_no_port_is_left_to_take(caller: Phone) -> None:
    ng = Address("127.0.0.1", free_port())
    first = free_udp(count=4)
    engine = Engine("127.0.0.1", ng, PortRange(first, first + 3), Address("127.0.0.1", 9))
    answers = [engine.commands.run(client.offer_agent(f"c{n}", CALLER, AGENT, caller.sdp())) for n in range(3)]
    assert [answer["result"] for answer in answers] == ["ok", "ok", "error"]
    assert f"no RTP port is free from {first} to {first + 3}" in str(answers[2]["error-reason"])
    assert len(engine.sessions) == 2
    engine.commands.run(client.delete("c0"))
    assert engine.commands.run(client.offer_agent("c9", CALLER, AGENT, caller.sdp()))["result"] == "ok"
    engine.close()


@pytest.mark.parametrize("value", [0, -5, "", "é\udcff", [1, ["a", {}]], {"b": 1, "a": {"c": ["d"]}}])
def test_bencode_round_trips(value: bencode.Value) -> None:
    assert bencode.decode(bencode.encode(value)) == value


def test_bencode_sorts_its_keys() -> None:
    assert bencode.encode({"b": 1, "a": "x"}) == b"d1:a1:x1:bi1ee"


def test_another_ssrc_is_heard_only_after_a_pause(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    bridge(engine, caller, agent)
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
    before = leg(engine)
    agent.clear()
    liar = bytearray(b"\x80\x00" + bytes(10) + b"\x55" * 160)
    for _ in range(10):
        caller.say(700, 0)
        caller.raw(bytes(liar))
    until(lambda: leg(engine)["rejected"] >= before["rejected"] + 9, "the other stream is dropped")
    until(lambda: len(agent.listen()) >= 9, "the caller is heard")
    assert level(agent.listen(), 700) > 0.8


def test_what_is_far_too_much_is_dropped(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    bridge(engine, caller, agent)
    until(lambda: (caller.say(700, 0, 2000), leg(engine)["rejected"] > 500)[1], "the flood is dropped")
    assert agent.hears(700, saying=lambda: caller.say(700, 0))
