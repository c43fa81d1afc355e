"""How long each process is away after `kill -9`, until it does its work again.

    python benchmarks/recovery.py [--kills 5] [--rest 8]

A whole centre under its supervisor, on free ports. Engine: a new one holds the leader's lock. Voice and media: their
socket is bound. Web and push: the sign-in page is served. PostgreSQL: a query is answered. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "tests" / "supervisor")]

from installation import DEMO, Site, Up  # noqa: E402

from civicline import settings  # noqa: E402
from civicline.database.urls import urls  # noqa: E402

LEADER = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 25462 AND objid = 2 AND granted"
REST_S = 8.0
"""Between two kills of one process: enough for its spare to be loaded. With 1.5 s there is none."""


def bound(port: int) -> bool:
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].rpartition(":")[2], 16) == port for line in lines)


def answer(url: str, query: str) -> int:
    """0 when there is none."""
    try:
        with psycopg.connect(url, connect_timeout=1) as conn:
            row = conn.execute(query).fetchone()  # type: ignore[arg-type]
    except psycopg.Error:
        return 0
    return int(row[0]) if row else 0


def away_s(up: Up, name: str, works: Callable[[], object]) -> float:
    pid, _ = up.child(name)
    assert pid is not None
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while up.child(name)[0] in (None, pid):
        time.sleep(0.005)
    while not works():
        time.sleep(0.01)
    return time.monotonic() - began


def run(kills: int = 5, rest_s: float = REST_S) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        up = site.up("--agency", str(DEMO))
        try:
            up.ready()
            return _measure(up, settings.load(site.environ), kills, rest_s)
        finally:
            up.close()


def _measure(up: Up, known: settings.Settings, kills: int, rest_s: float) -> dict[str, Any]:
    url = urls(known).app
    works: dict[str, Callable[[], object]] = {
        "engine": lambda: answer(url, LEADER),
        "voice": lambda: bound(known.sip.port),
        "media-1": lambda: bound(known.ng[0].port),
        "web": up.answers,
        "live": up.answers,
        "postgres": lambda: answer(url, "SELECT 1"),
    }
    found = {}
    for name, check in works.items():
        took = []
        for _ in range(kills):
            time.sleep(rest_s)
            took.append(away_s(up, name, check))
        found[name] = {"median_s": round(statistics.median(took), 2), "worst_s": round(max(took), 2)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds that a killed process is away.")
    parser.add_argument("--kills", type=int, default=5, help="of each process")
    parser.add_argument(
        "--rest", type=float, default=REST_S, metavar="SECONDS", help="between two kills of one process"
    )
    args = parser.parse_args()
    print(json.dumps(run(args.kills, args.rest), indent=1))


if __name__ == "__main__":
    main()
