"""WAV files as 20 ms frames of either law. A file is read once; its seconds are converted when first played.

So no play costs the loop more than one read and one second's conversion at a time. The cache forgets the sounds that
were used longest ago when it holds more than its cap; a file that was replaced on disk is read anew.
"""

from __future__ import annotations

import wave
from collections import OrderedDict
from pathlib import Path

import numpy as np

from civicline.voice.media import g711
from civicline.voice.media.rtp import CLOCK_HZ, FRAME_SAMPLES

FRAMES_A_CHUNK = 50
CHUNK_SAMPLES = FRAMES_A_CHUNK * FRAME_SAMPLES
MAX_FILE_BYTES = 32 << 20
CACHE_BYTES = 128 << 20


class SoundError(Exception):
    """A file that cannot be played; the message says which and why."""


class Sound:
    """One file: `frames` of 160 samples; the last is filled up with silence."""

    def __init__(self, path: Path) -> None:
        self._samples = _read(path)
        self.frames = -(-len(self._samples) // FRAME_SAMPLES)
        self._chunks: dict[tuple[int, int], list[bytes]] = {}

    @property
    def duration_ms(self) -> int:
        return len(self._samples) * 1000 // CLOCK_HZ

    @property
    def size(self) -> int:
        """Bytes held at most: the samples, and both laws."""
        return len(self._samples) * 4

    def frame(self, law: int, index: int) -> bytes:
        number, place = divmod(index, FRAMES_A_CHUNK)
        chunk = self._chunks.get((law, number))
        if chunk is None:
            chunk = self._chunks[law, number] = self._convert(law, number)
        return chunk[place]

    def _convert(self, law: int, number: int) -> list[bytes]:
        samples = self._samples[number * CHUNK_SAMPLES : (number + 1) * CHUNK_SAMPLES]
        coded = g711.encode(samples, law)
        coded += g711.SILENCE[law] * (-len(coded) % FRAME_SAMPLES)
        return [coded[at : at + FRAME_SAMPLES] for at in range(0, len(coded), FRAME_SAMPLES)]


def _read(path: Path) -> g711.Samples:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SoundError(f"{path.name} is larger than {MAX_FILE_BYTES >> 20} MB")
        with wave.open(str(path), "rb") as file:
            shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundError(f"{path.name} cannot be read as WAV: {error}") from error
    if shape != (CLOCK_HZ, 1, 2):
        raise SoundError(
            f"{path.name} has {shape[0]} Hz, {shape[1]} channels, {shape[2] * 8} bit: 8000 Hz mono 16 bit is played"
        )
    if len(data) < 2:
        raise SoundError(f"{path.name} holds no sound")
    return np.frombuffer(data[: len(data) & ~1], dtype="<i2").astype(np.int16)


class Sounds:
    """The cache, by path, time of change and size."""

    def __init__(self, cap: int = CACHE_BYTES) -> None:
        self._cap = cap
        self._held: OrderedDict[tuple[str, int, int], Sound] = OrderedDict()
        self._bytes = 0

    def get(self, path: Path) -> Sound:
        """Raises SoundError."""
        try:
            stat = path.stat()
        except OSError as error:
            raise SoundError(f"{path.name} cannot be read: {error.strerror}") from error
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        sound = self._held.get(key)
        if sound is None:
            sound = self._held[key] = Sound(path)
            self._bytes += sound.size
            self._forget()
        self._held.move_to_end(key)
        return sound

    def _forget(self) -> None:
        while self._bytes > self._cap and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self._bytes -= oldest.size
