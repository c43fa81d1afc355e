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
from collections.abc import Callable, Mapping
from pathlib import Path

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
MISSING = "eSpeak NG is not installed: run `uv sync --group demo`, or record the prompts (docs/explanation/media.md)"


class PromptError(Exception):
    """A prompt that cannot be had; the message says which and how to mend it."""


class Library:
    """`data` is the data folder, `pack` the agency's folder."""

    def __init__(self, data: Path, pack: Path) -> None:
        self._cache = data / "prompts"
        self._pack = pack

    def path(self, name: str, language: str, text: str) -> Path:
        """The WAV of a prompt, made when missing. Raises PromptError."""
        own = self._pack / "prompts" / language / f"{name}.wav"
        try:
            return self._recorded(own, language) if own.is_file() else self._spoken(name, language, text)
        except (audio.AudioError, OSError) as error:
            raise PromptError(str(error)) from error

    def make_all(
        self, texts: Mapping[tuple[str, str], str], progress: Callable[[int, int], None] = lambda done, of: None
    ) -> dict[tuple[str, str], Path]:
        """All prompts, by (language, name); `progress(done, of)` is called after each. Raises PromptError."""
        made: dict[tuple[str, str], Path] = {}
        for (language, name), text in texts.items():
            made[language, name] = self.path(name, language, text)
            progress(len(made), len(texts))
        return made

    def _recorded(self, own: Path, language: str) -> Path:
        target = self._cache / language / f"{_hash('recorded', own.read_bytes())}.wav"
        if not target.exists():
            audio.write(target, audio.read(own))
        return target

    def _spoken(self, name: str, language: str, text: str) -> Path:
        voice = VOICES.get(language, language)
        target = self._cache / language / f"{_hash('spoken', text.encode(), language, voice)}.wav"
        if not target.exists():
            if not text.strip():
                raise PromptError(f"the prompt {name} has no text in {language}")
            audio.write(target, _level(_speak(text, voice)))
        return target


def _hash(kind: str, content: bytes, *rest: str) -> str:
    digest = hashlib.sha256("\0".join((VERSION, kind, *rest, "")).encode())
    digest.update(content)
    return digest.hexdigest()[:32]


def _speak(text: str, voice: str) -> audio.Samples:
    library, data = _espeak()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "speech.wav"
        command = [sys.executable, "-m", "civicline.voice.prompts.espeak"]
        command += ["--library", str(library), "--data", str(data), "--voice", voice, "--out", str(out)]
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=SPEAK_TIMEOUT_S, check=False)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
            raise PromptError(f"no speech was made with the voice {voice}: {lines[-1]}")
        return audio.read(out)


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
