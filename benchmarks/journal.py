"""How fast the journal takes events, and how soon a follower has them.

    python benchmarks/journal.py [--seconds 5]

Runs a PostgreSQL of its own in a temporary folder, with the settings of production (fsync and synchronous_commit on):
eight writer processes that append one event a transaction, one writer in batches of 50, an Appender that is fed from
one thread, and the time from before an append to its sight in a follower. The answer is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVER = "import sys; from civicline import settings; from civicline.database import cluster; " + (
    "sys.exit(cluster.run(settings.load()))"
)
WRITER = """
import sys, time, psycopg
from civicline.journal.append import append
from civicline.journal.event import Draft
url, size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
drafts = [Draft("request.key_pressed", {"contact": "0" * 32, "at": 1795386238.123, "key": "1"})] * size
with psycopg.connect(url, autocommit=True) as conn:
    append(conn, drafts)
    print("ready", flush=True)
    sys.stdin.readline()
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        append(conn, drafts)
        done += size
    print(done)
"""


@contextmanager
def server() -> Iterator[str]:
    """A migrated database of its own; gives the app role's URL."""
    from civicline import settings
    from civicline.database import cluster
    from civicline.database.migrate import migrate
    from civicline.database.urls import urls

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CIVICLINE_DATA"] = f"{folder}/data"
        loaded = settings.load()
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen([sys.executable, "-c", SERVER], stderr=log)
            try:
                cluster.wait_ready(loaded)
                migrate(loaded)
                yield urls(loaded).app
            finally:
                process.terminate()
                process.wait(30)


def appends_per_s(url: str, writers: int, size: int, seconds: float) -> float:
    """Events a second that `writers` processes append, `size` in each transaction."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(size), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(writers)
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    outputs = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        outputs.append(int(child.communicate()[0]))
    return sum(outputs) / seconds


def appender_per_s(url: str, seconds: float) -> float:
    """Events a second through one Appender, each submitted alone, at most 1,000 waiting."""
    from civicline.journal.appender import Appender
    from civicline.journal.event import Draft

    room, done, end = threading.Semaphore(1000), 0, time.monotonic() + seconds
    appender = Appender(url)
    while time.monotonic() < end:
        room.acquire()
        appender.submit([Draft("request.key_pressed", {"at": 1795386238.123})], done=lambda _: room.release())
        done += 1
    appender.close()
    return done / (time.monotonic() - end + seconds)


def append_to_seen_ms(url: str, count: int) -> list[float]:
    """Milliseconds from before an append to its sight in a follower of another thread, every 5 ms one."""
    import psycopg

    from civicline.journal.append import append
    from civicline.journal.event import Draft
    from civicline.journal.follow import Follower
    from civicline.journal.read import last_position

    seen: dict[int, float] = {}
    with psycopg.connect(url, autocommit=True) as conn:
        follower = Follower(url, after=last_position(conn))
        follower.read(0)

        def follow() -> None:
            while len(seen) < count:
                for event in follower.read(1):
                    seen[event.body["n"]] = time.perf_counter()

        thread = threading.Thread(target=follow)
        thread.start()
        sent = {}
        for n in range(count):
            sent[n] = time.perf_counter()
            append(conn, [Draft("request.n", {"n": n})])
            time.sleep(0.005)
        thread.join()
        follower.close()
    return [1000 * (seen[n] - sent[n]) for n in range(count)]


def run(seconds: float = 5.0) -> dict[str, Any]:
    with server() as url:
        latencies = append_to_seen_ms(url, 1000)
        cuts = statistics.quantiles(latencies, n=100)
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
            "appends_per_s_8_writers": round(appends_per_s(url, 8, 1, seconds)),
            "appends_per_s_1_writer": round(appends_per_s(url, 1, 1, seconds)),
            "appends_per_s_1_writer_batches_of_50": round(appends_per_s(url, 1, 50, seconds)),
            "appends_per_s_appender": round(appender_per_s(url, seconds)),
            "append_to_seen_ms": {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)},
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    print(json.dumps(run(parser.parse_args().seconds), indent=1))
