"""Prompts as the media engine will play them: spoken ones, recorded ones, and what cannot be had."""

from __future__ import annotations

import multiprocessing
import wave
from pathlib import Path

import numpy as np
import pytest

from civicline.voice.media.sound import Sound
from civicline.voice.prompts import audio, library, music
from civicline.voice.prompts.library import Library, PromptError

TEXTS = {
    ("welcome", "en"): "Thank you for calling the Department of Revenue. For English, press one.",
    ("welcome", "es"): "Gracias por llamar al Departamento de Impuestos. Para español, oprima dos.",
}


def write_wav(path: Path, samples: np.ndarray, rate: int, width: int = 2, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    scaled = (samples * (2 ** (8 * width - 1) - 1)).round().astype("<i4")
    raw = scaled.view(np.uint8).reshape(-1, 4)[:, :width] if width > 1 else (scaled + 128).astype(np.uint8)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(raw).tobytes())
    return path


def sine(hz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


def share(samples: np.ndarray, hz: float) -> float:
    """The tone's share of the power."""
    turn = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / 8000)
    return float(2 * abs(np.sum(samples * turn)) ** 2 / len(samples) / np.sum(samples**2))


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_text_becomes_speech_of_plausible_length_and_level(tmp_path: Path, language: str) -> None:
    text = TEXTS["welcome", language]
    path = Library(tmp_path, tmp_path / "pack").path("welcome", language, text)
    samples = audio.read(path)
    assert 0.04 < len(samples) / 8000 / len(text) < 0.12  # seconds a letter: 150 words a minute or so
    assert -24 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -18
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    assert np.std(np.sqrt(np.mean(frames**2, axis=1))) > 0.02  # speech rises and falls, a tone does not
    assert Sound(path).duration_ms > 2000


def test_the_voices_differ_and_the_same_text_is_made_once(tmp_path: Path) -> None:
    prompts = Library(tmp_path, tmp_path / "pack")
    first = prompts.path("n", "en", "Panama canal")
    made = first.stat().st_mtime_ns
    assert prompts.path("other-name", "en", "Panama canal") == first
    assert first.stat().st_mtime_ns == made
    assert first.read_bytes() != prompts.path("n", "es", "Panama canal").read_bytes()


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(8000, 2, 1), (44100, 2, 2), (48000, 3, 1), (16000, 1, 1), (22050, 4, 2)]
)
def test_a_recording_in_the_pack_wins(tmp_path: Path, rate: int, width: int, channels: int) -> None:
    own = np.repeat(sine(440, rate), channels)
    write_wav(tmp_path / "pack/prompts/en/welcome.wav", own, rate, width, channels)
    path = Library(tmp_path, tmp_path / "pack").path("welcome", "en", TEXTS["welcome", "en"])
    samples = audio.read(path)
    assert abs(len(samples) - 8000) <= 1
    assert share(samples, 440) > 0.99
    assert Sound(path).frames == 50


def test_what_lies_above_the_telephone_band_does_not_fold_down(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "high.wav", sine(440, 44100) + 0.5 * sine(6000, 44100), 44100)
    assert share(audio.read(path), 440) > 0.99


def test_a_recording_that_changes_is_another_file(tmp_path: Path) -> None:
    prompts = Library(tmp_path, tmp_path / "pack")
    own = write_wav(tmp_path / "pack/prompts/en/n.wav", sine(440, 8000), 8000)
    first = prompts.path("n", "en", "text")
    write_wav(own, sine(880, 8000), 8000)
    assert share(audio.read(prompts.path("n", "en", "text")), 880) > 0.99
    assert share(audio.read(first), 440) > 0.99


@pytest.mark.parametrize("content", [b"", b"ID3 an MP3", b"RIFF\x10\0\0\0WAVEfmt "])
def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "pack/prompts/en/welcome.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(content)
    with pytest.raises(PromptError, match=r"welcome\.wav: .*save it as a WAV file"):
        Library(tmp_path, tmp_path / "pack").path("welcome", "en", "text")


def test_all_prompts_at_once_are_those_made_one_by_one(tmp_path: Path) -> None:
    prompts = Library(tmp_path, tmp_path / "pack")
    assert prompts.known(TEXTS) == {}
    assert prompts.make_all(TEXTS) == []
    made = prompts.known(TEXTS)
    assert made.keys() == TEXTS.keys()
    for (name, language), text in TEXTS.items():
        alone = Library(tmp_path / "alone", tmp_path / "pack").path(name, language, text)
        assert made[name, language].read_bytes() == alone.read_bytes()


def test_one_prompt_that_cannot_be_made_keeps_back_no_other(tmp_path: Path) -> None:
    prompts = Library(tmp_path, tmp_path / "pack")
    wanted = {**TEXTS, ("silent", "en"): " ", ("odd", "xx"): "text"}
    assert sorted(name for name, _ in prompts.make_all(wanted)) == ["odd", "silent"]
    assert prompts.known(wanted).keys() == TEXTS.keys()


def test_without_espeak_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PromptError, match="eSpeak NG is not installed: run"):
        Library(tmp_path, tmp_path / "pack").path("n", "en", "text")


@pytest.mark.parametrize(
    ("language", "text", "says"), [("xx", "text", "no voice 'xx'"), ("en", " ", "has no text in en")]
)
def test_what_cannot_be_spoken_is_named(tmp_path: Path, language: str, text: str, says: str) -> None:
    with pytest.raises(PromptError, match=says):
        Library(tmp_path, tmp_path / "pack").path("n", language, text)
    assert list(tmp_path.rglob("*.wav*")) == []


def _make(data: Path, gate: object, results: object) -> None:
    gate.wait()  # type: ignore[attr-defined]
    for number in range(5):
        path = Library(data, data / "pack").path("n", "en", f"Sentence number {number}.")
        results.put((number, len(audio.read(path))))  # type: ignore[attr-defined]


def test_two_processes_that_make_the_same_prompt_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_make, args=(tmp_path, gate, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    seen = {results.get(timeout=60) for _ in range(10)}
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(seen) == 5  # both read the same whole files
    assert len(list((tmp_path / "prompts/en").iterdir())) == 5  # and nothing half-made is left


def test_music_is_quiet_long_and_loops_without_a_seam(tmp_path: Path) -> None:
    path = music.path(tmp_path)
    samples = audio.read(path)
    assert 30 <= len(samples) / 8000 <= 60
    assert len(samples) % 160 == 0  # no frame is filled up with silence
    assert -30 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -26
    steps = np.abs(np.diff(samples))
    assert abs(samples[0] - samples[-1]) <= steps.max()
    assert music.path(tmp_path).stat().st_mtime_ns == path.stat().st_mtime_ns
