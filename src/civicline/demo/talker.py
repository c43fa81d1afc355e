"""One person's end of the sound of a call: says 20 ms at a time, listens, presses keys (RFC 4733)."""

from __future__ import annotations

import secrets
import socket
from collections import deque
from dataclasses import dataclass

from civicline.demo.sound import QUIET_FRAME, Voice, is_quiet
from civicline.voice.media import sdp
from civicline.voice.media.rtp import (
    EVENT,
    FRAME_S,
    FRAME_SAMPLES,
    HEADER,
    MARKER,
    U16,
    U32,
    VERSION_2,
    payload_end,
    payload_offset,
)

DIGITS = "0123456789*#"
PRESS_FRAMES = 6
"""How long a key is held: 120 ms."""
END_REPEATS = 3  # RFC 4733 section 2.5.1.4
BETWEEN_KEYS_FRAMES = 5
VOLUME = 10  # dBm0 below zero
LARGEST = 2048
KEPT = 64


@dataclass
class Heard:
    """Frames of 20 ms."""

    packets: int = 0
    loud: int = 0
    voice: int = 0
    offer: int = 0
    """Of the offer to be called back."""
    quiet_run: int = 0
    """How many frames in a row were quiet or missing until now."""

    @property
    def quiet_s(self) -> float:
        return self.quiet_run * FRAME_S


class Talker:
    """`known` is the other side's voice, `offer` how the offer of a callback sounds. Nothing is sent before `agree`."""

    def __init__(
        self, host: str, laws: tuple[int, ...], dtmf: int, known: Voice, offer: frozenset[bytes] = frozenset()
    ) -> None:
        self.heard = Heard()
        self._laws, self._dtmf, self._known, self._offer = laws, dtmf, known.known, offer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self._host, self._port = self._socket.getsockname()
        self._to: tuple[str, int] | None = None
        self._law = laws[0]
        self._voice: Voice | None = None
        self._frame = 0
        self._keys: deque[tuple[int, bool, int, int]] = deque()
        self._sequence, self._timestamp = secrets.randbits(16), secrets.randbits(32)
        self._source = secrets.randbits(32)
        self._marker = MARKER

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def description(self) -> str:
        """Our SDP: an offer before `agree`, the answer after it."""
        return sdp.write(self._host, self._port, self._laws, dtmf=self._dtmf)

    def agree(self, text: str) -> None:
        """The other side's SDP. Raises SdpError."""
        found = sdp.parse(text)
        common = [law for law in found.laws if law in self._laws]
        if not common:
            raise sdp.SdpError("no G.711 in common")
        self._law, self._laws = common[0], (common[0],)
        self._dtmf = found.dtmf or self._dtmf
        self._to = (found.host, found.port) if found.receives else None

    def say(self, voice: Voice | None) -> None:
        """Speak, or be quiet (None): a telephone goes on sending then, too."""
        self._voice, self._frame = voice, 0

    def press(self, key: str) -> None:
        digit = DIGITS.index(key)
        lengths = [*range(1, PRESS_FRAMES + 1)] + [PRESS_FRAMES] * (END_REPEATS - 1)
        for number, length in enumerate(lengths):
            self._keys.append((digit, number >= PRESS_FRAMES - 1, length * FRAME_SAMPLES, number))
        self._keys.extend([(-1, False, 0, 0)] * BETWEEN_KEYS_FRAMES)

    def listen(self) -> None:
        """Take what has come. Call when the socket is readable."""
        try:
            for _ in range(KEPT):
                self._hear(self._socket.recv(LARGEST))
        except OSError:
            return  # nothing more, or an ICMP error for a packet of ours

    def tick(self) -> None:
        """20 ms have passed: send one packet."""
        self.heard.quiet_run += 1
        if self._to is None:
            return
        packet = self._key_packet() if self._keys else self._sound_packet()
        self._sequence = (self._sequence + 1) & U16
        try:
            self._socket.sendto(packet, self._to)
        except OSError:
            return  # as a network may lose it

    def _hear(self, packet: bytes) -> None:
        start = payload_offset(packet)
        law = packet[1] & 0x7F if start > 0 else -1
        if law not in QUIET_FRAME:
            return
        payload = packet[start : payload_end(packet, start)]
        self.heard.packets += 1
        if not is_quiet(payload, law):
            self.heard.loud += 1
            self.heard.quiet_run = 0
            self.heard.voice += payload in self._known
            self.heard.offer += payload in self._offer

    def _sound_packet(self) -> bytes:
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & U32
        if self._voice is None:
            payload = QUIET_FRAME[self._law]
        else:
            frames = self._voice.frames[self._law]
            payload = frames[self._frame % len(frames)]
            self._frame += 1
        return self._header(self._law, self._timestamp) + payload

    def _key_packet(self) -> bytes:
        digit, end, duration, number = self._keys.popleft()
        if digit < 0:
            return self._sound_packet()
        if number == 0:
            self._marker = MARKER
            self._timestamp = (self._timestamp + FRAME_SAMPLES) & U32
        packet = self._header(self._dtmf, self._timestamp) + EVENT.pack(digit, (0x80 if end else 0) | VOLUME, duration)
        if not self._keys or self._keys[0][0] < 0:
            self._timestamp = (self._timestamp + duration) & U32
        return packet

    def _header(self, kind: int, timestamp: int) -> bytes:
        marker, self._marker = self._marker, 0
        return HEADER.pack(VERSION_2, marker | kind, self._sequence, timestamp, self._source)
