"""Three parties: everybody hears the others and nobody hears himself, over real UDP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from media_phones import EngineProcess, Phone, tone, until, write_tone
from test_media_sequences import AGENT, CALL, CALLER, bridge, enter, state

from civicline.voice.media import client, g711
from civicline.voice.media.client import NgError

THIRD = "c-p1"
HZ = {CALLER: 700, AGENT: 500, THIRD: 1100}


@pytest.fixture
def third() -> Iterator[Phone]:
    phone = Phone(laws=(8,))
    yield phone
    phone.close()


@pytest.fixture
def phones(engine: EngineProcess, caller: Phone, agent: Phone, third: Phone) -> dict[str, Phone]:
    """A talk, and a third party that has answered and is with the machine."""
    enter(engine, caller)
    bridge(engine, caller, agent)
    third.answered(engine.command(client.offer_agent(CALL, CALLER, THIRD, caller.sdp()))["sdp"])
    alone(engine, THIRD, third)
    return {CALLER: caller, AGENT: agent, THIRD: third}


def alone(engine: EngineProcess, leg: str, phone: Phone) -> None:
    for command in client.alone(CALL, leg, phone.sdp()):
        engine.command(command)


@contextmanager
def all_talk(phones: dict[str, Phone]) -> Iterator[None]:
    """Each plays its tone in real time."""
    stopping = threading.Event()

    def talk() -> None:
        due = time.monotonic()
        while not stopping.is_set():
            for leg, phone in phones.items():
                phone.say(HZ[leg], phone.laws[0])
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def heard(phone: Phone, frames: int = 15) -> set[int]:
    """Which tones are in what was heard last."""
    last = phone.listen()[-frames:]
    if len(last) < frames:
        return set()
    samples = np.concatenate([g711.decode(each.payload, each.kind) for each in last]).astype(float)
    at = np.arange(len(samples))
    power = {hz: abs(np.sum(samples * np.exp(-2j * np.pi * hz * at / 8000))) / len(samples) for hz in HZ.values()}
    return {hz for hz, found in power.items() if found > 800}


def hears(phone: Phone, *legs: str) -> Callable[[], bool]:
    return lambda: heard(phone) == {HZ[leg] for leg in legs}


def test_all_three_hear_each_other_and_nobody_himself(engine: EngineProcess, phones: dict[str, Phone]) -> None:
    with all_talk(phones):
        until(hears(phones[AGENT], CALLER), "the talk before")
        assert heard(phones[THIRD]) == set()
        engine.command(client.conference(CALL, list(phones)))
        for leg, phone in phones.items():
            until(hears(phone, *(phones.keys() - {leg})), f"{leg} hears the others")
        assert {packet.kind for packet in phones[THIRD].listen()[-15:]} == {8}, "in its own law"
        assert len({packet.ssrc for packet in phones[CALLER].listen()}) == 1, "the stream goes on"
        engine.command(client.conference(CALL, list(phones)))
        until(hears(phones[CALLER], AGENT, THIRD), "the same command again changes nothing")


def test_two_of_three_go_on_when_one_is_bridged_or_gone(engine: EngineProcess, phones: dict[str, Phone]) -> None:
    engine.command(client.conference(CALL, list(phones)))
    with all_talk(phones):
        until(hears(phones[CALLER], AGENT, THIRD), "all three")
        engine.command(client.answer_agent(CALL, CALLER, AGENT, phones[AGENT].sdp()))
        until(hears(phones[CALLER], AGENT), "bridged again")
        until(hears(phones[AGENT], CALLER), "bridged again")
        assert state(engine)["mixed"] == 0
        engine.command(client.conference(CALL, list(phones)))
        until(hears(phones[CALLER], AGENT, THIRD), "all three")
        engine.command(client.drop_leg(CALL, AGENT))
        until(hears(phones[CALLER], THIRD), "the other two")
        engine.command(client.answer_agent(CALL, CALLER, THIRD, phones[THIRD].sdp()))
        until(lambda: state(engine, THIRD)["mixed"] == 0 and hears(phones[CALLER], THIRD)(), "bridged, not mixed")


def test_music_covers_the_mix_for_one(engine: EngineProcess, phones: dict[str, Phone], tmp_path: Path) -> None:
    engine.command(client.conference(CALL, list(phones)))
    with all_talk(phones):
        until(hears(phones[CALLER], AGENT, THIRD), "all three")
        engine.command(client.play(CALL, CALLER, [write_tone(tmp_path / "m.wav", 900, 1)], loop="all"))
        until(hears(phones[CALLER]), "the caller hears the music only")
        until(hears(phones[AGENT], CALLER, THIRD), "the others hear all")


def test_loud_voices_are_cut_and_do_not_wrap_around(engine: EngineProcess, phones: dict[str, Phone]) -> None:
    engine.command(client.conference(CALL, list(phones)))
    loud = {leg: g711.encode(tone(500, 0, amplitude=32000), phone.laws[0]) for leg, phone in phones.items()}

    def all_shout() -> bool:
        time.sleep(0.015)  # as fast as one speaks
        for leg, phone in phones.items():
            phone.send(loud[leg], phone.laws[0])
        last = phones[CALLER].listen()[-8:]
        samples = [g711.decode(each.payload, each.kind) for each in last]
        return len(last) == 8 and all(int(np.max(np.abs(each.astype(int)))) > 31000 for each in samples)

    until(all_shout, "full scale")
    steps = [np.max(np.abs(np.diff(g711.decode(e.payload, e.kind).astype(int)))) for e in phones[CALLER].listen()[-8:]]
    assert max(steps) < 30000, "a sum that wrapped around jumps from one end to the other"


def test_a_conference_needs_three(engine: EngineProcess, phones: dict[str, Phone]) -> None:
    for tags in ([CALLER, AGENT], [CALLER, CALLER, AGENT], [CALLER, AGENT, "nobody"]):
        with pytest.raises(NgError):
            engine.command(client.conference(CALL, tags))
