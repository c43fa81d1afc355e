"""Free ports, and waiting for a condition instead of a time."""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
F = TypeVar("F", bound=Any)
POLL_S = 0.05
PATIENCE_S = 60.0
"""How long a test waits for what must come: long, since a busy machine is no fault of the code."""


FEW, MANY = range(20000, 32768, 2), range(2400, 20000, 400)
"""Where a few or many neighbours are taken from: below the ports that Linux gives to whoever asks for any (32768 on),
so that nobody gets one of these by chance."""
FEW_MAX = 8
RESTING = 1000
"""So many slots that were given back are not given to anybody yet: packets may come late for who had them."""
_claims: dict[int, socket.socket] = {}
_resting: deque[socket.socket] = deque()
_chance = random.SystemRandom()


def free_udp(host: str = "127.0.0.1", count: int = 1) -> int:
    """The first of `count` neighbouring UDP ports that are free and given to no other test; even, as RTP wants it."""
    return _free(socket.SOCK_DGRAM, host, count)


def free_tcp(host: str = "127.0.0.1") -> int:
    return _free(socket.SOCK_STREAM, host, 1)


def _free(kind: int, host: str, count: int) -> int:
    for _ in range(400):
        first = _chance.choice(FEW if count <= FEW_MAX else MANY)
        if all(_is_free(kind, host, first + n) for n in range(count)) and _claim(first, count):
            return first
    raise OSError(f"no {count} neighbouring free ports on {host}")


def _claim(first: int, count: int) -> bool:
    """Tests run in several processes: each holds a name for every slot of ports that it was given."""
    claims = {}
    try:
        for slot in _slots(first, count):
            claims[slot] = claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            claim.bind(f"\0civicline tests port {slot}")
    except OSError:
        for claim in claims.values():
            claim.close()
        return False
    _claims.update(claims)
    return True


def _slots(first: int, count: int) -> range:
    return range(first, first + count, 2 if count <= FEW_MAX else MANY.step)


def give_back(first: int, count: int = 1) -> None:
    """A long proof needs more ports than there are. What is not given back is held till the end of the process."""
    for slot in _slots(first, count):
        if slot in _claims:
            _resting.append(_claims.pop(slot))
    while len(_resting) > RESTING:
        _resting.popleft().close()


def eventually(check: Callable[[], T], within_s: float = PATIENCE_S, what: str = "the condition") -> T:
    """The first true value of `check()`; raises AssertionError when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s:g} s")
        time.sleep(POLL_S)


def readable(files: Iterable[F], within_s: float) -> list[F]:
    """Those that have something to read, once one has; by epoll, since select() knows no descriptor over 1023."""
    with selectors.DefaultSelector() as selector:
        for each in files:
            selector.register(each, selectors.EVENT_READ, each)
        return [key.data for key, _ in selector.select(within_s)]


def _is_free(kind: int, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
