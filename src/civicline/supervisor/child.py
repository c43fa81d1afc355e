"""One child process: started in a group of its own, watched by its pidfd."""

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

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def start(self, output: int | None) -> None:
        """`output`: a descriptor for its stdout and stderr; None for ours."""
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCH, str(os.getpid()), str(int(self.program.death_signal)),
             *self.program.argv],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(self.program.env), process_group=0,
        )  # fmt: skip
        self.pidfd = os.pidfd_open(self.process.pid)
        self.starts += 1
        self.started_at = time.monotonic()
        self.due_at = None

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
