"""What made-up people say, and how they know each other's voice.

A voice is a few seconds of babble in frames of 20 ms. The media engine passes G.711 on as it is (or through the table
between the two laws), so whoever hears one of these very frames has heard that voice, whole and undistorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from civicline.voice.media.g711 import EXPAND, SILENCE, TRANSCODE, encode
from civicline.voice.media.rtp import CLOCK_HZ, FRAME_SAMPLES
from civicline.voice.media.sdp import LAWS, PCMA, PCMU

LENGTH_S = 6.0
SYLLABLE_S = 0.18
LEVEL_DBFS = -24.0
QUIET_BELOW = 400
"""Peak of a frame, in 16-bit steps, that counts as quiet: about -38 dBFS."""
FORMANTS_HZ = ((730, 1090), (270, 2290), (300, 870), (530, 1840), (570, 840), (440, 1020))

Wave = NDArray[np.float64]
QUIET_CODES = {law: bytes(np.flatnonzero(np.abs(EXPAND[law].astype(int)) < QUIET_BELOW).tolist()) for law in LAWS}
QUIET_FRAME = {law: SILENCE[law] * FRAME_SAMPLES for law in LAWS}


@dataclass(frozen=True)
class Voice:
    """`frames` by law, to be said one after another; `known` has every way in which they may be heard."""

    frames: dict[int, tuple[bytes, ...]]
    known: frozenset[bytes]


@cache
def representative() -> Voice:
    return _voice(pitch_hz=118.0, seed=1)


@cache
def caller() -> Voice:
    return _voice(pitch_hz=196.0, seed=2)


def is_quiet(payload: bytes, law: int) -> bool:
    return not payload.translate(None, QUIET_CODES[law])


def _voice(pitch_hz: float, seed: int) -> Voice:
    samples = np.round(_babble(pitch_hz, np.random.default_rng(seed)) * 32767).astype(np.int16)
    said = encode(samples, PCMU)
    ulaw = tuple(said[start : start + FRAME_SAMPLES] for start in range(0, len(said), FRAME_SAMPLES))
    alaw = tuple(frame.translate(TRANSCODE[PCMU, PCMA]) for frame in ulaw)
    back = tuple(frame.translate(TRANSCODE[PCMA, PCMU]) for frame in alaw)
    loud = [frame for frame in (*ulaw, *back) if not is_quiet(frame, PCMU)]
    loud += [frame for frame in alaw if not is_quiet(frame, PCMA)]
    return Voice({PCMU: ulaw, PCMA: alaw}, frozenset(loud))


def _babble(pitch_hz: float, rng: np.random.Generator) -> Wave:
    """Vowels of a pitch that wanders, in syllables, with a pause now and then."""
    count = int(LENGTH_S / SYLLABLE_S)
    length = int(SYLLABLE_S * CLOCK_HZ)
    whole = np.concatenate([_syllable(pitch_hz, length, rng) for _ in range(count)])
    whole = whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES]
    level: Wave = whole * (10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(whole**2)))
    return np.clip(level + rng.normal(0, 2e-4, len(level)), -0.9, 0.9)


def _syllable(pitch_hz: float, length: int, rng: np.random.Generator) -> Wave:
    if rng.random() < 0.15:
        return np.zeros(length)
    seconds = np.arange(length) / CLOCK_HZ
    hz = pitch_hz * rng.uniform(0.85, 1.2)
    orders = np.arange(1, int(3400 / hz))
    near = [1 / (1 + ((orders * hz - formant) / 120) ** 2) for formant in rng.choice(FORMANTS_HZ)]
    wave: Wave = (near[0] + 0.6 * near[1]) @ np.sin(2 * np.pi * hz * np.outer(orders, seconds))
    return wave * np.sin(np.pi * np.arange(length) / length) ** 0.6
