"""What the centre's prompts and music sound like on the line, to find them in what a caller received."""

from __future__ import annotations

import bisect
import itertools
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

from civicline.voice.playlist import texts_of
from civicline.voice.prompts import music
from civicline.voice.prompts.library import Library
from e2e.centre import Centre
from e2e.pcaps import SAMPLES
from e2e.witness import LINEAR, has_tone

SKIPPED = 480
"""Samples at the beginning of a prompt that may be like another's."""
TELLING = 2400
"""Samples (0.3 s) that tell one prompt from all others."""
MUSIC, MUSIC_PIECE = 80_000, 4_000
"""Samples: its first 10 s, in pieces of half a second."""
_CODES = sorted((code for code in range(256) if code != 0x7F), key=LINEAR.__getitem__)
_BOUNDS = [(LINEAR[low] + LINEAR[high]) / 2 for low, high in itertools.pairwise(_CODES)]


class Sounds:
    def __init__(self, centre: Centre) -> None:
        agency = centre.state().agency
        assert agency is not None
        self._texts = texts_of(agency)
        self._library = Library(centre.settings.data, centre.settings.data / "agency")
        self._music = music.path(centre.settings.data)
        self._made: dict[tuple[str, str], bytes] = {}

    def add(self, prompt: str, texts: dict[str, str]) -> None:
        """A prompt that is not of the pack."""
        self._texts[prompt] = texts

    def of(self, prompt: str, language: str) -> bytes:
        """The whole prompt in G.711 µ-law."""
        key = (prompt, language)
        if key not in self._made:
            self._made[key] = encoded(self._library.path(prompt, language, self._texts[prompt][language]))
        return self._made[key]

    def telling(self, prompt: str, language: str) -> bytes:
        return self.of(prompt, language)[SKIPPED : SKIPPED + TELLING]

    def beginning(self, prompt: str, language: str) -> bytes:
        """What was heard of a prompt when its telling part was."""
        return self.of(prompt, language)[: SKIPPED + TELLING]

    def ending(self, prompt: str, language: str) -> bytes:
        """The last of what is said, and the short silence that ends every prompt."""
        return self.of(prompt, language)[-2 * TELLING :]

    def music(self) -> list[bytes]:
        """Half seconds from its beginning, which follows the last prompt; where a machine stalls some miss a frame."""
        whole = encoded(self._music, MUSIC)
        return [whole[at : at + MUSIC_PIECE] for at in range(0, len(whole), MUSIC_PIECE)]


def encoded(path: Path, most: int | None = None) -> bytes:
    """In G.711 µ-law, to the nearest value, the upper one of two that are as near."""
    return bytes(_CODES[bisect.bisect_right(_BOUNDS, sample)] for sample in samples(path)[:most])


def one_zero(heard: bytes) -> bytes:
    """G.711 has two codes for 0: make them one."""
    return heard.replace(b"\x7f", b"\xff")


def samples(path: Path) -> tuple[int, ...]:
    """Of a WAV file that may still grow: what is there of it."""
    with wave.open(str(path), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        data = sound.readframes(sound.getnframes())
    return struct.unpack(f"<{len(data) // 2}h", data[: len(data) // 2 * 2])


def tone_s(heard: Path, hz: float) -> float:
    """For how many seconds a recording has that tone, in blocks of 20 ms."""
    return sum(has_tone(block, hz) for block in _blocks(samples(heard))) * SAMPLES / 8000


def _blocks(heard: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return (heard[n : n + SAMPLES] for n in range(0, len(heard) - SAMPLES, SAMPLES))
