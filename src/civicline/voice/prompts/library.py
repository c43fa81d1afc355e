"""Every prompt as a WAV that the media engine plays: the agency's own recording, or speech made from its text.

An agency records a prompt by putting `prompts/<language>/<name>.wav` into its pack. What is made or converted is kept
in the data folder under a hash of what it was made from, so a changed text or recording is a new file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from civicline.voice.prompts import audio

VOICES = {"en": "en-us", "es": "es-419", "fr": "fr", "zh": "cmn", "ht": "ht", "vi": "vi", "ru": "ru", "ko": "ko"}
"""eSpeak NG's voice for a language of an agency; another language's own code is tried."""

VERSION = "1"
"""Part of the hash: raised when the same text is made to sound otherwise."""

LEVEL_DBFS = -20.0
"""Loudness (root mean square) of made speech; a usual speech level on a telephone line."""

TAIL_S = 0.25
SPEAK_TIMEOUT_S = 60
SPOKEN_AT_ONCE = 40
MISSING = "eSpeak NG is not installed: run `uv sync --group demo`, or record the prompts (docs/explanation/media.md)"


K = TypeVar("K", bound=tuple[str, str])


class PromptError(Exception):
    """A prompt that cannot be had; the message says which and how to mend it."""


class Library:
    """`data` is the data folder, `pack` the agency's folder."""

    def __init__(self, data: Path, pack: Path) -> None:
        self._cache = data / "prompts"
        self._pack = pack

    def path(self, name: str, language: str, text: str) -> Path:
        """The WAV of a prompt, made when missing. Raises PromptError."""
        own = self._own(name, language)
        try:
            return self._recorded(own, language) if own.is_file() else self._spoken(name, language, text)
        except (audio.AudioError, OSError) as error:
            raise PromptError(str(error)) from error

    def known(self, texts: Mapping[K, str]) -> dict[K, Path]:
        """The WAVs of those prompts, by (name, language), that were made."""
        found = {key: self._target(key[0], key[1], text) for key, text in texts.items()}
        return {key: path for key, path in found.items() if path is not None and path.exists()}

    def make_all(self, texts: Mapping[K, str]) -> list[tuple[str, str]]:
        """Make what is missing, by (name, language); what cannot be made is given back: name and reason.

        Many are spoken by one process, which takes a tenth of the time of one process for each.
        """
        missing: dict[str, dict[Path, str]] = {}
        for (name, language), text in texts.items():
            if text.strip() and not self._own(name, language).is_file():
                target = self._spoken_at(language, text)
                if not target.exists():
                    missing.setdefault(language, {})[target] = text
        for language, wanted in missing.items():
            self._speak_together(language, wanted)
        failed = []
        for (name, language), text in texts.items():
            try:
                self.path(name, language, text)
            except PromptError as error:
                failed.append((name, str(error)))
        return failed

    def _speak_together(self, language: str, wanted: Mapping[Path, str]) -> None:
        """As far as it goes: what fails here is tried by itself, where its reason is told."""
        targets = list(wanted)
        for start in range(0, len(targets), SPOKEN_AT_ONCE):
            some = targets[start : start + SPOKEN_AT_ONCE]
            try:
                spoken = _speak([wanted[each] for each in some], VOICES.get(language, language))
                for target, samples in zip(some, spoken, strict=True):
                    audio.write(target, _level(samples))
            except (PromptError, audio.AudioError, OSError):
                continue

    def _own(self, name: str, language: str) -> Path:
        """The agency's recording."""
        return self._pack / "prompts" / language / f"{name}.wav"

    def _target(self, name: str, language: str, text: str) -> Path | None:
        """Where the prompt is, or will be; None for a recording that cannot be read."""
        own = self._own(name, language)
        try:
            return self._recorded_at(own, language) if own.is_file() else self._spoken_at(language, text)
        except OSError:
            return None

    def _recorded_at(self, own: Path, language: str) -> Path:
        return self._cache / language / f"{_hash('recorded', own.read_bytes())}.wav"

    def _spoken_at(self, language: str, text: str) -> Path:
        return (
            self._cache / language / f"{_hash('spoken', text.encode(), language, VOICES.get(language, language))}.wav"
        )

    def _recorded(self, own: Path, language: str) -> Path:
        target = self._recorded_at(own, language)
        if not target.exists():
            audio.write(target, audio.read(own))
        return target

    def _spoken(self, name: str, language: str, text: str) -> Path:
        target = self._spoken_at(language, text)
        if not target.exists():
            if not text.strip():
                raise PromptError(f"the prompt {name} has no text in {language}")
            audio.write(target, _level(_speak([text], VOICES.get(language, language))[0]))
        return target


def _hash(kind: str, content: bytes, *rest: str) -> str:
    digest = hashlib.sha256("\0".join((VERSION, kind, *rest, "")).encode())
    digest.update(content)
    return digest.hexdigest()[:32]


def _speak(texts: Sequence[str], voice: str) -> list[audio.Samples]:
    library, data = _espeak()
    with tempfile.TemporaryDirectory() as folder:
        given = "\0".join(text.replace("\0", " ") for text in texts).encode()
        command = [sys.executable, "-m", "civicline.voice.prompts.espeak"]
        command += ["--library", str(library), "--data", str(data), "--voice", voice, "--folder", folder]
        done = subprocess.run(command, input=given, capture_output=True, timeout=SPEAK_TIMEOUT_S, check=False)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
            raise PromptError(f"no speech was made with the voice {voice}: {lines[-1]}")
        return [audio.read(Path(folder) / f"{number}.wav") for number in range(len(texts))]


def _espeak() -> tuple[Path, Path]:
    """Library and data folder of the wheel `espeakng-loader`, found without loading either."""
    spec = importlib.util.find_spec("espeakng_loader")
    if spec is None or spec.origin is None:
        raise PromptError(MISSING)
    folder = Path(spec.origin).parent
    found = next(iter(sorted(folder.glob("*espeak-ng.*"))), None)
    if found is None:
        raise PromptError(MISSING)
    return found, folder / "espeak-ng-data"


def _level(samples: audio.Samples) -> audio.Samples:
    """Speech at the usual level without the silence at its ends, and a short pause after it."""
    loud = np.flatnonzero(np.abs(samples) > 0.003)
    if not len(loud):
        raise PromptError("the speech that was made is silent")
    speech = samples[max(0, loud[0] - 80) : loud[-1] + 160]
    gain = 10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(speech**2))
    quiet = np.zeros(int(TAIL_S * audio.RATE_HZ))
    return np.concatenate([speech * min(gain, 0.95 / np.max(np.abs(speech))), quiet])
