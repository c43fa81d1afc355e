"""One-way delay of calls in progress while the centre is flooded at ten times the benchmark's rate.

    python benchmarks/hostile_traffic.py [--calls 30] [--seconds 8]

The whole centre under its supervisor. `--calls` bridged calls run through its media process, measured as in
bridged_calls.py; meanwhile an attacker process sends: SIP requests at 150 a second (the benchmark of calls takes 15),
RTP at ten times the calls' own packets. Told for each attack: p50, p99 and the longest delay, packets lost, and the
processor time that voice and media used a second. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import bridged_calls  # noqa: E402

from civicline.settings import Address  # noqa: E402
from civicline.voice.media import client  # noqa: E402
from civicline.voice.media.client import NgClient  # noqa: E402
from e2e.centre import Centre  # noqa: E402
from hostile.beside import CARRIER, STRANGER, pack  # noqa: E402
from hostile.fuzzer import SDP, Fuzzer  # noqa: E402

SIP_A_S = 150
TIMES = 10
LIMIT_P99_MS = 40.0
BURST_S = 0.01
SETTLE_S = 35.0
"""Calls without ACK end after 32 s."""
RTP = "10000-19999"
SIP_ATTACKS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "none": (),
    "INVITE of a stranger": (("INVITE", STRANGER, "100"),),
    "INVITE of the carrier, unknown number": (("INVITE", CARRIER, "999"),),
    "INVITE of the carrier, no ACK": (("INVITE", CARRIER, "100"),),
    "REGISTER of a stranger": (("REGISTER", STRANGER, "999"),),
    "REGISTER, guessing": (("GUESS", CARRIER, "999"),),
    "INVITE, REGISTER and OPTIONS of both": tuple(
        (method, host, "100") for method in ("INVITE", "REGISTER", "OPTIONS") for host in (STRANGER, CARRIER)
    ),
}
SIGNED = 'Authorization: Digest username="ann", realm="civicline", nonce="1.1.1", uri="sip:x", response="0", ' + (
    'nc=00000001, cnonce="c", qop="auth"\r\n'
)


def attack_sip(to: tuple[str, int], attacks: tuple[tuple[str, str, str], ...], seconds: float) -> None:
    senders = [(method, number, Fuzzer(to, host, 1)) for method, host, number in attacks]
    began = time.monotonic()
    for turn in range(round(seconds * SIP_A_S)):
        for method, number, fuzzer in senders:
            fuzzer.send(_request(fuzzer, method, f"{os.getpid()}n{turn}", number))
        time.sleep(max(0.0, began + turn / SIP_A_S - time.monotonic()))


def _request(fuzzer: Fuzzer, method: str, name: str, number: str) -> bytes:
    if method == "GUESS":
        return fuzzer.request("REGISTER", name).replace(b"Max-Forwards", SIGNED.encode() + b"Max-Forwards")
    return fuzzer.request(method, name, number=number, body=SDP.format(host=fuzzer.host) if method == "INVITE" else "")


def attack_rtp(ng: Address, calls: int, seconds: float) -> None:
    """From a strange address to every port of the calls, as soon as they stand."""
    time.sleep(bridged_calls.WARM_UP_S)
    with NgClient(ng) as commands:
        found = [commands.command(client.query(f"bench-{number}"))["tags"] for number in range(calls)]
    ports = [tag["port"] for tags in found for tag in tags.values() if tag["port"]]  # type: ignore[attr-defined]
    frame = bytes([0x80, 0]) + bytes(10) + bytes([0xFF] * 160)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((STRANGER, 0))
        end = time.monotonic() + seconds
        a_burst = round(len(ports) * 50 * TIMES * BURST_S)
        turn = 0
        while (began := time.monotonic()) < end:
            for _ in range(a_burst):
                turn += 1
                stranger.sendto(frame, ("127.0.0.1", ports[turn % len(ports)]))
            time.sleep(max(0.0, began + BURST_S - time.monotonic()))


def measure(centre: Centre, calls: int, seconds: float, attacker: Any) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    pids = {name: centre.pid(name) for name in ("voice", "media-1")}
    before = {name: bridged_calls.cpu_s(pid) for name, pid in pids.items()}
    if attacker is not None:
        attacker.start()
    ng = centre.settings.ng[0]
    found = bridged_calls.step(context, bridged_calls.cores()[1], ng, pids["media-1"], calls, seconds)
    if attacker is not None:
        attacker.join()
    took_s = seconds + bridged_calls.WARM_UP_S
    used = {f"{name}_core": round((bridged_calls.cpu_s(pid) - before[name]) / took_s, 2) for name, pid in pids.items()}
    kept = {name: found[name] for name in ("calls", "sent", "lost", "p50_ms", "p99_ms", "max_ms")}
    return kept | used | {"holds": found["lost"] == 0 and found["p99_ms"] < LIMIT_P99_MS}


def run(calls: int = 30, seconds: float = 8.0) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    lasting = seconds + bridged_calls.WARM_UP_S
    with Centre(folder, pack(folder), rtp=RTP) as centre:
        ng = centre.settings.ng[0]
        found = {}
        for name, attacks in SIP_ATTACKS.items():
            args = (centre.sip, attacks, lasting)
            attacker = context.Process(target=attack_sip, args=args) if attacks else None
            found[name] = measure(centre, calls, seconds, attacker)
            if any(number == "100" for _, _, number in attacks):
                time.sleep(SETTLE_S)
        attacker = context.Process(target=attack_rtp, args=(ng, calls, seconds))
        found["RTP of a stranger at every port"] = measure(centre, calls, seconds, attacker)
    return {
        "attacks": found,
        "holds": all(each["holds"] for each in found.values()),
        "seconds": seconds,
        "load_average": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Delay of calls in progress under floods.")
    parser.add_argument("--calls", type=int, default=30, help="bridged calls that are measured")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each attack")
    given = parser.parse_args()
    print(json.dumps(run(given.calls, given.seconds), indent=2))


if __name__ == "__main__":
    main()
