"""How many bridged G.711 calls one core carries clean: no loss, and p99 of the one-way delay under 20 ms.

    python benchmarks/bridged_calls.py [--steps 100,200,…] [--seconds 8] [--recorded]

The media process is pinned to one core. A generator process on another core is both phones of every call; each sends a
packet every 20 ms, evenly spread, with the time of sending in its payload, which is compared when the packet comes out
at the other side. The answer is JSON. The generator's own lateness is told beside it: on a busy machine it is part of
the delay.

`--recorded`: each call is also recorded, encrypted, on disk; a step is clean only if every recording is whole, with
every second of its call. `benchmarks/recorded_calls.py` is the same for `make bench`.
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import json
import multiprocessing
import os
import platform
import secrets
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from civicline.people import keyset
from civicline.recordings import reading, store
from civicline.recordings.format import owner
from civicline.settings import Address, PortRange, load
from civicline.voice.media import client
from civicline.voice.media.client import NgClient, NgError
from civicline.voice.media.process import in_real_time
from civicline.voice.media.process import run as run_media

STEPS = (100, 200, 300, 400, 500, 600)
SLOTS = 20
SLOT_S = 0.001
WARM_UP_S = 1.0
RECEIVE_AT_ONCE = 128
DRAIN_S = 0.5
CLEAN_P99_MS = 20.0
LOOPBACK = int.from_bytes(bytes([127, 0, 0, 1]), sys.byteorder)
LIBC = ctypes.CDLL(None, use_errno=True)
PACKET = np.dtype([("kind", ">u2"), ("seq", ">u2"), ("ts", ">u4"), ("ssrc", ">u4"), ("sent", ">f8"), ("rest", "V152")])
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)


def cores() -> tuple[int, int]:
    """One for the engine, one for the generator (the same when there is only one)."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


def media(core: int, ng: Address, ports: PortRange) -> None:
    os.sched_setaffinity(0, {core})
    sys.exit(run_media(replace(load(), ng_events=Address("127.0.0.1", 9)), ng, ports))


def set_up(ng: NgClient, number: int, caller_port: int, agent_port: int, recorded: bool) -> tuple[int, int]:
    """Bridge one call, and record it; gives the engine's ports for its caller and its representative."""
    call, leg, other = f"bench-{number}", f"{number}-c", f"{number}-1"
    said = [SDP.format(port) for port in (caller_port, agent_port)]
    ng.command(client.offer_caller(call, leg, said[0]))
    to_caller = ng.command(client.answer_ivr(call, leg))["sdp"]
    to_agent = ng.command(client.offer_agent(call, leg, other, said[0]))["sdp"]
    ng.command(client.answer_agent(call, leg, other, said[1]))
    if recorded:
        recording = secrets.token_hex(16)
        _, wrapped = keyset.current().new_key(owner(recording))
        ng.command(client.record(call, leg, recording, base64.b64encode(wrapped).decode(), 1))
    return port_of(to_caller), port_of(to_agent)


def port_of(sdp: object) -> int:
    return int(str(sdp).partition("m=audio ")[2].split()[0])


class Group:
    """Phones that share one socket and one millisecond of the 20: sent by sendmmsg(2), heard by recvmmsg(2)."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = batch(RECEIVE_AT_ONCE, [])
        self.sending = batch(0, [])

    def call(self, engine_ports: list[int]) -> None:
        self.sending = batch(len(engine_ports), engine_ports)
        self.sending.packets["ssrc"] = np.arange(len(engine_ports)) + self.port * 65536

    def send(self, frame: int) -> int:
        packets = self.sending.packets
        packets["kind"], packets["seq"], packets["ts"] = 0x8000, frame & 0xFFFF, frame * 160
        packets["sent"] = time.monotonic()
        return self.sending.transfer(LIBC.sendmmsg, self.socket.fileno())

    def receive(self, delays: list[float]) -> None:
        while (count := self.heard.transfer(LIBC.recvmmsg, self.socket.fileno(), None)) > 0:
            delays.extend(time.monotonic() - self.heard.packets["sent"][:count])


class Batch:
    """Packets in one block of memory, and the kernel's descriptions of them."""

    def __init__(self, packets: np.ndarray, headers: Any, kept: list[Any]) -> None:
        self.packets = packets
        self._headers = headers
        self._kept = kept  # what the descriptions point to

    def transfer(self, call: Any, fd: int, *rest: Any) -> int:
        count = len(self.packets)
        return max(0, call(fd, self._headers, count, 0, *rest)) if count else 0


def batch(count: int, ports: list[int]) -> Batch:
    packets = np.zeros(count, PACKET)
    vectors = (Vector * count)()
    headers = (Message * count)()
    names = [struct.pack("=HHI8x", socket.AF_INET, socket.htons(port), LOOPBACK) for port in ports]
    for number in range(count):
        vectors[number] = Vector(packets.ctypes.data + number * PACKET.itemsize, PACKET.itemsize)
        headers[number].vectors = ctypes.pointer(vectors[number])
        headers[number].vector_count = 1
        if names:
            headers[number].name = names[number]
            headers[number].name_size = 16
    return Batch(packets, headers, [vectors, names])


class Vector(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct mmsghdr"""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("name_size", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_int),
        ("length", ctypes.c_uint),
    )


class Generator:
    """Sends and receives for all phones; delays in seconds."""

    def __init__(self, ng: NgClient, calls: int, recorded: bool) -> None:
        self.groups = [Group() for _ in range(SLOTS)]
        self.sent = 0
        self.delays: list[float] = []
        self.lateness: list[float] = []
        ports: list[list[int]] = [[] for _ in self.groups]
        for number in range(calls):
            ours = number % SLOTS, (number + SLOTS // 2) % SLOTS
            theirs = set_up(ng, number, self.groups[ours[0]].port, self.groups[ours[1]].port, recorded)
            for slot, port in zip(ours, theirs, strict=True):
                ports[slot].append(port)
        for group, engine_ports in zip(self.groups, ports, strict=True):
            group.call(engine_ports)

    def run(self, seconds: float) -> None:
        """Send for `seconds`, then wait for what is under way."""
        self.sent, self.delays, self.lateness = 0, [], []
        begun = time.monotonic()
        for turn in range(int(seconds / SLOT_S)):
            due = begun + turn * SLOT_S
            self._listen(due)
            self.lateness.append(time.monotonic() - due)
            frame, slot = divmod(turn, SLOTS)
            self.sent += self.groups[slot].send(frame)
        self._listen(time.monotonic() + DRAIN_S)

    def _listen(self, until: float) -> None:
        """Receive, at least once, and sleep away what is left."""
        while True:
            for group in self.groups:
                group.receive(self.delays)
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, SLOT_S))


def generate(core: int, ng: Address, calls: int, seconds: float, recorded: bool, results: Connection) -> None:
    """One step: set the calls up, warm up so that sources are locked, measure, delete."""
    os.sched_setaffinity(0, {core})
    in_real_time()
    with NgClient(ng) as commands:
        begun = time.monotonic()
        generator = Generator(commands, calls, recorded)
        set_up_s = time.monotonic() - begun
        generator.run(WARM_UP_S)
        generator.run(seconds)
        for number in range(calls):
            commands.command(client.delete(f"bench-{number}"))
    results.send(
        {
            "calls": calls,
            "sent": generator.sent,
            "lost": generator.sent - len(generator.delays),
            "p50_ms": _percentile(generator.delays, 50),
            "p99_ms": _percentile(generator.delays, 99),
            "max_ms": _percentile(generator.delays, 100),
            "generator_late_p99_ms": _percentile(generator.lateness, 99),
            "set_ups_per_s": round(calls / set_up_s),
        }
    )


def _percentile(values: list[float], share: float) -> float:
    return round(float(np.percentile(values, share)) * 1000, 2) if values else float("nan")


def cpu_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def step(
    context: Any, core: int, ng: Address, engine_pid: int, calls: int, seconds: float, recorded: bool = False
) -> dict[str, Any]:
    ours, theirs = context.Pipe()
    process = context.Process(target=generate, args=(core, ng, calls, seconds, recorded, theirs))
    before = cpu_s(engine_pid)
    process.start()
    result: dict[str, Any] = ours.recv() if ours.poll(seconds + 60) else {"calls": calls, "lost": -1, "p99_ms": 1e9}
    process.join(30)
    result["engine_cpu_s"] = round(cpu_s(engine_pid) - before, 2)
    result["clean"] = result["lost"] == 0 and result["p99_ms"] < CLEAN_P99_MS
    if recorded:
        result["recordings_whole"] = whole_recordings(seconds)
        result["clean"] = result["clean"] and result["recordings_whole"] == calls
    return result


def whole_recordings(seconds: float) -> int:
    """How many were ended in order with every second, and how they are laid away for the next step."""
    folder = store.folder(load().data)
    end = time.monotonic() + 30
    while any(store.is_being_written(path) for _, path in store.everything(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    found = [reading.read(path) for _, path in store.everything(folder)]
    shutil.rmtree(folder)
    return sum(segment.whole and segment.seconds >= seconds for segment in found)


def run(steps: tuple[int, ...] = STEPS, seconds: float = 8.0, recorded: bool = False) -> dict[str, Any]:
    """Go up until two steps in a row are not clean; `clean_calls` is the highest clean step."""
    with tempfile.TemporaryDirectory(prefix="civicline-bench-") as folder:
        os.environ |= {"CIVICLINE_DATA": folder, "CIVICLINE_KEYSET": f"{folder}/keyset.json"}
        keyset.create(Path(folder) / "keyset.json")
        return _run(steps, seconds, recorded)


def _run(steps: tuple[int, ...], seconds: float, recorded: bool) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    engine_core, generator_core = cores()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        ng = Address("127.0.0.1", free.getsockname()[1])
    engine = context.Process(target=media, args=(engine_core, ng, PortRange(20000, 29999)))
    engine.start()
    assert engine.pid
    try:
        _until_up(ng)
        done: list[dict[str, Any]] = []
        for calls in steps:
            done.append(step(context, generator_core, ng, engine.pid, calls, seconds, recorded))
            if len(done) > 1 and not any(result["clean"] for result in done[-2:]):
                break
    finally:
        os.kill(engine.pid, signal.SIGTERM)
        engine.join(10)
    clean = max((result["calls"] for result in done if result["clean"]), default=0)
    return {
        "benchmark": "recorded_calls" if recorded else "bridged_calls",
        "clean_calls": clean,
        "steps": done,
        "seconds_a_step": seconds,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _until_up(ng: Address) -> None:
    end = time.monotonic() + 20
    with NgClient(ng) as commands:
        while True:
            try:
                commands.command(client.ping())
                return
            except NgError:
                if time.monotonic() > end:
                    raise


def main() -> None:
    parser = argparse.ArgumentParser(description="Bridged G.711 calls that one core carries clean.")
    parser.add_argument("--steps", default=",".join(map(str, STEPS)), help="numbers of calls, with commas")
    parser.add_argument("--seconds", type=float, default=8.0, help="measured at each step")
    parser.add_argument("--recorded", action="store_true", help="record each call, encrypted, on disk")
    given = parser.parse_args()
    print(json.dumps(run(tuple(map(int, given.steps.split(","))), given.seconds, given.recorded), indent=2))


if __name__ == "__main__":
    main()
