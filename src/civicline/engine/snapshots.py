"""Snapshots beside the decisions: a forked child encodes and writes what the state was at the fork.

Encoding takes the engine's own thread 30 ms for each thousand contacts that it still knows, and everybody who asked
meanwhile would wait for it. The child has a connection of its own; the leader's lock stays with the parent alone.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from typing import NoReturn

from civicline.engine import fold
from civicline.engine.fold import Folded
from civicline.journal.connect import connect

log = logging.getLogger(__name__)

FIRST_FD, LAST_FD = 3, 65536


class Snapshots:
    """One at a time; the next waits for the one under way."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._child: int | None = None

    def begin(self, folded: Folded) -> bool:
        """False while an earlier one is still being written, or where no process can be made."""
        if self._under_way():
            return False
        try:
            self._child = os.fork()
        except OSError as error:
            log.warning("engine: no snapshot: %s", error.strerror)
            return False
        if self._child == 0:
            _write(self._url, folded)
        return True

    def _under_way(self) -> bool:
        if self._child is None:
            return False
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if ended == 0:
            return True
        if status != 0:
            log.warning("engine: a snapshot was not saved; the next one will be")
        self._child = None
        return False


def _write(url: str, folded: Folded) -> NoReturn:
    """The child's whole life. It must not keep the parent's connections open, nor clean up what is the parent's."""
    status = 1
    try:
        gc.disable()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.closerange(FIRST_FD, LAST_FD)
        with connect(url, "snapshot") as conn:
            fold.save(conn, folded)
        status = 0
    finally:
        os._exit(status)
