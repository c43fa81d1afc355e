"""ITU-T G.711 by tables: 16-bit samples to and from µ-law and A-law, and each law to the other.

Between the laws a byte maps to a byte, so transcoding is `bytes.translate`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from civicline.voice.media.sdp import PCMA, PCMU

Samples = NDArray[np.int16]


def _expand_ulaw() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _expand_alaw() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent = (code >> 4) & 7
    step = ((code & 0x0F) << 4) + 8
    magnitude = np.where(exponent == 0, step, (step + 0x100) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


EXPAND = {PCMU: _expand_ulaw(), PCMA: _expand_alaw()}


def _compress(law: int) -> NDArray[np.uint8]:
    """For each 16-bit sample (as unsigned index) the code whose value is nearest."""
    values = EXPAND[law].astype(np.int32)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    bounds = (ordered[1:] + ordered[:-1]) / 2
    return order[np.searchsorted(bounds, samples, side="right")].astype(np.uint8)


_COMPRESS = {law: _compress(law) for law in EXPAND}

SILENCE = {law: _COMPRESS[law][:1].tobytes() for law in EXPAND}


def encode(samples: Samples, law: int) -> bytes:
    return _COMPRESS[law][samples.view(np.uint16)].tobytes()


def decode(payload: bytes | memoryview, law: int) -> Samples:
    return EXPAND[law][np.frombuffer(payload, dtype=np.uint8)]


def _between(source: int, target: int) -> bytes:
    return encode(EXPAND[source], target)


TRANSCODE = {(PCMU, PCMA): _between(PCMU, PCMA), (PCMA, PCMU): _between(PCMA, PCMU)}
"""Tables for `bytes.translate`, by (law in, law out)."""
