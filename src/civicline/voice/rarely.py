"""Log lines that strangers can cause: the first of a kind at once, then one a minute with how many there were.

A flood must not fill the disk, nor hide what else is in the log. The minute's sum is written by `flush`, which a timer
of the process calls, so that the last ones are told, too.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

EVERY_S = 60.0
MOST_KINDS = 200
OTHER = "other things happened"


@dataclass(slots=True)
class _Kind:
    told_at: float
    untold: int = 0


class Rarely:
    def __init__(self, log: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._now = now
        self._kinds: dict[str, _Kind] = {}

    def warning(self, kind: str) -> None:
        """`kind` is the line itself: it must hold nothing that a sender chose."""
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            kind = OTHER
        found = self._kinds.get(kind)
        if found is None:
            self._kinds[kind] = _Kind(self._now())
            self._log.warning("%s", kind)
        else:
            found.untold += 1
            if self._now() - found.told_at >= EVERY_S:
                self._tell(kind, found)

    def flush(self) -> None:
        """Tell the sums that are due, and forget kinds that have not come for a minute."""
        for kind, found in list(self._kinds.items()):
            if self._now() - found.told_at < EVERY_S:
                continue
            if found.untold:
                self._tell(kind, found)
            else:
                del self._kinds[kind]

    def _tell(self, kind: str, found: _Kind) -> None:
        self._log.warning("%s (%d more in %.0f s)", kind, found.untold, self._now() - found.told_at)
        found.told_at, found.untold = self._now(), 0


def kind_and_place(error: BaseException) -> str:
    """What may be logged of an error that a stranger can cause: its text may quote what a person sent."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {place}"
