"""Witnesses of a call that share nothing with Civicline: SIPp for the dialog, an RTP socket of our own for the sound.

    with Caller(centre.sip) as caller:       # SIPp sends the INVITE; its media is `caller.ear`
        caller.ear.press("1")                # RFC 4733
        caller.ear.hears(AGENT_HZ)           # the tone that the other party plays
        caller.hang_up()                     # SIPp sends BYE; `caller.result()` must be ok

`Dump` is the same for a baresip: the file of what it received grows with every packet.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import socket
import struct
import threading
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

from e2e.pcaps import EVENTS, PTIME_S, SAMPLES, ulaw
from peers.baresip import Phone
from peers.ports import PATIENCE_S, free_udp, give_back
from peers.sipp import Result, Sipp

SCENARIO = Path(__file__).parents[1] / "chaos" / "caller.xml"
CALLER_HZ, AGENT_HZ = 400.0, 1000.0
PAUSE_S = 0.25
"""A longer pause between packets is a gap; a shorter one is this machine being busy."""
FLOWING = 15
"""Packets within half a second."""
EVENT_TYPE = 101
PART_FRAMES = 10
TONE_PEAK = 8000
STEPS = 8
"""Packets of one key: five of 20 ms, then its end three times (RFC 4733 section 2.5.1.4)."""
_MEDIA = re.compile(r"^m=audio (\d+)", re.M)


def recovered_s(times: Sequence[float], since: float) -> float:
    """When the last gap that reached past `since` ended, in seconds after it; 0 without a gap."""
    after = [(a, b) for a, b in itertools.pairwise(times) if b > since and b - a > PAUSE_S]
    return after[-1][1] - since if after else 0.0


def is_flowing(times: Sequence[float]) -> bool:
    return len(times) > FLOWING and times[-FLOWING] > time.monotonic() - 0.5


def has_tone(samples: Sequence[int], hz: float) -> bool:
    """Whether most of the power is at that frequency (Goertzel)."""
    total = sum(sample * sample for sample in samples) * len(samples) / 2
    return total > 0 and _power(samples, hz) > 0.5 * total


def _power(samples: Sequence[int], hz: float) -> float:
    coefficient = 2 * math.cos(2 * math.pi * hz / 8000)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    return before**2 + last**2 - coefficient * before * last


def has_part(samples: Sequence[int], hz: float) -> bool:
    """Whether a tenth of a tone's usual power or more is at that frequency: others may speak, too."""
    return len(samples) > 0 and _power(samples, hz) > 0.1 * (TONE_PEAK**2 * len(samples) ** 2 / 4)


def _linear(code: int) -> int:
    """G.711 µ-law to 16 bits."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


LINEAR = [_linear(code) for code in range(256)]


class Ear:
    """An RTP socket that plays a tone, presses keys and keeps when packets came. Sends once `to` is known."""

    def __init__(self, event_type: int = EVENT_TYPE, hz: float = CALLER_HZ) -> None:
        self.port = free_udp()
        self.event_type = event_type
        self.to: tuple[str, int] | None = None
        self.times: list[float] = []
        self._heard: list[bytes] = []
        self._numbers: list[int] = []
        self._keys: list[tuple[str, int]] = []
        self._stopping = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.settimeout(0.2)
        self._tone = [_tone(hz, n) for n in range(50)]
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._send)]
        for thread in self._threads:
            thread.start()

    def press(self, key: str) -> None:
        self._keys += [(key, step) for step in range(STEPS)]

    def send_raw(self, packet: bytes) -> None:
        """From the very address that the tone comes from."""
        if self.to is not None:
            self._socket.sendto(packet, self.to)

    def is_flowing(self) -> bool:
        return is_flowing(self.times)

    def heard(self) -> bytes:
        """All that came, in G.711."""
        return b"".join(self._heard)

    def lost(self) -> int:
        """Packets that never came, by their numbers."""
        steps = ((after - before) & 0xFFFF for before, after in itertools.pairwise(list(self._numbers)))
        return sum(step - 1 for step in steps if 1 < step < 0x8000)

    def hears(self, hz: float) -> bool:
        """In the last packet, which came just now."""
        if not self.times or self.times[-1] < time.monotonic() - PAUSE_S:
            return False
        return has_tone([LINEAR[code] for code in self._heard[-1]], hz)

    def has(self, hz: float) -> bool:
        """That tone is among what came just now, whatever else is; False where nothing comes."""
        if not self.times or self.times[-1] < time.monotonic() - PAUSE_S:
            return False
        return has_part([LINEAR[code] for code in b"".join(self._heard[-PART_FRAMES:])], hz)

    def first_tone(self, hz: float, since: float) -> float | None:
        """When that tone was first heard after `since`."""
        for at, heard in zip(list(self.times), list(self._heard), strict=False):
            if at > since and has_tone([LINEAR[code] for code in heard], hz):
                return at
        return None

    def close(self) -> None:
        self._stopping = True
        for thread in self._threads:
            thread.join()
        self._socket.close()
        give_back(self.port)

    def _listen(self) -> None:
        while not self._stopping:
            with contextlib.suppress(OSError):
                packet = self._socket.recv(2048)
                self._heard.append(packet[12:])
                self._numbers.append(int.from_bytes(packet[2:4], "big"))
                self.times.append(time.monotonic())

    def _send(self) -> None:
        number, timestamp, key_at = 0, 0, 0
        due = time.monotonic()
        while not self._stopping:
            payload_type, body, stamp = 0, self._tone[number % len(self._tone)], timestamp
            if self._keys and self.to is not None:
                key, step = self._keys.pop(0)
                key_at = timestamp if step == 0 else key_at
                payload_type, stamp = self.event_type | (0x80 if step == 0 else 0), key_at
                body = _event(key, step)
            if self.to is not None:
                with contextlib.suppress(OSError):
                    header = struct.pack("!BBHII", 0x80, payload_type, number & 0xFFFF, stamp, self.port)
                    self._socket.sendto(header + body, self.to)
            number, timestamp = number + 1, timestamp + SAMPLES
            due = max(due + PTIME_S, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))


def _tone(hz: float, block: int) -> bytes:
    return bytes(ulaw(round(8000 * math.sin(2 * math.pi * hz * (block * SAMPLES + i) / 8000))) for i in range(SAMPLES))


def _event(key: str, step: int) -> bytes:
    end = 0x80 if step >= 5 else 0
    return struct.pack("!BBH", EVENTS.index(key), end | 10, min(step + 1, 5) * SAMPLES)


def tone_file(path: Path, hz: float, seconds: int = 600) -> Path:
    """A WAV file for a phone to play; at its end baresip hangs up."""
    second = b"".join(struct.pack("<h", round(8000 * math.sin(2 * math.pi * hz * i / 8000))) for i in range(8000))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(second * seconds)
    return path


class Caller:
    """One call: SIPp speaks SIP, `ear` the media, to the port that SIPp was told last."""

    def __init__(self, to: tuple[str, int], number: str = "100", caller: str = "2025550143") -> None:
        self.ear = Ear()
        self.sipp = Sipp(SCENARIO, to, service=number, caller=caller, keys={"ear": str(self.ear.port)}, timeout_s=240)
        self._to = to[0]
        self._read = 0
        self._told = 0
        self.names: tuple[str, str] | None = None
        """Call-ID and From tag, once the INVITE has left."""

    def __enter__(self) -> Caller:
        self.sipp.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ear.close()
        self.sipp.__exit__(*error)

    def look(self) -> None:
        """Learn from SIPp's log what it was told. Call it often."""
        path = self.sipp.folder / "messages.log"
        size = path.stat().st_size if path.exists() else 0
        if size == self._read:
            return
        self._read = size
        for message in self.sipp.messages():
            media = _MEDIA.search(message.body)
            if message.sent and message.start.startswith("INVITE"):
                tag = (message.header("From") or "").partition("tag=")[2]
                self.names = (message.header("Call-ID") or "", tag)
            elif not message.sent and media:
                self.ear.to = (self._to, int(media[1]))

    def hang_up(self) -> None:
        """Or whatever the scenario does next when it is told to go on."""
        self.look()
        assert self.names is not None, "no INVITE was sent"
        self._told += 1
        text = (
            f"INFO sip:caller@{self.sipp.host} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKhangup{self._told}\r\n"
            f"From: <sip:test@127.0.0.1>;tag=t\r\nTo: <sip:caller@127.0.0.1>;tag={self.names[1]}\r\n"
            f"Call-ID: {self.names[0]}\r\nCSeq: {9990 + self._told} INFO\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), self.sipp.address)

    def result(self, within_s: float = PATIENCE_S) -> Result:
        return self.sipp.wait(within_s)

    def reinvites(self) -> int:
        return len({m.header("CSeq") for m in self.sipp.messages() if not m.sent and m.start.startswith("INVITE")})


class Dump:
    """What a baresip receives: when its file grew, and what is in it."""

    def __init__(self, phone: Phone) -> None:
        self._folder = phone.folder
        self.times: list[float] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def is_flowing(self) -> bool:
        return is_flowing(self.times)

    def hears(self, hz: float) -> bool:
        return self._looks(lambda heard: has_tone(heard, hz), 2)

    def has(self, hz: float) -> bool:
        """That tone is among what came just now, whatever else is; False where nothing comes."""
        return self._looks(lambda heard: has_part(heard, hz), PART_FRAMES)

    def _looks(self, judge: Callable[[Sequence[int]], bool], frames: int) -> bool:
        path = self._newest()
        if path is None or not self.times or self.times[-1] < time.monotonic() - PAUSE_S:
            return False
        data = path.read_bytes()[-2 * SAMPLES * frames :]
        data = data[len(data) % 2 :]
        return judge(struct.unpack(f"<{len(data) // 2}h", data))

    def close(self) -> None:
        self._stopping = True
        self._thread.join()

    def _newest(self) -> Path | None:
        return max(self._folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime_ns, default=None)

    def _watch(self) -> None:
        path, size, look_at = None, 0, 0.0
        while not self._stopping:
            if time.monotonic() > look_at:
                newest, look_at = self._newest(), time.monotonic() + 0.2
                path, size = newest, size if newest == path else 0
            now = path.stat().st_size if path else 0
            if now != size:
                self.times.append(time.monotonic())
                size = now
            time.sleep(0.01)
