"""Key presses: each told once, to the voice process alone (RFC 4733)."""

from __future__ import annotations

import pytest
from media_phones import EngineProcess, Phone, until

from civicline.voice.media import client
from civicline.voice.media.dtmf import GAP_S, Detector, Press
from civicline.voice.media.rtp import Event

CALL, CALLER, AGENT = "d" * 32, "d-c", "d-1"


def enter(engine: EngineProcess, caller: Phone) -> None:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
    caller.answered(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])


def digits(engine: EngineProcess, count: int) -> list[int]:
    return [event["event"] for event in until(lambda: _enough(engine, count), f"{count} digits")]


def _enough(engine: EngineProcess, count: int) -> list[dict[str, object]]:
    told = engine.events("DTMF")
    return told if len(told) >= count else []


@pytest.mark.parametrize("kind", [96, 101])
def test_digits_by_the_payload_type_of_the_sdp(engine: EngineProcess, caller: Phone, kind: int) -> None:
    caller.dtmf = kind
    enter(engine, caller)
    caller.press(1, kind=197 - kind)  # the other one, which the SDP does not name
    for digit in (5, 5, 11, 0):
        caller.press(digit)
    assert digits(engine, 4) == [5, 5, 11, 0]
    event = engine.told[0]
    assert (event["callid"], event["source_tag"], event["duration"]) == (CALL, CALLER, 100)


def test_lost_and_doubled_end_packets(engine: EngineProcess, caller: Phone) -> None:
    enter(engine, caller)
    caller.press(1, ends=0)
    caller.press(2, ends=1)
    caller.press(3, ends=6)
    caller.press(4, ends=0)  # told when nothing more comes
    assert digits(engine, 4) == [1, 2, 3, 4]


def test_digits_reach_nobody_else_and_leave_no_gap(engine: EngineProcess, caller: Phone, agent: Phone) -> None:
    enter(engine, caller)
    agent.answered(engine.command(client.offer_agent(CALL, CALLER, AGENT, caller.sdp()))["sdp"])
    engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))
    caller.say(700, 0, frames=5)
    caller.press(7)
    caller.say(700, 0, frames=5)
    heard = until(lambda: agent.listen() if len(agent.listen()) >= 10 else None, "ten frames")
    assert digits(engine, 1) == [7]
    assert {packet.kind for packet in heard} == {0}
    assert [(packet.seq - heard[0].seq) & 0xFFFF for packet in heard] == list(range(10))


def feed(detector: Detector, *packets: tuple[int, int, bool, int], now: float = 0.0) -> list[Press]:
    """Packets of (timestamp, digit, end, duration)."""
    over: list[Press] = []
    for ts, digit, end, duration in packets:
        over += detector.feed(1, ts, Event(digit, end, duration), now)
    return over


def test_a_press_longer_than_the_duration_field_is_one_press() -> None:
    long = Detector()
    begun = 0xFFFF_FF00
    first = [(begun, 5, False, samples) for samples in range(160, 65440, 160)] + [(begun, 5, False, 65535)]
    second = (begun + 65535) & 0xFFFFFFFF
    over = feed(long, *first, (second, 5, False, 160), (second, 5, True, 320), (second, 5, True, 320))
    assert over == [Press(5, (65535 + 320) // 8, begun)]


def test_late_packets_of_an_old_press_are_nothing_new() -> None:
    detector = Detector()
    assert feed(detector, (1000, 1, True, 800)) == [Press(1, 100, 1000)]
    assert feed(detector, (1000, 1, False, 640), (200, 9, True, 800)) == []
    assert feed(detector, (3000, 1, False, 160), (1000, 1, True, 800), (3000, 1, True, 800)) == [Press(1, 100, 3000)]


def test_the_same_digit_again_is_another_press() -> None:
    over = feed(Detector(), (1000, 1, False, 160), (3000, 1, False, 160), (3000, 1, True, 320))
    assert [press.timestamp for press in over] == [1000, 3000]


def test_a_press_without_end_is_over_when_nothing_comes() -> None:
    detector = Detector()
    feed(detector, (1000, 1, False, 160), now=5.0)
    assert detector.expire(5.0 + GAP_S / 2) == []
    assert detector.expire(5.0 + GAP_S * 2) == [Press(1, 20, 1000)]
    assert feed(detector, (1000, 1, True, 800), now=6.0) == []


def test_a_new_source_ends_the_press_of_the_old() -> None:
    detector = Detector()
    detector.feed(1, 1000, Event(1, False, 160), 0.0)
    assert detector.feed(2, 10, Event(2, True, 160), 0.0) == [Press(1, 20, 1000), Press(2, 20, 10)]
