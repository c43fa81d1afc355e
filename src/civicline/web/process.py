"""The web process: Django under granian's WSGI, on a Unix socket that only this user can open.

Granian forks its workers. They die with the process that made them, and whoever starts next waits for the last of
them before it takes the socket's place: the lock below is held until all of them have gone.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from civicline.settings import Settings

SOCKET = "web.sock"
THREADS = 2 * (os.cpu_count() or 1) + 1
"""Each holds one database connection; more would only wait for one another."""
PR_SET_PDEATHSIG = 1  # prctl(2)
LOCK_WAIT_S = 10.0


def socket_path(settings: Settings) -> Path:
    return settings.run_dir / SOCKET


def prepare() -> None:
    """Load the application before the workers are forked, so that they have it."""
    importlib.import_module("civicline.web.wsgi")


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code."""
    settings.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.run_dir.chmod(0o700)
    lock = _locked(settings.run_dir / "web.lock")
    if lock is None:
        return 1
    socket_path(settings).unlink(missing_ok=True)
    _server(settings).serve(target_loader=partial(_load, os.getpid()), wrap_loader=False)
    socket_path(settings).unlink(missing_ok=True)
    os.close(lock)
    return 0


def _server(settings: Settings) -> Any:
    return Server(
        target="civicline.web.wsgi:application",
        uds=socket_path(settings),
        uds_permissions=0o600,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=256,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
    )


def _load(parent: int) -> Callable[..., Any]:
    """In the worker: die with the parent, then make the application."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    from civicline.web.wsgi import application

    return application


def _locked(path: Path) -> int | None:
    """A locked descriptor that the workers share, or None when another web process keeps it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(handle, True)
    deadline = time.monotonic() + LOCK_WAIT_S
    while time.monotonic() < deadline:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            time.sleep(0.02)
    print(f"another web process uses {path.parent}: stop it, or set CIVICLINE_DATA to another folder")
    return None
