"""Free ports, and waiting for a condition instead of a time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.02


def free_udp(host: str = "127.0.0.1", count: int = 1) -> int:
    """The first of `count` neighbouring UDP ports that are free now; even, as RTP wants it."""
    for _ in range(200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
            first = probe.getsockname()[1] & ~1
        if all(_is_free(socket.SOCK_DGRAM, host, first + n) for n in range(count)):
            return first
    raise OSError(f"no {count} neighbouring free UDP ports on {host}")


def free_tcp(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def eventually(check: Callable[[], T], within_s: float = 20.0, what: str = "the condition") -> T:
    """The first true value of `check()`; raises AssertionError when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s:g} s")
        time.sleep(POLL_S)


def _is_free(kind: int, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
