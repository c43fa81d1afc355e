"""Figures for docs/decisions/0005: `python tests/sip/measure.py`. Needs sipp; takes about a minute.

Prints calls a second that were clean (SIPp saw no failure and repeated nothing), CPU a call, the cost of a
call that is shed, and the loop's latency from another thread beside that of Sippy's own loop.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sip_app import App, sdp

from peers.sipp import Sipp

SECONDS = 8
ROUNDS = 300


def load(rate: int, shed: int | None = None) -> str:
    with App(auto_answer=sdp(), quiet=True) as app:
        if shed:
            app.do("shed", retry_after_s=shed)
        before = app.do("cpu_s")
        scenario = "uac_refused" if shed else "uac_answered"
        calls = rate * SECONDS
        pause = ("-d", "1000", "-rp", "1000")
        with Sipp(
            scenario, app.address, calls=calls, rate=rate, code=503 if shed else None, trace=False, args=pause
        ) as s:
            stats = s.wait(120).stats
        used = app.do("cpu_s") - before
    failed, repeated = int(stats["FailedCall(C)"]), int(stats["Retransmissions(C)"])
    return f"{rate:5d}/s  failed {failed:4d}  repeated {repeated:4d}  CPU {1000 * used / calls:.2f} ms a call"


def latency(ours: bool) -> list[float]:
    """Milliseconds from a call in another thread to its running on an idle loop."""
    from sippy.Core.EventDispatcher import ED2

    from civicline.voice.sip.loop import Loop

    loop = Loop() if ours else None
    found: list[float] = []
    enter = loop.call_soon if loop else ED2.callFromThread
    stop = loop.stop if loop else ED2.breakLoop

    def ask() -> None:
        for _ in range(ROUNDS):
            time.sleep(0.003)
            began = time.perf_counter()
            enter(lambda began=began: found.append(1000 * (time.perf_counter() - began)))
        enter(stop)

    threading.Thread(target=ask).start()
    loop.run() if loop else ED2.loop()
    return sorted(found)


def main() -> None:
    for ours in (False, True):  # the other order would leave ours in Sippy's place
        times = latency(ours)
        which = "our loop  " if ours else "Sippy loop"
        median, high = statistics.median(times), times[int(0.99 * len(times))]
        print(f"{which}  call_soon p50 {median:.3f} ms  p99 {high:.3f} ms")
    for rate in (100, 200, 300, 400):
        print("calls ", load(rate))
    for rate in (500, 1000):
        print("shed  ", load(rate, shed=5))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
