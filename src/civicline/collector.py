"""Python's garbage collector in processes that somebody waits for.

A full collection looks at every object: 40 ms with what a process has imported, more with each contact that it knows.
The rules make no cycles, so there is little for it to find.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 50
"""When each generation is looked at (Python's own: 700, 10, 10)."""


def settle() -> None:
    """After a start: what is there now stays, and is not looked at any more; what comes is looked at less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
