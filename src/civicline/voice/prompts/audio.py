"""WAV files of any kind to what the telephone plays: 8 kHz, mono, 16 bit."""

from __future__ import annotations

import secrets
import wave
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
MAX_SECONDS = 600
HALF_TAPS = 16
"""Zero crossings of the low-pass filter on each side of a sample."""

BLOCK = 8192
"""Output samples at a time, so that a long recording needs little memory."""

Samples = NDArray[np.float64]


class AudioError(Exception):
    """A recording that cannot be used; the message names the file and how to mend it."""


def read(path: Path) -> Samples:
    """Samples at 8 kHz between -1 and 1, channels mixed. Raises AudioError."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            frames = file.getnframes()
            if not frames or frames > rate * MAX_SECONDS:
                raise AudioError(f"{path}: {frames / rate:.0f} s long; a prompt has up to {MAX_SECONDS} s")
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error, ZeroDivisionError) as error:
        raise AudioError(f"{path}: cannot be read ({error}); save it as a WAV file of PCM samples") from error
    samples = _samples(data[: len(data) // (width * channels) * width * channels], width)
    return resample(samples.reshape(-1, channels).mean(axis=1), rate)


def _samples(data: bytes, width: int) -> Samples:
    if width == 1:  # 8-bit WAV is unsigned
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) / 128
    if width == 3:
        raw = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(raw), 4), np.uint8)
        wide[:, 1:] = raw
        return wide.view("<i4").ravel().astype(np.float64) / 2**31
    kind, scale = ("<i2", 2**15) if width == 2 else ("<i4", 2**31)
    return np.frombuffer(data, kind).astype(np.float64) / scale


def resample(samples: Samples, rate: int) -> Samples:
    """To 8 kHz by a Hann-windowed sinc at each output sample, cut off at the lower of the two band limits."""
    if rate == RATE_HZ:
        return samples
    ratio = rate / RATE_HZ
    stretch = max(1.0, ratio)
    reach = int(np.ceil(HALF_TAPS * stretch))
    padded = np.pad(samples, reach)
    count = int(len(samples) * RATE_HZ / rate)
    phases = RATE_HZ // gcd(rate, RATE_HZ)
    result = np.empty(count)
    taps = np.arange(-reach + 1, reach + 1)
    for phase in range(min(phases, count)):  # all outputs of a phase share one filter
        at = np.arange(phase, count, phases) * ratio
        whole = np.floor(at + 1e-9).astype(np.int64)
        away = (taps - (at[0] - whole[0])) / stretch
        kernel = np.sinc(away) * (0.5 + 0.5 * np.cos(np.pi * np.clip(away / HALF_TAPS, -1, 1)))
        kernel /= kernel.sum()
        for start in range(0, len(whole), BLOCK):
            rows = whole[start : start + BLOCK, None] + taps + reach
            result[phase + start * phases :: phases][: len(rows)] = padded[rows] @ kernel
    return result


def write(path: Path, samples: Samples) -> None:
    """Write 16-bit samples so that a reader sees the whole file or none: another name first, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with wave.open(str(passing), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)
