"""Calls a second through answer, notice, menu, queue, representative, two seconds of talk and BYE; and beyond.

    python benchmarks/calls.py [--rates 5,10,15,20] [--seconds 20] [--recorded]

The whole centre under its supervisor, SIPp as callers and as the representatives' phones, all on the same cores. Each
rate runs for `--seconds`; it holds when no call failed, none was refused and SIPp had to repeat next to nothing. Then
twice the rate that held is offered: what is taken, what is told 503 with Retry-After, and whether the rate that held
is clean again at once. CPU is counted for each process from /proc. JSON on standard output.

Prompts are recordings of 0.2 s of silence, so that a call is the work of a call and not of listening. Digits are real
RFC 4733 packets that SIPp plays. Callers refuse the recording; with `--recorded` they hear the notice to its end, and
every talk is kept encrypted (of phones that send nothing: a second of silence is as much work as one of speech).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

AGENTS = 240
FLOOR, AIM = 15.0, 40.0
TALK_MS = 2000
REFUSING, RECORDED = "9 1 1", "  1 1"
"""What a caller presses; a space is half a second."""
RTP = "10000-19999"
REPEATED_SHARE = 0.02
"""Retransmissions for each call that count as clean: the machine is shared."""
TICKS = os.sysconf("SC_CLK_TCK")


def pack(folder: Path) -> Path:
    """The tests' agency with many representatives and silent recordings."""
    from civicline.agency import pack as packs

    made = folder / "pack"
    shutil.copytree(HERE.parent / "tests/e2e/pack", made)
    line = "a{0}: {{name: A{0}, queues: [tax], skills: {{income: D}}, languages: [en, es]}}\n"
    (made / "staff.yaml").write_text((made / "staff.yaml").read_text() + "".join(line.format(n) for n in range(AGENTS)))
    agency = packs.read(made).agency
    for name, texts in agency.prompts.items():
        for language in texts:
            path = made / "prompts" / language / f"{name}.wav"
            path.parent.mkdir(exist_ok=True)
            with wave.open(str(path), "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(8000)
                sound.writeframes(bytes(3200))
    return made


class Desks:
    """Wraps up whatever has ended, as quickly as the journal says it; and counts."""

    def __init__(self, centre: Any) -> None:
        self.centre = centre
        self.wrapped = 0
        self.accepted = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        from civicline.core import kinds, requests
        from civicline.journal.appender import Appender
        from civicline.journal.event import Draft
        from civicline.journal.follow import Follower
        from civicline.journal.read import Part

        appender, follower = Appender(self.centre.url), Follower(self.centre.url, part=Part.FACTS)
        while not self._stop.is_set():
            for event in follower.read(0.2):
                body = event.body
                if event.kind == "talk_ended":
                    asked = requests.WrapUp(body["agent"], body["contact"], "refund", "answered", True)
                    appender.submit([Draft(*kinds.to_body(asked))])
                elif event.kind == "offer_missed":
                    appender.submit([Draft(*kinds.to_body(requests.BecomeAvailable(body["agent"])))])
                self.wrapped += event.kind == "contact_wrapped"
                self.accepted += event.kind == "offer_accepted"
        appender.close()
        follower.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def staff_the_floor(centre: Any, port: int) -> None:
    """Every representative's phone is the one SIPp at `port`."""
    from civicline.core import requests
    from peers.ports import eventually

    rows = [(f"a{n}", f"sip:a{n}@127.0.0.1:{port}", port) for n in range(AGENTS)]
    with centre.conn.cursor() as cursor:
        cursor.executemany(
            "insert into phone_binding values (%s, %s, '127.0.0.1', %s, now() + interval '2 hours', 'bench', 1)", rows
        )
    centre.kill("voice")  # it reads the bindings when it starts
    for n in range(AGENTS):
        centre.ask(requests.SignIn(f"a{n}"), requests.BecomeAvailable(f"a{n}"))

    def ready() -> bool:
        agents = centre.state().agents.values()
        return sum(agent.phone and agent.state == "available" for agent in agents) >= AGENTS

    eventually(ready, 60, "the representatives' phones")


def cpu_s(pids: dict[str, int]) -> dict[str, float]:
    """Processor time of each process and of what it has started, in seconds."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        children.setdefault(int(fields[1]), []).append(pid)
        used[pid] = sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICKS

    def of(pid: int) -> float:
        return used.get(pid, 0.0) + sum(of(child) for child in children.get(pid, []))

    return {name: of(pid) for name, pid in pids.items()}


def offer(centre: Any, folder: Path, rate: float, seconds: float) -> dict[str, Any]:
    """Ring at `rate` for `seconds`; what SIPp saw and what it cost."""
    from peers.sipp import Sipp

    status = centre.status()
    pids = {name: child["pid"] for name, child in status["children"].items()}
    calls = round(rate * seconds)
    before = cpu_s(pids)
    with Sipp(
        folder / "caller.xml",
        centre.sip,
        calls=calls,
        rate=rate,
        service="100",
        args=("-recv_timeout", "30000"),
        timeout_s=round(seconds + 90),
        trace=False,
    ) as callers:
        callers.wait(seconds + 120)
        stats = callers.stats()
    after = cpu_s(pids)
    done = int(stats.get("SuccessfulCall(C)", 0))
    return {
        "calls_per_s": rate,
        "calls": calls,
        "completed": done,
        "refused_503": int(stats.get("GenericCounter1(C)", stats.get("Counter1(C)", 0)) or 0),
        "failed": int(stats.get("FailedCall(C)", 0)),
        "repeated": int(stats.get("Retransmissions(C)", 0)),
        "cpu_ms_per_call": {name: round((after[name] - before[name]) * 1000 / max(1, calls), 2) for name in pids},
    }


def holds(found: dict[str, Any]) -> bool:
    clean = found["repeated"] <= max(2, found["calls"] * REPEATED_SHARE)
    return found["failed"] == 0 and found["refused_503"] == 0 and found["completed"] == found["calls"] and clean


RATES = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0)


def run(rates: tuple[float, ...] = RATES, seconds: float = 20.0, keys: str = REFUSING) -> dict[str, Any]:
    from e2e import pcaps
    from e2e.centre import Centre
    from peers.sipp import Sipp

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digits = pcaps.digits(folder / "digits.pcap", keys, 101)
        scenario = (HERE / "scenarios/caller.xml").read_text()
        (folder / "caller.xml").write_text(scenario.replace("DIGITS", str(digits)))
        with (
            Centre(folder, pack(folder), rtp=RTP) as centre,
            Sipp("uas_hangs_up", calls=10_000_000, timeout_s=36_000, trace=False, args=("-d", str(TALK_MS))) as phones,
        ):
            staff_the_floor(centre, phones.port)
            desks = Desks(centre)
            try:
                found = _climb(centre, folder, rates, seconds)
                return {**found, "recordings_kept": recordings(centre)}
            finally:
                desks.stop()


def recordings(centre: Any) -> int:
    """How many the journal says are closed and whole, once each that was begun is closed."""
    from civicline.recordings import rows
    from peers.ports import eventually

    def count(kind: str, more: str = "") -> int:
        found = centre.conn.execute(f"SELECT count(*) FROM journal_event WHERE kind = %s {more}", (kind,))
        return int(found.fetchone()[0])

    eventually(lambda: count(rows.STARTED) == count(rows.CLOSED), 60, "the end of all recordings")
    return count(rows.CLOSED, "AND NOT (body->>'cut')::boolean")


def _climb(centre: Any, folder: Path, rates: tuple[float, ...], seconds: float) -> dict[str, Any]:
    tried: list[dict[str, Any]] = []
    for rate in rates:
        tried.append(offer(centre, folder, rate, seconds))
        print(json.dumps(tried[-1]), file=sys.stderr, flush=True)
        time.sleep(1)
        if not holds(tried[-1]):
            break
    held = max((found["calls_per_s"] for found in tried if holds(found)), default=0.0)
    beyond = offer(centre, folder, 2 * held, seconds) if held else None
    again = offer(centre, folder, held, seconds) if held else None
    return {
        "held_calls_per_s": held,
        "floor": FLOOR,
        "aim": AIM,
        "rates": tried,
        "at_twice_the_rate": beyond,
        "again_at_the_rate": again,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", default=",".join(f"{rate:g}" for rate in RATES))
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--recorded", action="store_true", help="callers allow the recording")
    args = parser.parse_args()
    rates = tuple(float(each) for each in args.rates.split(","))
    print(json.dumps(run(rates, args.seconds, RECORDED if args.recorded else REFUSING), indent=1))
