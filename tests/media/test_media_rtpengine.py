"""What is sent to rtpengine in the place of our own commands."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from civicline.voice.media import client
from civicline.voice.media.client import NgError
from civicline.voice.media.rtpengine import Rtpengine

CALL, LEG = "c" * 32, "c-c"


class Bench:
    """Time passes when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.engine = Rtpengine(
            folder / "joined", self.sent.append, self.told.append, lambda after_s, do: self.due.append((after_s, do))
        )

    def pass_time(self) -> float:
        after_s, do = self.due.pop(0)
        do()
        return after_s


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def wav(folder: Path, name: str, seconds: float) -> Path:
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(round(seconds * 16000)))
    return path


def test_prompts_are_joined_and_their_end_is_told(bench: Bench, tmp_path: Path) -> None:
    files = [wav(tmp_path, "one", 1.0), wav(tmp_path, "two", 0.5)]
    command = bench.engine.translate(client.play(CALL, LEG, files, play_id="p-1"))
    assert command is not None and set(command) == {"command", "call-id", "from-tag", "file"}
    with wave.open(str(command["file"])) as joined:
        assert joined.getnframes() == 12000
    assert bench.pass_time() == 1.5
    assert bench.told == [{"type": "finished", "callid": CALL, "tag": LEG, "play": "p-1"}]


def test_music_follows_the_prompt_and_repeats(bench: Bench, tmp_path: Path) -> None:
    files = [wav(tmp_path, "wait", 1.0), wav(tmp_path, "music", 2.0)]
    command = bench.engine.translate(client.play(CALL, LEG, files, play_id="p-1", loop="last"))
    assert command is not None and command["file"] == str(files[0])
    bench.pass_time()
    assert bench.sent[0]["file"] == str(files[1]) and int(bench.sent[0]["repeat-times"]) > 1000
    assert bench.told == []


def test_the_running_play_is_not_begun_again_and_a_stopped_one_tells_no_end(bench: Bench, tmp_path: Path) -> None:
    play = client.play(CALL, LEG, [wav(tmp_path, "one", 1.0)], play_id="p-1")
    assert bench.engine.translate(play) is not None
    assert bench.engine.translate(play) is None
    bench.engine.translate(client.stop(CALL, LEG))
    bench.pass_time()
    assert bench.told == []


def test_digits_are_kept_from_the_other_party(bench: Bench) -> None:
    bench.engine.translate(client.answer_agent(CALL, LEG, "a-1", "v=0"))
    assert bench.sent == [{"command": "block DTMF", "call-id": CALL}]


def test_it_is_never_asked_to_record(bench: Bench) -> None:
    with pytest.raises(NgError, match="encrypted"):
        bench.engine.translate(client.record(CALL, LEG, "r", "k", 1, paused=False))
    assert bench.engine.translate(client.stop_recording(CALL, LEG, 2, discard=True)) is None


def test_what_only_our_engine_knows_is_left_out(bench: Bench) -> None:
    offer, _ = client.alone(CALL, LEG, "v=0", "192.0.2.1", hold_back=True)
    plain = bench.engine.translate(offer)
    assert plain is not None and "hold-back" not in plain and plain["received-from"] == ["IP4", "192.0.2.1"]
    assert bench.engine.translate(client.confirm(CALL, LEG)) is None
