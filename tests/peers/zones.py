"""Days that do not end while a test runs."""

from __future__ import annotations

from datetime import UTC, datetime

NOON = 12


def noon_zone() -> str:
    """A zone in which it is noon just now: its day has all calls of the last twelve hours, whatever time it is here.

    The signs in such names are POSIX's: Etc/GMT+7 is seven hours behind.
    """
    behind = datetime.now(UTC).hour - NOON
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"
