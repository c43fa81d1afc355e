"""Stereo WAV, 8 kHz, 16 bit, written as it comes; marks as cue points with labels (RIFF, "cue " and "LIST adtl")."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np

from civicline.recordings.format import RATE_HZ
from civicline.recordings.reading import Mark, Piece
from civicline.voice.media.g711 import decode
from civicline.voice.media.sdp import PCMU

FRAME = struct.Struct("<2h")
HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
MARKS_MAX_B = 1 << 20
LONGEST_S = ((1 << 32) - MARKS_MAX_B) // (FRAME.size * RATE_HZ)
"""A WAV file says its size in 32 bits."""


def write(file: BinaryIO, pieces: Iterable[Piece]) -> float:
    """Header and sound; gives the length in seconds. `finish` must follow."""
    file.write(HEAD.pack(b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 2, RATE_HZ, RATE_HZ * 4, 4, 16, b"data", 0))
    size = 0
    for piece in pieces:
        both = np.column_stack([decode(piece.caller, PCMU), decode(piece.ours, PCMU)])
        size += file.write(both.astype("<i2").tobytes())
    file.seek(HEAD.size - 4)
    file.write(struct.pack("<I", size))
    file.seek(0, 2)
    return size / FRAME.size / RATE_HZ


def finish(file: BinaryIO, marks: Sequence[Mark]) -> None:
    """The marks, and the size of it all."""
    if marks:
        points = b"".join(_point(number, mark) for number, mark in enumerate(marks, start=1))
        file.write(_chunk(b"cue ", struct.pack("<I", len(marks)) + points))
        labels = b"".join(_label(number, mark) for number, mark in enumerate(marks, start=1))
        file.write(_chunk(b"LIST", b"adtl" + labels))
    size = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", size - 8))


def _point(number: int, mark: Mark) -> bytes:
    at = round(mark.start_s * RATE_HZ)
    return struct.pack("<II4sIII", number, at, b"data", 0, 0, at)


def _label(number: int, mark: Mark) -> bytes:
    """The label of a cue, and its length in samples as labelled text (purpose "rgn ")."""
    left_out = f", {mark.left_out_s:.0f} s left out" if mark.left_out_s else ""
    text = struct.pack("<I", number) + f"{mark.why}{left_out}".encode() + b"\0"
    length = round((mark.end_s - mark.start_s) * RATE_HZ)
    region = struct.pack("<II4sHHHH", number, length, b"rgn ", 0, 0, 0, 0)
    return _chunk(b"labl", text) + _chunk(b"ltxt", region)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
