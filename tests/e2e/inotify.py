"""Watches folders by inotify(7): everything that is made or written in them while it is open."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100
_EVENT = struct.Struct("iIII")
_LIBC = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Of a folder and those in it; a new folder is itself an event."""

    def __init__(self, folder: Path) -> None:
        self._fd = _LIBC.inotify_init1(os.O_NONBLOCK)
        self._folders: dict[int, Path] = {}
        for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            number = _LIBC.inotify_add_watch(self._fd, bytes(each), MODIFY | MOVED_TO | CREATE)
            assert number >= 0, f"{each} cannot be watched"
            self._folders[number] = each

    def seen(self) -> list[Path]:
        """What was touched since the last call."""
        found: list[Path] = []
        while True:
            try:
                data = os.read(self._fd, 65536)
            except BlockingIOError:
                return found
            at = 0
            while at < len(data):
                number, _, _, size = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                found.append(self._folders[number] / data[at : at + size].rstrip(b"\0").decode())
                at += size

    def close(self) -> None:
        os.close(self._fd)
