"""Keeps children running. One thread: it waits for ended children and for signals, and starts again what has ended."""

from __future__ import annotations

import math
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from civicline.supervisor import logs, status
from civicline.supervisor.child import Child
from civicline.supervisor.programs import Program

LOOK_S = 5.0
"""How often the size of the logs is looked at."""
SPARE_EVERY_S = 1.0
"""Between the loading of two spares: each keeps a processor busy."""
MISTAKE = 2


class Refused(Exception):  # noqa: N818 -- an answer, not a fault
    """The start cannot go on; one line for a person, and the exit code."""

    def __init__(self, message: str, code: int = MISTAKE) -> None:
        super().__init__(message)
        self.code = code


class Stopped(Exception):  # noqa: N818 -- no error: somebody asked
    """SIGTERM or SIGINT came."""


def say(text: str) -> None:
    print(f"civicline: {text}", file=sys.stderr, flush=True)


class Keeper:
    """`with Keeper(…) as keeper:` handles signals meanwhile and stops all children at its end."""

    def __init__(self, run_dir: Path, log_dir: Path) -> None:
        self.ready = False
        self._run_dir, self._log_dir = run_dir, log_dir
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._spares_from = 0.0
        self._asked = False
        self._starting = True

    def start(self, program: Program) -> Child:
        child = Child(program)
        self._children.append(child)
        self._launch(child)
        return child

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Raises Refused when a child gives up or the time is over, Stopped when somebody asked."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise Refused(f"{what} was not ready after {timeout_s:g} s: see the logs in {self._log_dir}", 1)
            self._turn(0.02)

    def once(self, program: Program) -> int:
        """Run to its end, with our own output; its exit code."""
        child = Child(program)
        child.start(None)
        try:
            while _runs(child):
                self._turn(0.02)
        finally:
            child.signal_group(signal.SIGKILL)
            code = child.reap()
        return code

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        self._starting = False
        while not self._asked:
            self._turn(LOOK_S)

    def __enter__(self) -> Keeper:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._selector.close()
        os.close(self._read)
        os.close(self._write)
        status.remove(self._run_dir)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def _turn(self, timeout_s: float) -> None:
        if self._asked:
            raise Stopped
        self._wait(min([timeout_s, *(due - time.monotonic() for due in self._dues())]))
        for child in self._children:
            if child.due_at is not None and child.due_at <= time.monotonic():
                self._launch(child)
            child.look_at_spare()
            if self._spare_due(child) <= time.monotonic():
                self._load_spare(child)
        logs.rotate(self._log_dir)

    def _dues(self) -> Iterator[float]:
        for child in self._children:
            if child.due_at is not None:
                yield child.due_at
            yield self._spare_due(child)

    def _spare_due(self, child: Child) -> float:
        if not self.ready or child.spare_due_at is None:
            return math.inf
        return max(child.spare_due_at, self._spares_from)

    def _wait(self, timeout_s: float) -> None:
        """Until a child ends, a signal comes, or the time is over."""
        for key, _ in self._selector.select(max(0.0, timeout_s)):
            if key.data is None:
                os.read(self._read, 4096)
            else:
                self._ended(key.data)

    def _launch(self, child: Child) -> None:
        output = logs.open_log(self._log_dir, child.program.name)
        try:
            child.start(output)
        finally:
            os.close(output)
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)
        say(f"{child.program.name} started (process {child.pid})")
        self.publish()

    def _load_spare(self, child: Child) -> None:
        self._spares_from = time.monotonic() + SPARE_EVERY_S
        output = logs.open_log(self._log_dir, child.program.name)
        try:
            child.load_spare(output)
        finally:
            os.close(output)

    def _ended(self, child: Child) -> None:
        self._selector.unregister(child.pidfd)
        lived_s = time.monotonic() - child.started_at
        code = child.reap()
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        say(f"{child.program.name} ended {how} after {lived_s:.1f} s")
        self.publish()
        if self._starting and code == MISTAKE:
            child.due_at = None
            raise Refused(logs.last_line(self._log_dir, child.program.name) or f"{child.program.name} cannot start")

    def publish(self) -> None:
        status.write(self._run_dir, self._children, self.ready)

    def _stop_all(self) -> None:
        """Stage by stage, the highest first; each child within its `stop_s`."""
        for stage in sorted({child.program.stage for child in self._children}, reverse=True):
            self._stop([child for child in self._children if child.program.stage == stage])

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            child.due_at = None
            child.end_spare()
            child.send(signal.SIGTERM)
        began = time.monotonic()
        for child in sorted(children, key=lambda child: child.program.stop_s):
            with _quiet_pidfd(self._selector, child):
                _await_end(child, began + child.program.stop_s)


def _runs(child: Child) -> bool:
    return child.process is not None and os.waitid(os.P_PID, child.process.pid, _PEEK) is None


_PEEK = os.WEXITED | os.WNOHANG | os.WNOWAIT


@contextmanager
def _quiet_pidfd(selector: selectors.BaseSelector, child: Child) -> Iterator[None]:
    if child.process is not None:
        selector.unregister(child.pidfd)
    yield


def _await_end(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    with selectors.DefaultSelector() as ended:
        ended.register(child.pidfd, selectors.EVENT_READ)
        while _runs(child) and time.monotonic() < deadline:
            ended.select(max(0.0, deadline - time.monotonic()))
    if _runs(child):
        say(f"{child.program.name} did not stop in {child.program.stop_s:g} s and is killed")
        child.signal_group(signal.SIGKILL)
    child.reap()
    child.due_at = None
