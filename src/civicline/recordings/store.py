"""Where segments lie: `recordings/<first two digits>/<recording>-<segment>.rec` in the data folder. Random ids only."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

FOLDER = "recordings"
SUFFIX = ".rec"


def folder(data: Path) -> Path:
    return data / FOLDER


def path_of(store: Path, recording: str, segment: str) -> Path:
    return store / recording[:2] / f"{recording}-{segment}{SUFFIX}"


def create(path: Path) -> BinaryIO:
    """A new segment, locked for as long as its writer lives. Raises OSError."""
    for each in (path.parent.parent, path.parent):
        each.mkdir(mode=0o700, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return os.fdopen(fd, "wb", buffering=0)


def is_being_written(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def segments(store: Path, recording: str) -> list[Path]:
    return sorted((store / recording[:2]).glob(f"{recording}-*{SUFFIX}"))


def everything(store: Path) -> Iterator[tuple[str, Path]]:
    """Every file with its recording's id."""
    for path in sorted(store.glob(f"*/*{SUFFIX}")):
        yield path.stem.partition("-")[0], path


def remove(store: Path, recording: str) -> int:
    """Delete a recording's segments; how many there were. Safe to repeat."""
    found = segments(store, recording)
    for path in found:
        with suppress(FileNotFoundError):
            path.unlink()
    return len(found)
