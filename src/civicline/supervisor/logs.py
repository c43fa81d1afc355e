"""Children's output, in files of limited size.

The children write to the files themselves, so a busy or stopped supervisor holds nobody up. They append (O_APPEND), so
a file can be copied and emptied under them; a line that is written in that instant may be lost.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LARGEST_B = 5 * 2**20
KEPT = 3
"""Older files beside the present one."""


def open_log(folder: Path, name: str) -> int:
    """A file descriptor to append to `name`.log."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(folder: Path, largest_b: int = LARGEST_B) -> None:
    """Move what is too large to `name`.log.1, what was there to .2 and so on."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > largest_b:
            for age in range(KEPT - 1, 0, -1):
                older = log.with_name(f"{log.name}.{age}")
                if older.exists():
                    older.rename(log.with_name(f"{log.name}.{age + 1}"))
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            log.with_name(f"{log.name}.1").chmod(0o600)
            os.truncate(log, 0)


def last_line(folder: Path, name: str, most_b: int = 2000) -> str:
    """What a child said last; "" when it said nothing."""
    try:
        with (folder / f"{name}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most_b))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
