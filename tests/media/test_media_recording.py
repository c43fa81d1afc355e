"""What the media process keeps of a call: each side on its channel, in place, sealed; nothing of a pause."""

from __future__ import annotations

import base64
import resource
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from media_phones import EngineProcess, Phone, tone, until

from civicline.people import keyset
from civicline.people.keyset import ContactKey
from civicline.recordings import reading, store
from civicline.recordings.format import RATE_HZ, owner
from civicline.recordings.reading import Mark
from civicline.settings import load
from civicline.voice.media import client, g711
from civicline.voice.media.client import NgError

CALL, CALLER, AGENT, THIRD = "call-1", "call-1-c", "call-1-1", "call-1-p1"
CALLER_HZ, AGENT_HZ, THIRD_HZ = 400, 1000, 1400
MIXED = 0.3
"""Of the power, where two speak: each has about a half."""
PCMU, PCMA = 0, 8
KEY, EVENT_VOLUME = 5, 10
"""What a telephone event begins with, as the phone sends it (RFC 4733 section 2.3)."""


@dataclass
class Kept:
    id: str
    key: ContactKey
    wrapped: str

    @property
    def paths(self) -> list[Path]:
        return store.segments(store.folder(load().data), self.id)

    def record(self, order: int, paused: bool = False) -> client.Command:
        return client.record(CALL, CALLER, self.id, self.wrapped, order, paused=paused)

    def ended(self) -> bool:
        return bool(self.paths) and not any(store.is_being_written(path) for path in self.paths)

    def read(self) -> tuple[np.ndarray, np.ndarray, list[Mark]]:
        """Both channels as samples, once it has ended."""
        until(self.ended, "the recording is written to its end")
        marks: list[Mark] = []
        pieces = list(reading.whole(self.paths, self.key).pieces(marks))
        sides = (b"".join(side) for side in zip(*pieces, strict=True))
        return *(g711.decode(side, PCMU) for side in sides), reading.joined(marks)


@pytest.fixture(scope="module", autouse=True)
def keys() -> None:
    keyset.create(load().keyset)


STOOD_STILL_S = 0.1


@pytest.fixture
def kept() -> Kept:
    recording = secrets.token_hex(16)
    key, wrapped = keyset.current().new_key(owner(recording))
    return Kept(recording, key, base64.b64encode(wrapped).decode())


@pytest.fixture
def bridged(engine: EngineProcess, caller: Phone, agent: Phone) -> Iterator[EngineProcess]:
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
    caller.answered(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])
    agent.answered(engine.command(client.offer_agent(CALL, CALLER, AGENT, caller.sdp()))["sdp"])
    engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))
    yield engine


def talk(caller: Phone, agent: Phone, seconds: float, law: int = PCMU) -> None:
    say([(caller, CALLER_HZ, law), (agent, AGENT_HZ, PCMU)], seconds)


def say(tones: list[tuple[Phone, int, int]], seconds: float) -> None:
    """All at once, in real time. When the machine stood still, nobody says at once what was to be said then."""
    due = time.monotonic()
    for phone, _, _ in tones:
        phone.ts = round(due * RATE_HZ) & 0xFFFFFFFF
    for _ in range(round(seconds * 50)):
        late = time.monotonic() - due
        if late > STOOD_STILL_S:
            due += late
            for phone, _, _ in tones:
                phone.ts = (phone.ts + round(late * RATE_HZ)) & 0xFFFFFFFF
        for phone, hz, law in tones:
            phone.say(hz, law)
        due += 0.02
        time.sleep(max(0.0, due - time.monotonic()))


def tone_s(samples: np.ndarray, hz: float, share: float = 0.8) -> float:
    """For how many seconds that tone has its share of the power, in blocks of 20 ms."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    power = np.sum(blocks**2, axis=1)
    at = np.exp(-2j * np.pi * hz * np.arange(160) / RATE_HZ)
    return float(np.sum(2 * np.abs(blocks @ at) ** 2 / 160 > share * np.maximum(power, 1))) / 50


@pytest.mark.parametrize("law", [PCMU, PCMA])
def test_each_side_on_its_own_channel(bridged, caller, agent, kept, law) -> None:
    talk(caller, agent, 0.2)
    bridged.command(kept.record(1))
    talk(caller, agent, 2.5, law)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    left, right, marks = kept.read()
    assert len(left) == len(right)
    assert tone_s(left, CALLER_HZ) > 2.3 and tone_s(right, AGENT_HZ) > 2.3
    assert tone_s(left, AGENT_HZ) == tone_s(right, CALLER_HZ) == 0
    assert marks == []


def test_nothing_on_disk_is_plain(bridged, caller, agent, kept) -> None:
    bridged.command(kept.record(1))
    talk(caller, agent, 1.5)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    until(kept.ended, "the end")
    data = kept.paths[0].read_bytes()
    for hz in (CALLER_HZ, AGENT_HZ):
        assert g711.encode(tone(hz, 0, 40), PCMU) not in data
    assert kept.paths[0].stat().st_mode & 0o077 == 0


def test_a_pause_is_a_marked_gap(bridged, caller, agent, kept) -> None:
    bridged.command(kept.record(1))
    talk(caller, agent, 2)
    bridged.command(kept.record(2, paused=True))
    talk(caller, agent, 2)
    bridged.command(kept.record(3))
    talk(caller, agent, 2)
    bridged.command(client.stop_recording(CALL, CALLER, 4))
    left, right, marks = kept.read()
    assert [mark.why for mark in marks] == ["paused"]
    start, end = round(marks[0].start_s * RATE_HZ), round(marks[0].end_s * RATE_HZ)
    assert (end - start) / RATE_HZ > 1.4
    assert not left[start:end].any() and not right[start:end].any()
    assert tone_s(left[:start], CALLER_HZ) > 0.8 and tone_s(left[end:], CALLER_HZ) > 0.8, "before and after it"


def test_a_repeated_start_does_not_undo_a_refusal(bridged, caller, agent, kept) -> None:
    bridged.command(kept.record(1))
    talk(caller, agent, 0.3)
    until(lambda: kept.paths, "the file")
    bridged.command(client.stop_recording(CALL, CALLER, 3, discard=True))
    until(lambda: not kept.paths, "the file is gone")
    assert "warning" in bridged.command(kept.record(2))
    talk(caller, agent, 0.3)
    assert not kept.paths


def test_digits_are_not_kept(bridged, caller, agent, kept) -> None:
    """No byte of a telephone event is where its sound would be."""
    bridged.command(kept.record(1))
    talk(caller, agent, 0.5)
    caller.press(KEY)
    say([(agent, AGENT_HZ, PCMU)], 0.5)
    until(lambda: bridged.events("DTMF"), "the key")
    talk(caller, agent, 0.5)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    left, _, _ = kept.read()
    assert tone_s(left, CALLER_HZ) > 0.8
    assert bytes([KEY, EVENT_VOLUME]) not in g711.encode(left, PCMU)


def test_the_other_side_is_whoever_of_ours_talks(bridged, caller, agent, kept) -> None:
    other = Phone()
    bridged.command(kept.record(1))
    talk(caller, agent, 1)
    other.answered(bridged.command(client.offer_agent(CALL, CALLER, "call-1-2", caller.sdp()))["sdp"])
    bridged.command(client.drop_leg(CALL, AGENT))
    bridged.command(client.answer_agent(CALL, CALLER, "call-1-2", other.sdp()))
    talk(caller, other, 1)
    bridged.command(client.delete(CALL))
    left, right, marks = kept.read()
    assert tone_s(left, CALLER_HZ) > 1.8 and tone_s(right, AGENT_HZ) > 1.8
    assert len(kept.paths) == 1 and marks == []
    other.close()


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_what_a_phone_on_hold_does_not_hear_is_not_kept(bridged, caller, agent, kept, direction) -> None:
    """The caller's phone holds; what it says itself meanwhile is heard."""
    bridged.command(kept.record(1))
    talk(caller, agent, 1)
    hold(bridged, caller, agent, direction)
    talk(caller, agent, 1.5)
    hold(bridged, caller, agent, "sendrecv")
    talk(caller, agent, 1)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    left, right, _ = kept.read()
    assert tone_s(left, CALLER_HZ) > 3.3
    assert 1.8 < tone_s(right, AGENT_HZ) < 2.1


def hold(engine: EngineProcess, caller: Phone, agent: Phone, direction: str) -> None:
    """As voice says it (voice/bridge.py): the caller's leg alone, with what its phone said, and joined again."""
    for command in client.alone(CALL, CALLER, caller.sdp(direction)):
        engine.command(command)
    engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))


def test_what_the_other_sides_phone_on_hold_does_not_hear_is_not_kept(bridged, caller, agent, kept) -> None:
    bridged.command(kept.record(1))
    talk(caller, agent, 1)
    bridged.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp("sendonly")))
    talk(caller, agent, 1.5)
    bridged.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))
    talk(caller, agent, 1)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    left, right, _ = kept.read()
    assert 1.8 < tone_s(left, CALLER_HZ) < 2.1
    assert tone_s(right, AGENT_HZ) > 3.3


def test_of_three_the_caller_is_left_and_both_others_right_and_nothing_aside(bridged, caller, agent, kept) -> None:
    """A talk, the two of ours aside, all three, and the third who goes on: each for a second and a half."""
    third = Phone()
    third.answered(bridged.command(client.offer_agent(CALL, CALLER, THIRD, caller.sdp()))["sdp"])
    everybody = [(caller, CALLER_HZ, PCMU), (agent, AGENT_HZ, PCMU), (third, THIRD_HZ, PCMU)]
    bridged.command(kept.record(1))
    say(everybody, 1.5)
    for command in (
        *client.alone(CALL, CALLER, caller.sdp()),
        client.answer_agent(CALL, AGENT, THIRD, third.sdp()),
    ):
        bridged.command(command)
    say(everybody, 1.5)
    bridged.command(client.conference(CALL, [CALLER, AGENT, THIRD]))
    say(everybody, 1.5)
    bridged.command(client.drop_leg(CALL, AGENT))
    bridged.command(client.answer_agent(CALL, CALLER, THIRD, third.sdp()))
    say(everybody, 1.5)
    bridged.command(client.stop_recording(CALL, CALLER, 2))
    left, right, marks = kept.read()
    third.close()
    assert marks == [] and len(kept.paths) == 1
    assert 4.3 < tone_s(left, CALLER_HZ) < 4.6
    assert tone_s(left, AGENT_HZ, MIXED) == tone_s(left, THIRD_HZ, MIXED) == tone_s(right, CALLER_HZ, MIXED) == 0
    assert 1.3 < tone_s(right, AGENT_HZ) < 1.6 and 1.3 < tone_s(right, THIRD_HZ) < 1.6, "before, and after"
    assert 2.7 < tone_s(right, AGENT_HZ, MIXED) < 3.1 and 2.7 < tone_s(right, THIRD_HZ, MIXED) < 3.1


def test_a_key_that_does_not_open_is_refused(bridged, kept) -> None:
    with pytest.raises(NgError, match="key"):
        bridged.command(client.record(CALL, CALLER, secrets.token_hex(16), kept.wrapped, 1))
    assert not kept.paths


def test_killed_in_the_middle_it_is_readable_to_the_last_full_second(caller, agent, kept) -> None:
    engine = EngineProcess()
    engine.command(client.offer_caller(CALL, CALLER, caller.sdp()))
    caller.answered(engine.command(client.answer_ivr(CALL, CALLER))["sdp"])
    agent.answered(engine.command(client.offer_agent(CALL, CALLER, AGENT, caller.sdp()))["sdp"])
    engine.command(client.answer_agent(CALL, CALLER, AGENT, agent.sdp()))
    engine.command(kept.record(1))
    talk(caller, agent, 2.6)
    engine.process.kill()
    engine.process.wait()
    left, right, marks = kept.read()
    assert len(left) == len(right) >= 2 * RATE_HZ and len(left) % RATE_HZ == 0
    assert tone_s(left, CALLER_HZ) > 1.8 and tone_s(right, AGENT_HZ) > 1.8
    assert [mark.why for mark in marks] == ["cut"]
    engine.client.close()
    engine.events_socket.close()


@pytest.mark.parametrize("room", [0, 20, 1000], ids=["nothing", "half a header", "half a second"])
def test_a_full_disk_leaves_no_segment_without_a_second(bridged, caller, agent, kept, room) -> None:
    pid, (_, hard) = bridged.process.pid, resource.prlimit(bridged.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, hard))
    try:
        bridged.command(kept.record(1))
        talk(caller, agent, 1.5)
        until(lambda: bridged.events("unrecorded"), "the event")
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert kept.paths == []
    bridged.command(kept.record(2))
    talk(caller, agent, 0.5)
    bridged.command(client.stop_recording(CALL, CALLER, 3))
    left, _, marks = kept.read()
    assert tone_s(left, CALLER_HZ) > 0.3 and marks == []


def test_a_disk_that_takes_nothing_is_told_of_and_the_call_goes_on(bridged, caller, agent, kept) -> None:
    folder = store.folder(load().data)
    folder.mkdir(mode=0o700, exist_ok=True)
    blocked = folder / kept.id[:2]
    blocked.rename(blocked.with_name("aside")) if blocked.exists() else None
    blocked.touch()
    bridged.command(kept.record(1))
    until(lambda: bridged.events("unrecorded"), "the event")
    assert bridged.events("unrecorded")[0]["recording"] == kept.id
    assert agent.hears(CALLER_HZ, saying=lambda: caller.say(CALLER_HZ, PCMU))
    blocked.unlink()
    bridged.command(kept.record(2))
    talk(caller, agent, 0.5)
    bridged.command(client.stop_recording(CALL, CALLER, 3))
    left, _, _ = kept.read()
    assert tone_s(left, CALLER_HZ) > 0.3
