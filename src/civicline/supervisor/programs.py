"""What runs under the supervisor: data, so that tests can run programs of their own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from signal import Signals

from civicline.settings import Settings


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    stage: int = 0
    """Programs of a higher stage are stopped first."""
    stop_s: float = 10.0
    """How long it may take to stop before it is killed."""
    death_signal: Signals = signal.SIGKILL
    """What it gets when the supervisor dies: mostly what a crash would be, so that nobody's call is hung up."""
    clear_group: bool = True
    """When it ends, what it had started is killed as well."""
    spare: bool = False
    """A second one is kept loaded beside it (`run PROCESS --spare`), which takes its place when it ends."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)


def civicline(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "civicline.cli", *words)


def postgres() -> Program:
    """Ends a postmaster that lost it by itself (civicline.database.cluster), by a fast shutdown."""
    return Program(
        "postgres", civicline("run", "postgres"), stop_s=40.0, death_signal=signal.SIGTERM, clear_group=False
    )


def processes(settings: Settings) -> list[Program]:
    """In the order of their start, without the database."""
    media = [
        Program(f"media-{number}", civicline("run", "media", "--number", str(number)), stage=2, spare=settings.spares)
        for number in range(1, 1 if settings.rtpengine else len(settings.ng) + 1)
    ]
    return [
        Program("engine", civicline("run", "engine"), stage=1, spare=settings.spares),
        Program("worker", civicline("run", "worker"), stage=1, spare=settings.spares),
        *media,
        Program("voice", civicline("run", "voice"), stage=3, spare=settings.spares),
        Program("web", civicline("run", "web"), stage=2, stop_s=15.0, spare=settings.spares),
        Program("live", civicline("run", "live"), stage=2, spare=settings.spares),
    ]
