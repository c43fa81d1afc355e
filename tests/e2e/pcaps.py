"""Captures that SIPp plays: a tone in G.711 µ-law, and RFC 4733 digits.

SIPp sends the UDP payloads with its own addresses; the timing comes from the capture.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

PTIME_S = 0.02
SAMPLES = 160
ETHERNET = bytes(12) + b"\x08\x00"
EVENTS = "0123456789*#"


def tone(path: Path, hz: float, seconds: float, ssrc: int = 0x1111) -> Path:
    """A sine at about -12 dBm0."""
    count = round(seconds / PTIME_S)
    packets = []
    for n in range(count):
        samples = (math.sin(2 * math.pi * hz * (n * SAMPLES + i) / 8000) * 8000 for i in range(SAMPLES))
        header = struct.pack("!BBHII", 0x80, 0, n & 0xFFFF, n * SAMPLES, ssrc)
        packets.append((n * PTIME_S, header + bytes(ulaw(round(s)) for s in samples)))
    return _write(path, packets)


def digits(path: Path, text: str, payload_type: int, ssrc: int = 0x2222) -> Path:
    """Each digit 100 ms long, 200 ms apart, its last packet three times (RFC 4733 section 2.5.1.4). A space: 500 ms."""
    packets = []
    sequence, at = 0, 0.0
    for n, digit in enumerate(text):
        if digit == " ":
            at += 0.5
            continue
        timestamp = 1000 + n * 2400
        for step in range(8):
            end = step >= 5
            duration = min(step + 1, 5) * SAMPLES
            body = struct.pack("!BBH", EVENTS.index(digit), (0x80 if end else 0) | 10, duration)
            marker = 0x80 if step == 0 else 0
            packets.append((at, struct.pack("!BBHII", 0x80, marker | payload_type, sequence, timestamp, ssrc) + body))
            sequence, at = sequence + 1, at + (0.0 if end else PTIME_S)
        at += 0.2
    return _write(path, packets)


def ulaw(sample: int) -> int:
    """G.711 µ-law of a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    value = min(abs(sample), 32635) + 132
    exponent = value.bit_length() - 8
    return ~(sign | exponent << 4 | value >> (exponent + 3) & 0x0F) & 0xFF


def _write(path: Path, packets: list[tuple[float, bytes]]) -> Path:
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for at, payload in packets:
        frame = _frame(payload)
        out.append(struct.pack("<IIII", int(at), round(at % 1 * 1e6), len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(out))
    return path


def _frame(payload: bytes) -> bytes:
    udp = struct.pack("!HHHH", 40000, 40000, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
    return ETHERNET + ip + udp
