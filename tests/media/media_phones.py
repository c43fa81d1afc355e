"""Real peers for the media engine: its process, and phones that send and hear RTP over UDP."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from civicline.settings import Address
from civicline.voice.media import g711
from civicline.voice.media.client import NgClient
from peers.ports import readable

DEADLINE_S = 20.0
RUN = """
import sys
from dataclasses import replace
from civicline.settings import Address, PortRange, load
from civicline.voice.media.process import run
*numbers, wary_s = sys.argv[1:]
ng, events, first, last = map(int, numbers)
settings = replace(load(), rtp_host="127.0.0.1", ng_events=Address("127.0.0.1", events))
sys.exit(run(settings, Address("127.0.0.1", ng), PortRange(first, last), float(wary_s)))
"""


def udp(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, port))
    return made


def free_port() -> int:
    with udp() as sock:
        return sock.getsockname()[1]


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll `condition` until it is true."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError(f"never happened: {what}")


class EngineProcess:
    def __init__(self, ng: int | None = None, wary_s: float = 0.0) -> None:
        self.events_socket = udp()
        self.events_socket.settimeout(0.01)
        self.first = random.randrange(30000, 55000, 2)
        ports = [ng or free_port(), self.events_socket.getsockname()[1], self.first, self.first + 5000]
        self.address = Address("127.0.0.1", ports[0])
        self.process = subprocess.Popen([sys.executable, "-c", RUN, *map(str, ports), str(wary_s)])
        self.client = NgClient(self.address)
        self.command = self.client.command
        self.told: list[dict[str, Any]] = []
        until(self._up, "the media process answers")

    def _up(self) -> bool:
        try:
            return self.command({"command": "ping"})["result"] == "pong"
        except Exception:
            assert self.process.poll() is None
            return False

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def events(self, kind: str) -> list[dict[str, Any]]:
        try:
            while True:
                self.told.append(json.loads(self.events_socket.recv(65535)))
        except TimeoutError:
            return [event for event in self.told if event["type"] == kind]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.client.close()
        self.events_socket.close()


@dataclass
class Heard:
    kind: int
    marker: bool
    seq: int
    ts: int
    ssrc: int
    payload: bytes


@dataclass
class Phone:
    """One RTP endpoint. It sends a tone frame by frame and keeps all that it hears."""

    laws: tuple[int, ...] = (0, 8)
    dtmf: int = 101
    socket: socket.socket = field(default_factory=udp)
    to: tuple[str, int] | None = None
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    seq: int = 65530
    ts: int = 0xFFFFFF00
    heard: list[Heard] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.socket.getsockname()[1]

    def sdp(self, direction: str = "sendrecv", port: int | None = None) -> str:
        kinds = " ".join(map(str, (*self.laws, self.dtmf)))
        return (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.port if port is None else port} RTP/AVP {kinds}\r\na=rtpmap:{self.dtmf} "
            f"telephone-event/8000\r\na=ptime:20\r\na={direction}\r\n"
        )

    def answered(self, sdp: object) -> None:
        """Take the engine's SDP."""
        self.to = ("127.0.0.1", port_of(sdp))

    def send(self, payload: bytes, kind: int, ts: int | None = None, marker: bool = False) -> None:
        self.seq = (self.seq + 1) & 0xFFFF
        self.raw(
            struct.pack("!BBHII", 0x80, kind | marker << 7, self.seq, ts if ts is not None else self.ts, self.ssrc)
            + payload
        )

    def raw(self, packet: bytes) -> None:
        assert self.to
        self.socket.sendto(packet, self.to)

    def say(self, hz: float, law: int, frames: int = 1) -> None:
        for _ in range(frames):
            self.send(g711.encode(tone(hz, self.ts), law), law)
            self.ts = (self.ts + 160) & 0xFFFFFFFF

    def press(self, digit: int, *, ends: int = 3, duration: int = 800, kind: int | None = None) -> None:
        """A key press of packets 20 ms apart, with `ends` end packets."""
        for samples in range(160, duration + 160, 160):
            self.event(digit, min(samples, duration), end=False, kind=kind)
        for _ in range(ends):
            self.event(digit, duration, end=True, kind=kind)
        self.ts = (self.ts + duration + 160) & 0xFFFFFFFF

    def event(self, digit: int, duration: int, *, end: bool, kind: int | None = None) -> None:
        self.send(struct.pack("!BBH", digit, 0x80 * end | 10, duration), self.dtmf if kind is None else kind)

    def listen(self) -> list[Heard]:
        """All that was heard since the start."""
        while readable([self.socket], 0):
            data = self.socket.recv(4096)
            _, kind, seq, ts, ssrc = struct.unpack_from("!BBHII", data)
            self.heard.append(Heard(kind & 0x7F, bool(kind & 0x80), seq, ts, ssrc, data[12:]))
        return self.heard

    def say_for(self, hz: float, seconds: float) -> None:
        """As a phone does, a frame every 20 ms."""
        for _ in range(round(seconds * 50)):
            self.say(hz, 0)
            time.sleep(0.02)

    def clear(self) -> None:
        self.listen()
        self.heard.clear()

    def hears(self, hz: float, *, saying: Callable[[], None] = lambda: None, frames: int = 12) -> bool:
        """Whether the last frames are that tone; `saying` is called before each look, so the other side goes on."""

        def heard() -> bool:
            saying()
            last = self.listen()[-frames:]
            return len(last) == frames and level(last, hz) > 0.8

        return bool(until(heard, f"a tone of {hz} Hz is heard"))

    def close(self) -> None:
        self.socket.close()


def tone(hz: float, ts: int, samples: int = 160, amplitude: int = 8000) -> np.ndarray:
    at = (ts + np.arange(samples)) % 8000  # whole Hz: the same at every second
    return (amplitude * np.sin(2 * np.pi * hz * at / 8000)).astype(np.int16)


def level(frames: list[Heard], hz: float) -> float:
    """The tone's share of the power, frame by frame (Goertzel's measure), 0 to 1."""
    shares = []
    for frame in frames:
        samples = g711.decode(frame.payload, frame.kind).astype(float)
        wave_ = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / 8000)
        power = float(np.sum(samples**2)) or 1.0
        shares.append(2 * abs(np.sum(samples * wave_)) ** 2 / len(samples) / power)
    return float(np.mean(shares))


def port_of(sdp: object) -> int:
    found = re.search(r"^m=audio (\d+)", str(sdp), re.M)
    assert found, sdp
    return int(found[1])


def write_tone(path: Path, hz: float, seconds: float, rate: int = 8000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone(hz, 0, int(seconds * rate)).tobytes())
    return path
