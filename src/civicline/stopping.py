"""How a process learns that it should stop."""

from __future__ import annotations

import signal
import threading


def told_to_stop() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it on the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
