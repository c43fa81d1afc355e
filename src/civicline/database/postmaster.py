"""What a killed server left behind: its processes, and its postmaster.pid."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from civicline.database.account import Account
from civicline.database.errors import DatabaseError
from civicline.database.layout import Layout

POLL_S = 0.02
LEAVE_S = 0.5
"""How long the processes of a dead postmaster may take to leave by themselves before they are killed."""
STOP_S = 30.0
"""How long a postmaster whose starter died may take for its shutdown checkpoint."""


def processes(place: Layout, who: Account) -> dict[int, bool]:
    """The server's processes by their title; the value says whether it is a postmaster."""
    mark = place.cluster_name.encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            title = _title(entry, who.uid)
            if mark in title and b"postgres" in title:
                found[int(entry.name)] = b"cluster_name=" in title
    return found


def _title(entry: Path, uid: int) -> bytes:
    try:
        return entry.joinpath("cmdline").read_bytes() if entry.stat().st_uid == uid else b""
    except OSError:
        return b""


def clear(place: Layout, who: Account) -> None:
    """Wait until an earlier server's processes have left: a new one cannot start while they hold its memory.

    A postmaster whose starter was killed is asked to stop; backends of a killed postmaster are waited for, then
    killed (crash recovery follows in any case).
    """
    started = time.monotonic()
    asked = False
    while left := processes(place, who):
        waited = time.monotonic() - started
        postmasters = [pid for pid, first in left.items() if first]
        if postmasters and not asked:
            _signal(postmasters, signal.SIGINT)
            asked = True
        if not postmasters and waited > LEAVE_S:
            _signal(list(left), signal.SIGKILL)
        if waited > STOP_S:
            raise DatabaseError(f"an earlier PostgreSQL (process {min(left)}) does not stop: end it, then start again")
        time.sleep(POLL_S)
    _drop_recycled_pid(place)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _drop_recycled_pid(place: Layout) -> None:
    """A stale postmaster.pid whose number now belongs to another program would keep PostgreSQL from starting."""
    file = place.cluster / "postmaster.pid"
    try:
        pid = int(file.read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    except PermissionError:
        pass
    file.unlink()
