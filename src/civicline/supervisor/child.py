"""One child process: started in a group of its own, watched by its pidfd.

A child may have a spare: a process that has loaded its program and waits to be told to begin. Most of a start is
the loading (Python's imports: 1 to 3 s on a busy machine), so with a spare a call goes on a moment after a kill. The
spare is told only when the child before it was reaped: by then its ports and locks are free.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, Signals

from civicline.supervisor.pauses import QUICK_S, pause_s
from civicline.supervisor.programs import Program

SPARE = "--spare"
SPARE_AFTER_S = 3.0
"""A spare is loaded when its child has run so long: not while the calls of the one before need the processor."""
LAUNCH = str(Path(__file__).with_name("launch.py"))


@dataclass
class Child:
    """`start` may be called when `pid` is None. Times are `time.monotonic()`."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    pidfd: int = -1
    starts: int = 0
    quick_deaths: int = 0
    started_at: float = 0.0
    due_at: float | None = field(default=None)
    """When it is to be started again; None while it runs or is not wanted."""
    spare: subprocess.Popen[bytes] | None = None
    spare_due_at: float | None = field(default=None)
    """When its spare is to be loaded; None while there is one, or none is wanted."""

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def start(self, output: int | None) -> None:
        """`output`: a descriptor for its stdout and stderr; None for ours."""
        self.process = self._spare_begun() or self._launch(self.program.argv, output, subprocess.DEVNULL)
        self.pidfd = os.pidfd_open(self.process.pid)
        self.starts += 1
        self.started_at = time.monotonic()
        self.due_at = None
        self.spare_due_at = self.started_at + SPARE_AFTER_S if self.program.spare else None

    def load_spare(self, output: int | None) -> None:
        """`output` as in `start`."""
        self.end_spare()
        self.spare = self._launch((*self.program.argv, SPARE), output, subprocess.PIPE)

    def look_at_spare(self) -> None:
        """One that ended is loaded again, after a while."""
        if self.spare is not None and self.spare.poll() is not None:
            self.end_spare()
            self.spare_due_at = time.monotonic() + SPARE_AFTER_S

    def end_spare(self) -> None:
        spare, self.spare, self.spare_due_at = self.spare, None, None
        if spare is not None:
            spare.kill()
            spare.communicate()

    def _spare_begun(self) -> subprocess.Popen[bytes] | None:
        """The spare, told to begin; None where there is none that could."""
        spare, self.spare = self.spare, None
        if spare is None or spare.stdin is None:
            return None
        with suppress(BrokenPipeError), spare.stdin:
            spare.stdin.write(b"begin\n")
        return spare if spare.poll() is None else None

    def _launch(self, argv: tuple[str, ...], output: int | None, given: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCH, str(os.getpid()), str(int(self.program.death_signal)), *argv],
            stdin=given, stdout=output, stderr=output, env=dict(self.program.env), process_group=0,
        )  # fmt: skip

    def reap(self) -> int:
        """The exit code (negative: the signal) of a child that has ended; sets when it should start again."""
        assert self.process is not None
        if self.program.clear_group:
            self.signal_group(SIGKILL)  # before wait(): until then nobody else can get this number
        code = self.process.wait()
        os.close(self.pidfd)
        self.process, self.pidfd = None, -1
        now = time.monotonic()
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_S else 0
        self.due_at = now + pause_s(self.quick_deaths)
        return code

    def send(self, number: Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def signal_group(self, number: Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
