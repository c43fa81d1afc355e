"""How fast the journal takes events, and how soon a follower has them.

    python benchmarks/journal.py [--seconds 5] [--choices]

Runs a PostgreSQL of its own in a temporary folder, with the settings of production (fsync and synchronous_commit on):
eight writer processes that append one event a transaction, one writer in batches of 50, an Appender that is fed from
one thread, and the time from before an append to its sight in a follower. The answer is JSON. `--choices` measures what
decisions 0001 and 0002 stand on instead: times to start, commits without waiting for the disk, the index of batches,
and a reader of a plain sequence.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
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


def starts() -> dict[str, float]:
    """Seconds until the server answers: made anew, started again, after kill -9 of PostgreSQL under writers."""
    from civicline import settings
    from civicline.database import cluster
    from civicline.database.layout import layout

    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CIVICLINE_DATA"] = f"{folder}/data"
        loaded = settings.load()
        with (Path(folder) / "log").open("w") as log:
            for name in ("first_start_s", "next_start_s", "start_after_kill_9_s"):
                begun = time.monotonic()
                process = subprocess.Popen([sys.executable, "-c", SERVER], stderr=log)
                cluster.wait_ready(loaded)
                found[name] = round(time.monotonic() - begun, 2)
                if name == "next_start_s":
                    os.kill(int((layout(loaded).cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
                else:
                    process.terminate()
                process.wait(30)
    return found


SERIAL_WRITER = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as conn:
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        conn.execute("INSERT INTO journal_outbox (kind, key, payload) VALUES ('x', gen_random_uuid()::text, '{}')")
"""


def missed_by_highest_seen(url: str, seconds: float) -> float:
    """Share of rows that a reader of `id > highest seen` misses, under 8 writers to a table with a plain sequence."""
    import psycopg

    command = [sys.executable, "-c", SERIAL_WRITER, url, str(seconds)]
    writers = [subprocess.Popen(command) for _ in range(8)]
    seen, highest = 0, 0
    with psycopg.connect(url, autocommit=True) as conn:
        last_look = False
        while not last_look:
            last_look = all(writer.poll() is not None for writer in writers)
            ids = [row[0] for row in conn.execute("SELECT id FROM journal_outbox WHERE id > %s", (highest,))]
            seen += len(ids)
            highest = max([highest, *ids])
        total = conn.execute("SELECT count(*) FROM journal_outbox").fetchone()
    assert total is not None
    return 1 - seen / total[0]


def choices(seconds: float = 5.0) -> dict[str, Any]:
    import psycopg

    from civicline import settings
    from civicline.database.urls import urls

    found: dict[str, Any] = starts()
    with server() as url:
        for name, at in (("", url), ("_commits_not_waited_for", f"{url}&options=-c%20synchronous_commit%3Doff")):
            found[f"appends_per_s_8_writers{name}"] = round(appends_per_s(at, 8, 1, seconds))
        found["appends_per_s_appender"] = round(appender_per_s(url, seconds))
        found["missed_by_highest_seen"] = round(missed_by_highest_seen(url, seconds), 3)
        with psycopg.connect(urls(settings.load()).owner) as owner:
            owner.execute("DROP INDEX journal_event_batch")
        found["appends_per_s_appender_no_batch_index"] = round(appender_per_s(url, seconds))
    return found


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
    parser.add_argument("--choices", action="store_true", help="measure what the decisions stand on")
    asked = parser.parse_args()
    print(json.dumps((choices if asked.choices else run)(asked.seconds), indent=1))
